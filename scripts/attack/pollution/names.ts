import { PROTOTYPE_NAMES } from '../fuzz/mutate.ts';
import { ALICE, GOOD_KEY } from '../world/credentials.ts';

/** What a polluted prototype would have. */
export const MARK = 'tablecastPolluted';

const payloads = [{ [MARK]: true }, { prototype: { [MARK]: true } }, [MARK]];

/** An object with one own key, whatever that key is called. */
function owning(name: string, value: unknown, rest: object = {}): object {
  return Object.defineProperty({ ...rest }, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** Frames with each of the names in every place where a client can name something. */
export function* pollutingFrames(): Generator<object> {
  const query = 'subscription($f: TableTodoFilterInput) { onCreateTodo(filter: $f) { id } }';
  let number = 0;
  for (const name of PROTOTYPE_NAMES) {
    for (const value of payloads) {
      number += 1;
      const id = `p${number}`;
      const named = owning(name, value);
      yield owning(name, value, { type: 'connection_init', payload: { 'x-api-key': GOOD_KEY } });
      yield { type: 'connection_init', payload: owning(name, value, { authorization: ALICE }) };
      yield { type: name, id, payload: named };
      for (const type of ['subscribe', 'start']) {
        const frame = (payload: object, own = id) => ({ type, id: own, payload });
        yield frame(owning(name, value, { query }));
        yield frame({ query, variables: named });
        yield frame({ query, variables: { f: named } });
        yield frame({ query, variables: { f: { title: named } } });
        yield frame({ query, variables: { f: { and: [named] } } });
        yield frame({ query, operationName: name });
        yield frame({ query, extensions: named });
        yield frame({ query, extensions: { persistedQuery: named } });
        yield frame({ query, extensions: { persistedQuery: { version: 1, sha256Hash: name } } });
        yield frame({ query, documentId: name });
        yield frame({ query, extensions: { authorization: named } });
        yield frame({ query, extensions: { skipOwn: named, overflow: name } });
        yield frame({ query }, name);
        yield frame({ query: `subscription { ${name}: onCreateTodo { ${name}: id } }` });
        yield frame({
          query: `subscription ${name} { onCreateTodo { ...${name} } } fragment ${name} on Todo { id }`,
        });
        yield frame({
          query: `subscription($${name}: String) { onCreateTodo(title: $${name}) { id } }`,
          variables: named,
        });
        yield frame({ query: `subscription { onCreateTodo(${name}: "x") { id } }` });
        yield frame({ query: `subscription { onCreateTodo(filter: {${name}: {eq: "x"}}) { id } }` });
        yield frame({ query: `subscription { onCreateTodo(filter: {title: {${name}: "x"}}) { id } }` });
        yield frame({ query: `{ getTodo(${name}: "1") { ${name} } }` });
        yield frame({
          query: `mutation { createTodo(input: {id: "${name}", title: "${name}", tags: ["${name}"]}) { ${name}: id } }`,
        });
        yield frame({
          query: 'mutation($i: CreateTodoInput!) { createTodo(input: $i) { id } }',
          variables: { i: named },
        });
        yield frame({ data: JSON.stringify(owning(name, value, { query })) });
        yield frame({
          data: JSON.stringify({ query, variables: { f: named } }),
          extensions: { authorization: named },
        });
      }
      yield { type: 'complete', id: name };
      yield { type: 'stop', id: name };
    }
  }
}

/** Header and query names of an upgrade. */
export function* pollutingUpgrades() {
  for (const name of PROTOTYPE_NAMES) {
    const named = Buffer.from(
      JSON.stringify(owning(name, { [MARK]: true }, { 'x-api-key': GOOD_KEY })),
    ).toString('base64');
    yield { headers: { [`x-${name}`]: name, 'sec-websocket-protocol': name }, query: {} };
    yield { headers: { 'sec-websocket-protocol': 'graphql-ws' }, query: { header: named } };
    yield { headers: Object.fromEntries([[name, MARK]]), query: Object.fromEntries([[name, MARK]]) };
  }
}

/** Items whose attributes have such names, as a writer of a table could store them. */
export function pollutingImage(id: string): object {
  const attributes = PROTOTYPE_NAMES.map(
    (name) => [name, { M: owning(name, { M: { [MARK]: { BOOL: true } } }) }] as const,
  );
  let image: object = { id: { S: id }, title: { S: 'x' } };
  for (const [name, value] of attributes) image = owning(name, value, image);
  return image;
}
