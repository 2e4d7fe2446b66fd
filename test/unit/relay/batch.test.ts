import { describe, expect, test } from '@jest/globals';
import { TablecastError } from '../../../src/errors.ts';
import type { Registry } from '../../../src/relay/ports.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const ON_CREATE = 'subscription { onCreateTodo { id } }';
const HOURS = 3_600_000;

const insert = (relay: TestRelay, id: string, at = relay.clock.now()) =>
  todoRecord(at, { newImage: { id: { S: id }, title: { S: 't' } } });
const ids = (relay: TestRelay, id: string) =>
  relay.frames(id).map(({ payload }) => JSON.stringify(payload).match(/(?<="id":")[^"]+/)?.[0]);

/** A relay that notes which of the registry's methods are called, and with which document. */
function watched() {
  const calls: string[] = [];
  const relay = createTestRelay({
    wrapRegistry: (registry): Registry => ({
      ...registry,
      shapes: (table) => {
        calls.push(`shapes ${table}`);
        return registry.shapes(table);
      },
      document: (hash) => {
        calls.push(`document ${hash}`);
        return registry.document(hash);
      },
    }),
  });
  return { relay, calls };
}

describe('intake of a batch', () => {
  test('a record older than any connection can be is stepped over before any read, and is no gap', async () => {
    const { relay, calls } = watched();
    await relay.connect('c');
    await relay.subscribe('c', '1', ON_CREATE);
    const now = relay.clock.now();
    expect(await relay.deliver([insert(relay, 'old', now - 3 * HOURS)])).toEqual({});
    expect(calls).toEqual([]);
    const counted = relay.counters.take();
    expect(counted.get('record.outdated')).toBe(1);
    expect(counted.get('gap')).toBeUndefined();
    // Young enough that somebody may have been connected: looked up, and dropped for this younger subscription alone.
    await relay.deliver([insert(relay, 'older', now - HOURS), insert(relay, 'new')]);
    expect(calls).toContain('shapes Todos');
    expect(ids(relay, 'c')).toEqual(['new']);
  });

  test('a stored table that bears another name than in the schema is known by both', async () => {
    const relay = createTestRelay({ settings: { tableNames: new Map([['todos-prod', 'Todos']]) } });
    await relay.connect('c');
    await relay.subscribe('c', '1', ON_CREATE);
    const record = insert(relay, 'a');
    const eventSourceARN = record.eventSourceARN?.replace('table/Todos/', 'table/todos-prod/') ?? '';
    expect(eventSourceARN).toContain('todos-prod');
    await relay.deliver([{ ...record, eventSourceARN }]);
    expect(ids(relay, 'c')).toEqual(['a']);
    expect(relay.counters.take().get('gap')).toBeUndefined();
  });

  test.each([[undefined], ['12x'], [''], [7]])(
    'when the relay table fails and the first record’s sequence number is %j, the whole batch comes again',
    async (SequenceNumber) => {
      const relay = createTestRelay({
        wrapRegistry: (registry) => ({
          ...registry,
          shapes: async () => {
            throw new TablecastError('REGISTRY_UNAVAILABLE', 'expected an answer, got none');
          },
        }),
      });
      const record = insert(relay, 'a');
      const first = { ...record, dynamodb: { ...record.dynamodb, SequenceNumber } };
      const { failedFrom } = await relay.deliver([first, insert(relay, 'b')]);
      expect(failedFrom).toMatchObject({ sequenceNumber: undefined });
      expect(failedFrom).toHaveProperty('sequenceNumber', undefined);
    },
  );
});

describe('one record, several payloads', () => {
  test('subscribers of one selection to whom it is an ENTER, an UPDATE and a LEAVE each get their own', async () => {
    const relay = createTestRelay();
    await relay.connect('c');
    const query = (filter: string) =>
      `subscription { onChangeTodo(filter: {priority: {${filter}}}) { kind item { id } previous { id } } }`;
    await relay.subscribe('c', 'enters', query('ge: 5'));
    await relay.subscribe('c', 'updates', query('ge: 1'));
    await relay.subscribe('c', 'leaves', query('lt: 5'));
    await relay.deliver([
      todoRecord(relay.clock.now(), {
        eventName: 'MODIFY',
        oldImage: { id: { S: 'a' }, title: { S: 't' }, priority: { N: '1' } },
        newImage: { id: { S: 'a' }, title: { S: 't' }, priority: { N: '9' } },
      }),
    ]);
    const got = new Map(relay.frames('c').map((frame) => [frame['id'], frame['payload']]));
    expect(got).toEqual(
      new Map([
        [
          'enters',
          expect.objectContaining({
            data: { onChangeTodo: { kind: 'ENTER', item: { id: 'a' }, previous: null } },
          }),
        ],
        [
          'updates',
          expect.objectContaining({
            data: { onChangeTodo: { kind: 'UPDATE', item: { id: 'a' }, previous: { id: 'a' } } },
          }),
        ],
        [
          'leaves',
          expect.objectContaining({
            data: { onChangeTodo: { kind: 'LEAVE', item: null, previous: { id: 'a' } } },
          }),
        ],
      ]),
    );
  });
});

test('stored documents are read once a process, however many records and subscribers need them', async () => {
  const { relay, calls } = watched();
  for (const id of ['c', 'd']) {
    await relay.connect(id);
    for (const alias of ['a', 'b', 'c'])
      await relay.subscribe(id, alias, `subscription { onCreateTodo { ${alias}: id } }`);
  }
  await relay.deliver([insert(relay, 'a'), insert(relay, 'b')]);
  await relay.deliver([insert(relay, 'c')]);
  expect(calls.filter((call) => call.startsWith('document'))).toHaveLength(3);
  expect(relay.frames('d')).toHaveLength(9);
});
