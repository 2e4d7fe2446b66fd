import { describe, expect, test } from '@jest/globals';
import { itemUpdate } from '../../../src/api/item-input.ts';
import { loadModel } from '../../../src/schema/load.ts';
import type { TableType } from '../../../src/schema/model.ts';

const { types } = loadModel(`
  type Note @table(name: "Notes", writer: "updatedBy") { id: ID!  title: String  updatedBy: String }
  type Page @table(name: "Pages", writer: "updatedBy") { id: ID!  title: String  updatedBy: String! }
`);

function typeOf(name: string): TableType {
  const type = types.get(name);
  if (!type) throw new Error(`expected a table type ${name}, got none`);
  return type;
}

describe('an update by nobody in particular', () => {
  test('does not leave the name of who wrote before, whose own change it would seem', () => {
    expect(itemUpdate(typeOf('Note'), { id: '1', title: 'x' }, {})).toMatchObject({
      set: { title: { S: 'x' } },
      remove: ['updatedBy'],
    });
  });

  test('names the writer that its input names', () => {
    const { set, remove } = itemUpdate(typeOf('Note'), { id: '1', updatedBy: 'ana' }, {});
    expect(set).toMatchObject({ updatedBy: { S: 'ana' } });
    expect(remove).toEqual([]);
  });

  test('changes nothing when it changes nothing', () => {
    expect(itemUpdate(typeOf('Note'), { id: '1' }, {})).toMatchObject({ set: {}, remove: [] });
  });

  test('cannot remove a writer that is never null', () => {
    expect(itemUpdate(typeOf('Page'), { id: '1', title: 'x' }, {}).remove).toEqual([]);
  });
});
