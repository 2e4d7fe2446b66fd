import { describe, expect, test } from '@jest/globals';
import { itemToCreate, itemUpdate } from '../../../src/api/item-input.ts';
import { loadModel } from '../../../src/schema/load.ts';
import type { TableType } from '../../../src/schema/model.ts';

const { types } = loadModel(`
  type User @table(name: "App", key: ["pk"], where: { attribute: "kind", equals: "user" }) {
    pk: ID!  kind: String  name: String!
  }
  type Order @table(name: "App", key: ["pk"], where: { attribute: "kind", beginsWith: "order/" }) {
    pk: ID!  kind: String  name: String
  }
`);

function typeOf(name: string): TableType {
  const type = types.get(name);
  if (!type) throw new Error(`expected a table type ${name}, got none`);
  return type;
}

const writing = { uuid: () => 'new-id' };

/** What code may ask for that the generated inputs do not let a client ask for. */
describe('an item written by code', () => {
  test('has the attribute of its type, whatever the code says', () => {
    const input = { pk: '1', name: 'ana', kind: 'admin' };
    expect(itemToCreate(typeOf('User'), input, writing)).toMatchObject({ kind: { S: 'user' } });
  });

  test.each([undefined, null, 'user', 'order'])('is refused as one of another type (%p)', (kind) => {
    expect(() => itemToCreate(typeOf('Order'), { pk: '1', kind }, writing)).toThrow(
      'Order.kind: expected text that begins with "order/"',
    );
  });

  test.each([null, 'user', 'order'])('does not become one of another type by an update (%p)', (kind) => {
    expect(() => itemUpdate(typeOf('Order'), { pk: '1', kind }, {})).toThrow(
      'Order.kind: expected text that begins with "order/"',
    );
  });

  test('stays one of its type by an update that leaves its attribute alone or fits it', () => {
    expect(itemUpdate(typeOf('Order'), { pk: '1', name: null }, {}).remove).toEqual(['name']);
    expect(itemUpdate(typeOf('Order'), { pk: '1', kind: 'order/2' }, {}).set).toEqual({
      kind: { S: 'order/2' },
    });
  });

  test('is refused without a field that is never null, by its name', () => {
    expect(() => itemToCreate(typeOf('User'), { pk: '1' }, writing)).toThrow('User.name: ');
  });
});
