import { expect, test } from '@jest/globals';
import type { Image } from '../../../src/change/change.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { MAX_DECISIONS } from '../../../src/relay/explain-log.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const item = (more: Image = {}): Image => ({ id: { S: 'a' }, title: { S: 'CANARY-title' }, ...more });

function decisions(relay: TestRelay, event = 'delivery.decision') {
  return relay.logs.filter((line) => line['event'] === event);
}

async function relayWith(explainLog: boolean): Promise<TestRelay> {
  const relay = createTestRelay({ settings: { explainLog } });
  await relay.connect('c');
  const query = (argument: string) => `subscription { onCreateTodo${argument} { id } }`;
  await relay.subscribe('c', 'all', query(''));
  await relay.subscribe(
    'c',
    'some',
    query('(filter: {title: {beginsWith: "CANARY-asked"}, priority: {ge: 5}})'),
  );
  await relay.subscribe('c', 'elsewhere', query('(title: "CANARY-other")'));
  return relay;
}

test('with explainLog on each decision is a line, found by event id, that names the conditions which failed', async () => {
  const relay = await relayWith(true);
  const record = todoRecord(relay.clock.now(), { newImage: item({ priority: { N: '3' } }) });
  await relay.deliver([record]);
  const common = { eventId: record.eventID, connectionId: 'c', field: 'onCreateTodo', level: 30 };
  const lines = decisions(relay).map(({ time: _, event: __, ...line }) => line);
  expect(lines).toHaveLength(2);
  expect(lines).toEqual(
    expect.arrayContaining([
      { ...common, clientId: 'all', verdict: 'owed', reason: 'item' },
      {
        ...common,
        clientId: 'some',
        verdict: 'skipped',
        reason: 'filter',
        clauses: ['new: priority ge', 'new: title beginsWith'],
      },
    ]),
  );
});

test('C8 no value of an item or a filter is in the log of decisions', async () => {
  const relay = await relayWith(true);
  await relay.connect('d');
  await relay.subscribe(
    'd',
    'change',
    'subscription($m: String) { onChangeTodo(filter: {not: {memo: {eq: $m}}}) { kind } }',
    {
      variables: { m: 'CANARY-memo' },
    },
  );
  const image = item({ memo: { S: 'CANARY-memo' } });
  await relay.deliver([
    todoRecord(relay.clock.now(), { newImage: image }),
    todoRecord(relay.clock.now(), { oldImage: image, newImage: { ...image, priority: { N: '1' } } }),
  ]);
  const lines = decisions(relay);
  expect(lines.map((line) => line['clauses']).filter(Boolean)).toContainEqual([
    'new: not memo eq',
    'old: not memo eq',
  ]);
  expect(JSON.stringify(relay.logs)).not.toContain('CANARY');
});

test('with explainLog off, as it is by default, no decision is logged', async () => {
  const relay = await relayWith(false);
  await relay.deliver([todoRecord(relay.clock.now(), { newImage: item() })]);
  expect(decisions(relay)).toEqual([]);
  expect(relay.context.settings.explainLog).toBe(false);
});

test('a change that concerns very many has so many lines and no more, and says how many it left out', async () => {
  const limits = { ...DEFAULT_LIMITS, subscriptionsPerConnection: MAX_DECISIONS + 7 };
  const relay = createTestRelay({ settings: { explainLog: true, limits } });
  await relay.connect('c');
  for (let n = 0; n < MAX_DECISIONS + 7; n += 1)
    await relay.subscribe('c', String(n), 'subscription { onCreateTodo { id } }');
  const record = todoRecord(relay.clock.now(), { newImage: item() });
  await relay.deliver([record, todoRecord(relay.clock.now(), { oldImage: item() })]);
  expect(decisions(relay)).toHaveLength(MAX_DECISIONS);
  expect(decisions(relay, 'delivery.decisions-omitted')).toMatchObject([
    { eventId: record.eventID, count: 7 },
  ]);
  expect(relay.frames('c')).toHaveLength(MAX_DECISIONS + 7);
});
