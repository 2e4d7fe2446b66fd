import { ALICE, GOOD_KEY } from '../world/credentials.ts';
import { DIALECT_FRAMES, type DIALECTS } from '../world/dialects.ts';
import type { AttackUpgrade } from '../world/world.ts';
import type { Canaries } from './kinds.ts';

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Every place of an upgrade where something may be presented, right and wrong. */
export function upgradesWith(canaries: Canaries): readonly AttackUpgrade[] {
  const secret = () => canaries.of('credential');
  const modern = { 'sec-websocket-protocol': 'graphql-transport-ws' };
  const older = { 'sec-websocket-protocol': 'graphql-ws' };
  return [
    { headers: { ...modern, 'x-api-key': secret() } },
    { headers: { ...modern, authorization: `Bearer ${secret()}` } },
    { headers: { ...modern, Authorization: `Bearer ${ALICE}.${secret()}` } },
    { headers: { ...older, authorization: `${ALICE}.${secret()}` } },
    { headers: { authorization: `AWS4-HMAC-SHA256 Credential=${secret()}, Signature=${secret()}` } },
    {
      headers: { cookie: secret(), origin: `https://${secret()}`, 'user-agent': secret(), referer: secret() },
    },
    { query: { 'x-api-key': secret(), token: secret() } },
    { query: { token: `${ALICE}.${secret()}`, [secret()]: secret() } },
    { query: { 'X-Amz-Signature': secret(), 'X-Amz-Security-Token': secret() } },
    { headers: older, query: { header: `${secret()}!`, payload: secret() } },
    {
      headers: older,
      query: { header: base64url({ host: secret(), 'x-api-key': secret() }), payload: 'e30=' },
    },
    { headers: older, query: { header: base64url({ host: 'h', Authorization: `${ALICE}.${secret()}` }) } },
    {
      headers: {
        'sec-websocket-protocol': `graphql-ws, header-${base64url({ Authorization: `${ALICE}.${secret()}` })}`,
      },
    },
    { headers: { 'sec-websocket-protocol': `graphql-ws, header-${secret()}` } },
    { headers: { 'sec-websocket-protocol': `header-${secret()}, ${secret()}` } },
  ];
}

/** Frames of one connection, in order: refused ones, one that lets it in, operations of every kind, and what is none. */
export function framesWith(canaries: Canaries, dialect: (typeof DIALECTS)[number]): readonly string[] {
  const { init, start, stop } = DIALECT_FRAMES[dialect];
  const secret = () => canaries.of('credential');
  const value = () => canaries.of('value');
  const name = () => canaries.of('name').replaceAll('-', '_');
  const junk = () => canaries.of('frame');
  const id = () => canaries.of('name');
  const onCreate = 'subscription S($t: String) { onCreateTodo(title: $t) { id } }';
  const frames: readonly object[] = [
    { type: junk(), [junk()]: junk() },
    { type: junk(), id: id(), payload: junk() },
    init(junk()),
    init([junk()]),
    init({ authorization: secret(), 'x-api-key': secret(), token: secret() }),
    init({ authorization: { [secret()]: secret() } }),
    init({ authorization: `${ALICE}.${secret()}`, ban: 'refused', note: canaries.of('param') }),
    init({ authorization: `${ALICE}.${secret()}`, ban: 'broken', note: canaries.of('param') }),
    init({ 'x-api-key': GOOD_KEY, note: canaries.of('param'), [canaries.of('param')]: canaries.of('param') }),
    start(id(), onCreate, undefined, { t: value() }),
    start(id(), onCreate, undefined, { t: { [value()]: value() }, [value()]: value() }),
    start(id(), `subscription { onCreateTodo(title: "${value()}") { ${name()}: id } }`),
    start(id(), `subscription { onCreateTodo(filter: {title: {beginsWith: "${value()}"}}) { id } }`),
    start(id(), `subscription { onCreateTodo(filter: {priority: {between: ["${value()}"]}}) { id } }`),
    start(id(), `subscription { onCreateTodo(${name()}: "${value()}") { ${name()} } } # ${id()}`),
    start(id(), `subscription ${name()} { onChangeTodo { kind item { id title } previous { title } } }`),
    start(id(), `subscription { ${junk()} `),
    start(id(), 'subscription { onCreateTodo { id title mine } }'),
    start(id(), onCreate, { authorization: { Authorization: secret(), 'x-api-key': secret() } }),
    start(
      id(),
      onCreate,
      { authorization: { Authorization: `${ALICE}.${secret()}`, host: secret() } },
      { t: value() },
    ),
    start(id(), 'subscription { onCreateTodo { id } }', { skipOwn: { [junk()]: junk() }, [junk()]: junk() }),
    start(id(), 'subscription { onCreateTodo { id } }', {
      persistedQuery: { version: 1, sha256Hash: junk() },
    }),
    start(id(), `query Banned_${name()} { fails }`),
    start(id(), '{ fails refuses }'),
    start(
      id(),
      `mutation { createTodo(input: {id: "${canaries.of('image')}", title: "${canaries.of('image')}"}) { id title } }`,
    ),
    start(id(), 'mutation($i: CreateTodoInput!) { createTodo(input: $i) { id } }', undefined, {
      i: { id: 7, [junk()]: value() },
    }),
    start(
      id(),
      `{ listTodos(filter: {title: {contains: "${value()}"}}, nextToken: "${junk()}") { items { id } } }`,
    ),
    stop(id()),
  ];
  return [...frames.map((frame) => JSON.stringify(frame)), `{"${junk()}"`, `${junk()} `];
}

/** Bodies of HTTP requests with the headers they come with. */
export function* requestsWith(canaries: Canaries) {
  const secret = () => canaries.of('credential');
  const query = '{ fails refuses }';
  const bodies = [
    { query },
    { query: `mutation { createTodo(input: {id: "${canaries.of('image')}", title: "x"}) { id title } }` },
    {
      query: `{ getTodo(id: "${canaries.of('value')}") { ${canaries.of('name').replaceAll('-', '_')}: id } }`,
    },
    {
      query: `{ ${canaries.of('frame')} }`,
      variables: { v: canaries.of('value') },
      extensions: { x: canaries.of('frame') },
    },
    [canaries.of('frame')],
  ];
  for (const body of bodies) {
    for (const credential of [
      { 'x-api-key': GOOD_KEY },
      { 'x-api-key': secret() },
      { authorization: `Bearer ${ALICE}.${secret()}` },
    ]) {
      const headers = {
        ...credential,
        'content-type': 'application/json',
        cookie: secret(),
        [secret()]: secret(),
      };
      yield {
        method: 'POST',
        query: `token=${secret()}`,
        headers: Object.entries(headers),
        body: Buffer.from(JSON.stringify(body)),
      };
    }
  }
}
