import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createMemoryTables } from '../../../src/adapters/memory/tables.ts';
import { createApi } from '../../../src/api/api.ts';
import { withReadOnly } from '../../../src/api/read-only-tables.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';

const SDL = `
  type Order @table(name: "Orders") { id: ID! total: Int }
  type Note @table(name: "Notes") { id: ID! text: String }`;

/** An API whose table Orders may be read only, with one order in it. */
async function api() {
  const model = loadModel(SDL);
  const tables = createMemoryTables();
  const order = model.types.get('Order');
  if (order === undefined) throw new Error('Expected a type Order, got none');
  await tables.create(order, Object.assign(Object.create(null), { id: { S: '1' }, total: { N: '5' } }));
  const { check, run } = createApi({
    model,
    tables: withReadOnly(tables, new Set(['Orders'])),
    publish: () => Promise.reject(new Error('not here')),
    logger: pino({ level: 'silent' }),
    clock: createVirtualClock(),
    pageSecret: 'a-secret-of-this-test',
  });
  return async (query: string) => {
    const checked = check({ query });
    if (!checked.ok || checked.kind === 'subscription') throw new Error(JSON.stringify(checked));
    return run(checked, { query }, { identity: { kind: 'anonymous', hash: 'a' } });
  };
}

describe('a table that mutations may not write', () => {
  test.each([
    ['createOrder', 'mutation { createOrder(input: {id: "2"}) { id } }'],
    ['updateOrder', 'mutation { updateOrder(input: {id: "1", total: 6}) { id } }'],
    ['deleteOrder', 'mutation { deleteOrder(input: {id: "1"}) { id } }'],
  ])('%s is refused in words that name the setting, and changes nothing', async (field, query) => {
    const ask = await api();
    const result = await ask(query);
    expect(result.data).toEqual({ [field]: null });
    expect(result.errors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(
          'Type Order: it cannot be changed through this API; expected "writes: true" for its table in custom.tablecast.tables',
        ),
        extensions: expect.objectContaining({ code: 'WRITES_DISABLED' }),
      }),
    ]);
    expect((await ask('{ listOrders { items { id total } } }')).data).toEqual({
      listOrders: { items: [{ id: '1', total: 5 }] },
    });
  });

  test('others may be written, and all may be read', async () => {
    const ask = await api();
    expect(await ask('mutation { createNote(input: {id: "1", text: "x"}) { id } }')).toEqual({
      data: { createNote: { id: '1' } },
    });
    expect((await ask('{ getOrder(id: "1") { total } }')).data).toEqual({ getOrder: { total: 5 } });
  });
});
