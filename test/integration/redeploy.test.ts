import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import type { Image } from '../../src/change/change.ts';
import { createFakeConnections } from '../../src/testing/connections.ts';
import type { ConnectionsServer } from '../../src/testing/connections-server.ts';
import { createSeededRandom } from '../../src/testing/random.ts';
import { createRelayTable, DYNAMODB_HOOK_MS, useDynamoDB } from '../fixtures/dynamodb.ts';
import { todoRecord } from '../fixtures/relay.ts';
import { deploy, FAMILIES, type Family, type Place, type Release, sent } from './redeploy-release.ts';

/**
 * The handlers of version 2 of a project are deployed over live connections of version 1, on one DynamoDB Local: rows,
 * documents and filters of the one are read by the other, and during the deploy both are at work.
 */

const V1 = `
type Todo @table(name: "Todos") { id: ID! title: String! memo: String code: String priority: Int owner: String }
type Subscription {
  onNewTodo(owner: String): Todo @aws_subscribe(mutations: ["createTodo"])
  onOwnTodo(owner: String, priority: Int): Todo @aws_subscribe(mutations: ["createTodo"])
}
`;

/** `due` added, `memo` removed, `code` a number, `owner` renamed, onNewTodo removed, an argument of onOwnTodo removed. */
const V2 = `
type Todo @table(name: "Todos") {
  id: ID! title: String! due: String code: Int priority: Int
  author: String @attribute(name: "owner")
}
type Subscription {
  onOwnTodo(priority: Int): Todo @aws_subscribe(mutations: ["createTodo"])
  onDueTodo(due: String): Todo @aws_subscribe(mutations: ["createTodo"])
}
`;

const dynamodb = useDynamoDB();
const connections = createFakeConnections();
let gateway: ConnectionsServer;
let place: Place;
let tables = 0;

beforeAll(async () => {
  gateway = await connections.listen();
}, DYNAMODB_HOOK_MS);
afterAll(() => gateway?.close());
beforeEach(async () => {
  tables += 1;
  const relayTable = `relay-${tables}`;
  await createRelayTable(dynamodb.client, relayTable);
  place = { dynamodb: dynamodb.endpoint, relayTable, gateway: gateway.endpoint };
});

async function connected(release: Release, family: Family, id: string): Promise<void> {
  connections.open(id);
  await release.connect(id, family.subprotocol);
  await release.send(id, { type: 'connection_init', payload: {} });
}

/** Resolves once the subscription is live, as far as its dialect says. */
async function subscribe(release: Release, family: Family, id: string, operation: string, query: string) {
  const reply = await release.send(id, family.start(operation, `subscription { ${query} }`));
  expect(reply === undefined || Object(reply).type === 'start_ack').toBe(true);
}

const created = (item: Image): DynamoDBRecord =>
  todoRecord(Date.now(), { newImage: { id: { S: 'a' }, title: { S: 't' }, ...item } });

