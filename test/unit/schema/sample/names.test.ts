import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../../src/schema/load.ts';
import { fieldNames, isTypeName, typeNameOf } from '../../../../src/schema/sample/names.ts';
import { key, sdlOf, typeOf } from './sampling.ts';

describe('type names', () => {
  test.each([
    ['Todos', 'Todo'],
    ['my-app-Todos', 'MyAppTodo'],
    ['todos_dev', 'TodosDev'],
    ['Categories', 'Category'],
    ['Movies', 'Movie'],
    ['Series', 'Series'],
    ['Boxes', 'Box'],
    ['Addresses', 'Address'],
    ['Houses', 'House'],
    ['Status', 'Status'],
    ['AppSyncToDo', 'AppSyncToDo'],
    ['2024.orders', 'T2024Order'],
    ['...', 'T'],
    ['Query', 'QueryItem'],
    ['Strings', 'StringItem'],
    ['TableTodoFilterInputs', 'TableTodoFilterInputItem'],
  ])('table %s holds the type %s', (table, type) => {
    expect(typeNameOf(table)).toBe(type);
    expect(loadModel(sdlOf([], { table })).types.get(type)?.table).toBe(table);
  });

  test('a name given by hand is taken as it is', () => {
    expect(sdlOf([], { typeName: 'Task' })).toContain('type Task @table(name: "Todos")');
  });

  test.each(['Query', 'String', 'ChangeKind', '__Type', '1st', 'a b', '', 'TableIDFilterInput'])(
    '%j is no name for a type',
    (name) => expect(isTypeName(name)).toBe(false),
  );
});

describe('field names', () => {
  test.each([
    ['title', 'title'],
    ['user_id', 'user_id'],
    ['user-id', 'userId'],
    ['User Name', 'userName'],
    ['SKU-NO', 'skuNO'],
    ['2fa', 'attribute2fa'],
    ['__typename', 'typename'],
    ['プロフィール', 'attribute'],
    ['', 'attribute'],
    ['filter', 'filterValue'],
    ['and', 'andValue'],
    ['not', 'notValue'],
    ['or!', 'orValue'],
  ])('attribute %j is field %s', (attribute, field) => {
    expect(fieldNames([attribute], true).nameOf(attribute)).toBe(field);
  });

  test('an attribute whose own name is valid keeps it, even when another comes first that would take it', () => {
    const names = fieldNames(['user-id', 'user id', 'userId', 'userId2'], true);
    expect(['user-id', 'user id', 'userId', 'userId2'].map(names.nameOf)).toEqual([
      'userId3',
      'userId4',
      'userId',
      'userId2',
    ]);
  });

  test('filter, and, or, not are names like any others inside a map', () => {
    expect(fieldNames(['filter', 'not'], false).nameOf('filter')).toBe('filter');
  });

  test('the stored name stands beside the field, quotes and all', () => {
    const sdl = sdlOf([{ id: { S: '1' }, 'a "b"\\c\n': { N: '1' } }]);
    expect(sdl).toContain('  aBC: Int @attribute(name: "a \\"b\\"\\\\c\\n") # guessed');
    expect(loadModel(sdl).types.get('Todo')?.fields.get('aBC')?.attribute).toBe('a "b"\\c\n');
  });

  test('a key with a name no field can have is still the key', () => {
    const sdl = sdlOf([], { partitionKey: key('tenant#id'), sortKey: key('filter', 'N') });
    expect(typeOf(sdl, 'tenantId')).toBe('String!');
    expect(loadModel(sdl).types.get('Todo')?.keys).toEqual(['tenantId', 'filterValue']);
  });
});
