import { describe, expect, test } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { storedSubscriptions } from '../../../src/adapters/dynamodb/stored-subscriptions.ts';
import type { Invoke } from '../../../src/adapters/dynamodb-streams/batch.ts';
import { explainRequest } from '../../../src/cli/console-explain.ts';
import { createLiveExplainer } from '../../../src/cli/explain-live.ts';
import { liveText } from '../../../src/cli/explain-print.ts';
import { createRecentRecords, MAX_BYTES, MAX_RECORDS } from '../../../src/cli/recent-records.ts';
import type { Clock } from '../../../src/relay/ports.ts';
import { DynamoDBTable } from '../../../src/testing/dynamodb-table.ts';
import { createTestRelay, todoRecord } from '../../fixtures/relay.ts';

const NEVER = new AbortController().signal;
const done: Invoke = async () => undefined;

function record(eventID: string, more: Partial<DynamoDBRecord> = {}): DynamoDBRecord {
  return { ...todoRecord(0, { newImage: { id: { S: eventID } } }), eventID, ...more };
}

const idsOf = (records: readonly { readonly record: DynamoDBRecord }[]) =>
  records.map(({ record: { eventID } }) => eventID);

describe('the latest records of the local loop', () => {
  test('are kept in order, each once however often it is handed over, with when it was done', async () => {
    let now = 100;
    const recent = createRecentRecords(() => now);
    const [a, b] = [record('a'), record('b')];
    const second = b.dynamodb?.SequenceNumber ?? '';
    const partial: Invoke = async () => {
      now = 200;
      return { batchItemFailures: [{ itemIdentifier: second }] };
    };
    await recent.watch(partial)({ Records: [a, b] }, NEVER);
    expect(recent.find('a')).toMatchObject({ handedOverAt: 100, doneAt: 200, attempts: 1 });
    expect(recent.find('b')).not.toHaveProperty('doneAt');
    now = 300;
    await recent.watch(done)({ Records: [b] }, NEVER);
    expect(recent.find('b')).toMatchObject({ handedOverAt: 100, doneAt: 300, attempts: 2 });
    expect(idsOf(recent.last(10))).toEqual(['a', 'b']);
    expect(idsOf(recent.last(1))).toEqual(['b']);
  });

  test('a handler that throws is passed on, and its records are kept as not done', async () => {
    const recent = createRecentRecords();
    const failing: Invoke = async () => Promise.reject(new Error('no answer'));
    await expect(recent.watch(failing)({ Records: [record('a')] }, NEVER)).rejects.toThrow('no answer');
    expect(recent.find('a')).toMatchObject({ attempts: 1 });
    expect(recent.find('a')).not.toHaveProperty('doneAt');
  });

  test('are a thousand at most, and less where they are large', async () => {
    const recent = createRecentRecords();
    const many = Array.from({ length: MAX_RECORDS + 5 }, (_, n) => record(`r${n}`));
    await recent.watch(done)({ Records: many }, NEVER);
    expect(recent.size).toBe(MAX_RECORDS);
    expect(recent.find('r4')).toBeUndefined();
    expect(recent.find('r5')).toBeDefined();
    const text = 'x'.repeat(MAX_BYTES / 8);
    for (let n = 0; n < 12; n += 1) {
      const large = todoRecord(0, { newImage: { id: { S: 'a' }, memo: { S: text } } });
      await recent.watch(done)({ Records: [{ ...large, eventID: `large${n}` }] }, NEVER);
    }
    expect(idsOf(recent.last(MAX_RECORDS))).toEqual(
      ['5', '6', '7', '8', '9', '10', '11'].map((n) => `large${n}`),
    );
  });
});

/** A relay whose rows lie in a table, as the local loop has it, and records that passed through its stream handler. */
async function loop() {
  const table = new DynamoDBTable({ tableName: 'relay' });
  const clock: Clock = { now: () => relay.clock.now(), sleep: (...given) => relay.clock.sleep(...given) };
  const registry = createDynamoDBRegistry({ client: table, tableName: 'relay', clock });
  const relay = createTestRelay({ wrapRegistry: () => registry });
  const recent = createRecentRecords(() => relay.clock.now());
  const subscriptions = () => storedSubscriptions({ client: table, name: 'relay', clock, random: () => 0 });
  const { model, settings } = relay.context;
  const explain = createLiveExplainer({ model, settings, records: recent, registry, subscriptions });
  const invoke = recent.watch(async ({ Records }) => {
    const { failedFrom } = await relay.deliver(Records);
    return { batchItemFailures: failedFrom ? [{ itemIdentifier: failedFrom.sequenceNumber ?? '' }] : [] };
  });
  const write = async (priority: number) => {
    const image = { id: { S: 'a' }, title: { S: 't' }, priority: { N: String(priority) } };
    const made = todoRecord(relay.clock.now(), { newImage: image });
    await invoke({ Records: [made] }, NEVER);
    return made.eventID ?? '';
  };
  return { relay, explain, write, subscriptions, recent };
}

const query = (argument: string) => `subscription { onCreateTodo${argument} { id } }`;