/** Rows of connections and subscriptions; the mark of a closed connection is to stay until its time to live is over. */
const rowsLeft = async () => {
  const { Items = [] } = await dynamodb.client.send(
    new ScanCommand({ TableName: place.relayTable, ConsistentRead: true }),
  );
  return Items.filter(({ closed }) => closed?.BOOL !== true)
    .map(({ pk, sk }) => `${pk?.S} ${sk?.S}`)
    .filter((key) => /^(CONN|KEY|LIVE|ID)#/.test(key));
};

const EVERYTHING: Image = {
  memo: { S: 'm' },
  code: { S: '7' },
  priority: { N: '3' },
  owner: { S: 'ann' },
};

/** Operation of v1 → what it was, and whether v2 can serve it. */
const OPERATIONS: readonly (readonly [id: string, query: string, served: boolean])[] = [
  ['plain', 'onCreateTodo { id title }', true],
  [
    'filtered',
    'onCreateTodo(filter: {or: [{priority: {between: [2, 4]}}, {title: {beginsWith: "z"}}], id: {ne: "b"}}) { id }',
    true,
  ],
  ['equal', 'onCreateTodo(title: "t", priority: 3) { id priority }', true],
  ['changes', 'onChangeTodo(filter: {priority: {gt: 1}}) { kind item { id } }', true],
  ['argument', 'onOwnTodo(priority: 3) { id }', true],
  ['selected', 'onCreateTodo { id memo }', false],
  ['residual', 'onCreateTodo(filter: {memo: {contains: "m"}}) { id }', false],
  ['keyed', 'onCreateTodo(memo: "m") { id }', false],
  ['alternatives', 'onCreateTodo(filter: {memo: {in: ["l", "m"]}, title: {eq: "t"}}) { id }', false],
  ['renamed', 'onCreateTodo(owner: "ann") { id }', false],
  ['retyped', 'onCreateTodo(code: "7") { id }', false],
  ['without-field', 'onNewTodo { id }', false],
  ['without-keyed-field', 'onNewTodo(owner: "ann") { id }', false],
  ['lost-argument', 'onOwnTodo(owner: "ann", priority: 3) { id }', false],
];

describe.each(FAMILIES)('C2 C5 v2 deployed over live v1 connections ($name)', (family) => {
  test('every operation of v1 is served on, or told SCHEMA_CHANGED once; what is left is subscribed again and forgotten as ever', async () => {
    const v1 = await deploy(V1, place);
    await connected(v1, family, 'c');
    for (const [id, query] of OPERATIONS) await subscribe(v1, family, 'c', id, query);
    await v1.deliver([created(EVERYTHING)]);
    const before = sent(connections, 'c');
    expect(before.map(([id, type]) => [id, type]).sort()).toEqual(
      OPERATIONS.map(([id]) => [id, family.data]).sort(),
    );

    const v2 = await deploy(V2, place);
    await v2.deliver([created(EVERYTHING)]);
    const after = sent(connections, 'c').slice(before.length);
    expect(after.map(([id, type]) => [id, type]).sort()).toEqual(
      OPERATIONS.map(([id, , served]) => [id, served ? family.data : 'error']).sort(),
    );
    for (const [, type, frame] of after) {
      if (type === 'error') expect(frame).toContain('"code":"SCHEMA_CHANGED"');
      else expect(frame).not.toContain('"errors"');
    }

    // The client reads its API again and subscribes to what there is now, under an id of before.
    await subscribe(v2, family, 'c', 'keyed', 'onDueTodo(due: "today") { id due }');
    await v2.deliver([created({ due: { S: 'today' } })]);
    const last = sent(connections, 'c').slice(before.length + after.length);
    expect(last.filter(([id]) => id === 'keyed')).toEqual([
      ['keyed', family.data, expect.stringContaining('"due":"today"')],
    ]);
    expect(last.filter(([, type]) => type === 'error')).toEqual([]);

    // An operation that v1 took in is ended by v2, and so is its connection.
    await v2.send('c', family.stop('plain'));
    await v2.deliver([created(EVERYTHING)]);
    expect(
      sent(connections, 'c')
        .slice(before.length + after.length + last.length)
        .map(([id]) => id),
    ).not.toContain('plain');
    await v2.disconnect('c');
    expect(await rowsLeft()).toEqual([]);
  }, 60_000);

  test('rolled back, v1 serves what v2 took in where it can, and tells the others', async () => {
    const [v1, v2] = [await deploy(V1, place), await deploy(V2, place)];
    await connected(v2, family, 'c');
    await subscribe(v2, family, 'c', 'common', 'onCreateTodo(priority: 3) { id }');
    await subscribe(v2, family, 'c', 'new-field', 'onCreateTodo { id due }');
    await subscribe(v2, family, 'c', 'new-argument', 'onCreateTodo(author: "ann") { id }');
    await subscribe(v2, family, 'c', 'new-subscription', 'onDueTodo { id }');
    const seen = sent(connections, 'c').length;
    await v1.deliver([created(EVERYTHING)]);
    expect(
      sent(connections, 'c')
        .slice(seen)
        .map(([id, type]) => [id, type])
        .sort(),
    ).toEqual([
      ['common', family.data],
      ['new-argument', 'error'],
      ['new-field', 'error'],
      ['new-subscription', 'error'],
    ]);
    await v1.disconnect('c');
    expect(await rowsLeft()).toEqual([]);
  }, 60_000);
});

test.each([1, 2])(
  'C1 C2 C3 while both versions are at work on one table nothing is lost or out of order (seed %i)',
  async (seed) => {
    const random = createSeededRandom(seed);
    const releases = [await deploy(V1, place), await deploy(V2, place)] as const;
    const any = () => random.pick(releases);
    const queries = [
      ['onCreateTodo { id priority }', () => true],
      ['onCreateTodo(priority: 3) { id priority }', (priority: number) => priority === 3],
      ['onCreateTodo(filter: {priority: {ge: 4}}) { id priority }', (priority: number) => priority >= 4],
      ['onOwnTodo(priority: 2) { id priority }', (priority: number) => priority === 2],
    ] as const;
    const live = new Map<
      string,
      { readonly family: Family; readonly wants: (priority: number) => boolean; readonly owed: string[] }
    >();
    const ended = new Set<string>();
    const open = async (id: string) => {
      const family = random.pick(FAMILIES);
      const [query, wants] = random.pick(queries);
      await connected(any(), family, id);
      await subscribe(any(), family, id, '1', query);
      live.set(id, { family, wants, owed: [] });
    };
    for (let n = 0; n < 16; n += 1) {
      await Promise.all([open(`s${seed}-${n}-a`), open(`s${seed}-${n}-b`)]);
      const priorities = Array.from({ length: 1 + random.integer(4) }, () => random.integer(6));
      const records = priorities.map((priority) => created({ priority: { N: String(priority) } }));
      for (const [id, { wants, owed }] of live) {
        if (ended.has(id)) continue;
        for (const [index, priority] of priorities.entries()) {
          if (wants(priority)) owed.push(records[index]?.eventID ?? '');
        }
      }
      await any().deliver(records);
      const [leaving] = random.chance(0.5) ? [...live.keys()].filter((id) => !ended.has(id)) : [];
      if (leaving !== undefined) {
        await any().send(leaving, (live.get(leaving) ?? { family: FAMILIES[0] }).family?.stop('1') ?? {});
        ended.add(leaving);
      }
    }
    let deliveries = 0;
    for (const [id, { family, owed }] of live) {
      const got = sent(connections, id).filter(([, type]) => type !== 'complete');
      expect(got.map(([, type]) => type)).toEqual(owed.map(() => family.data));
      expect(got.map(([, , frame]) => JSON.parse(frame).payload.extensions.eventId)).toEqual(owed);
      deliveries += got.length;
    }
    expect(deliveries).toBeGreaterThan(100);
    expect(ended.size).toBeGreaterThan(3);
    for (const id of live.keys()) await any().disconnect(id);
    expect(await rowsLeft()).toEqual([]);
  },
  90_000,
);