describe('records against live subscriptions', () => {
  test('each of the table is told why it was sent the change or not, as it was', async () => {
    const { relay, explain, write } = await loop();
    await relay.connect('c');
    await relay.subscribe('c', 'all', query(''));
    await relay.subscribe('c', 'key', query('(priority: 1)'));
    await relay.subscribe('c', 'range', query('(filter: {priority: {gt: 5}})'));
    await relay.subscribe('c', 'none', query('(filter: {or: []})'));
    await relay.subscribe('c', 'update', 'subscription { onUpdateTodo { id } }');
    const event = await write(3);
    const { records, kept, subscriptions } = await explain({ event });
    expect({ kept, subscriptions }).toEqual({ kept: 1, subscriptions: 5 });
    const reasons = new Map(records[0]?.explanations.map(({ clientId, reason }) => [clientId, reason]));
    expect(Object.fromEntries(reasons)).toEqual({
      all: 'delivered',
      key: 'filter',
      range: 'filter',
      none: 'filter',
      update: 'event',
    });
    expect(relay.frames('c').map(({ id }) => id)).toEqual(['all']);
    const text = liveText({ records, kept, subscriptions }, { event });
    expect(text).toMatch(/^One of 1 record, against 5 live subscriptions\.\n\nINSERT [\s\S]*\S\n$/);
    expect(liveText({ records, kept: 7, subscriptions: 1 }, { last: 1 })).toMatch(
      /^The latest 1 of 7 records, against 1 live subscription\.\n\n/,
    );
    expect(text).toContain(`INSERT in Todos   event ${event}`);
    expect(text).toContain('onCreateTodo   connection c, id "range"');
    expect(text).toContain('fails: priority gt "5"   stored: {"N":"3"}');
  });

  test('one that began after the relay was done, and one whose connection has ended', async () => {
    const { relay, explain, write, subscriptions } = await loop();
    await relay.connect('gone');
    await relay.subscribe('gone', '1', query(''));
    const event = await write(3);
    await relay.clock.advance(50);
    await relay.connect('late');
    await relay.subscribe('late', '1', query(''));
    await relay.disconnect('gone');
    const { records } = await explain({ event });
    expect(records[0]?.explanations).toMatchObject([{ connectionId: 'late', reason: 'later', owed: false }]);
    expect(await subscriptions()).toHaveLength(1);
  });

  test('one whose credential had expired when the change came', async () => {
    const { relay, write, subscriptions, recent } = await loop();
    await relay.connect('c');
    await relay.subscribe('c', '1', query(''));
    const event = await write(3);
    const seconds = Math.floor(relay.clock.now() / 1000);
    const { model, settings, registry } = relay.context;
    const servedUntil = async (end: number) => {
      const ended = async () => (await subscriptions()).map((each) => ({ ...each, servedUntil: end }));
      const options = { model, settings, registry, records: recent, subscriptions: ended };
      return (await createLiveExplainer(options)({ event })).records[0]?.explanations;
    };
    expect(await servedUntil(seconds)).toMatchObject([{ reason: 'expired', owed: false }]);
    expect(await servedUntil(seconds + 1)).toMatchObject([{ reason: 'delivered', owed: true }]);
  });

  test('a record that nobody can use, and one that the handler is not done with', async () => {
    const { explain, relay } = await loop();
    const recent = createRecentRecords();
    const { model, settings, registry } = relay.context;
    const own = createLiveExplainer({
      model,
      settings,
      registry,
      records: recent,
      subscriptions: async () => [],
    });
    const failing: Invoke = async () => Promise.reject(new Error('down'));
    const viewless = todoRecord(0, { newImage: { id: { S: 'a' } }, viewType: 'KEYS_ONLY' });
    await recent
      .watch(failing)({ Records: [viewless, record('b')] }, NEVER)
      .catch(() => {});
    const answer = await own({ last: 5 });
    expect(answer.records[0]?.problem).toMatch(/NEW_AND_OLD_IMAGES/);
    expect(answer.records[1]).not.toHaveProperty('doneAt');
    expect(liveText(answer, { last: 5 })).toMatch(
      /Nobody can be sent it: expected a stream of NEW_AND_OLD_IMAGES/,
    );
    expect(liveText(answer, { last: 5 })).toMatch(/is not done with it after 1 attempt\./);
    expect(liveText(await explain({ last: 5 }), { last: 5 })).toMatch(/^No record yet/);
  });
});

describe('the path the loop answers under', () => {
  test.each([
    ['/explain.json?event=unknown', 404, 'event: expected one of the last 1 records, got "unknown"'],
    ['/explain.json?last=0', 400, 'last: expected a number of records from 1 to 1000, got "0"'],
    ['/explain.json?last=ten', 400, 'last: expected a number of records from 1 to 1000, got "ten"'],
  ])('%s is %d', async (url, status, message) => {
    const { explain, write } = await loop();
    await write(1);
    expect(await explainRequest(url, explain)).toEqual({ status, answer: { error: { message } } });
  });

  test('without a number it is the latest, and a relay table that is away is said', async () => {
    const { explain, write } = await loop();
    const event = await write(1);
    expect(await explainRequest('/explain.json', explain)).toMatchObject({
      status: 200,
      answer: { kept: 1, records: [{ eventId: event }] },
    });
    const away = async () => Promise.reject(new Error('relay table unavailable'));
    expect(await explainRequest('/explain.json', away)).toEqual({
      status: 503,
      answer: { error: { message: 'relay table unavailable' } },
    });
  });
});
