import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../src/schema/load.ts';
import { fixture, members } from './signatures.ts';

const model = loadModel(fixture('catalogue'));
const fields = [...(model.types.get('Product')?.fields.values() ?? [])];

describe('fields of every type', () => {
  test('have the kind their values compare by', () => {
    expect(fields.map((field) => `${field.name} ${field.kind}${field.list ? ' list' : ''}`)).toEqual([
      'sku String',
      'shop ID',
      'status Enum',
      'price Decimal',
      'weight Float',
      'stock Int',
      'active Boolean',
      'meta JSON',
      'day String',
      'time String',
      'madeAt String',
      'soldAt Int',
      'contact String',
      'page String',
      'phone String',
      'host String',
      'tags String list',
      'ids ID list',
      'prices Decimal list',
      'states Enum list',
      'days String list',
      'metas JSON list',
      'grid Int list',
      'size Object',
      'sizes Object list',
      'constructor String',
      'toString Int',
      'hasOwnProperty Boolean',
    ]);
  });

  test('are arguments when one value of them can be compared: no lists, no JSON, no nested objects', () => {
    expect(members(model.schema, 'Subscription')[0]).toBe(
      'onCreateProduct(sku: String, shop: ID, status: Status, price: Decimal, weight: Float, stock: Int, ' +
        'active: Boolean, day: AWSDate, time: AWSTime, madeAt: AWSDateTime, soldAt: AWSTimestamp, ' +
        'contact: AWSEmail, page: AWSURL, phone: AWSPhone, host: AWSIPAddress, constructor: String, ' +
        'toString: Int, hasOwnProperty: Boolean, filter: TableProductFilterInput): Product',
    );
  });

  test('are filtered by the operators of their kind', () => {
    expect(members(model.schema, 'TableProductFilterInput')).toEqual([
      'sku: TableStringFilterInput',
      'shop: TableIDFilterInput',
      'status: TableStatusFilterInput',
      'price: TableDecimalFilterInput',
      'weight: TableFloatFilterInput',
      'stock: TableIntFilterInput',
      'active: TableBooleanFilterInput',
      'meta: TableAWSJSONFilterInput',
      'day: TableStringFilterInput',
      'time: TableStringFilterInput',
      'madeAt: TableStringFilterInput',
      'soldAt: TableAWSTimestampFilterInput',
      'contact: TableStringFilterInput',
      'page: TableStringFilterInput',
      'phone: TableStringFilterInput',
      'host: TableStringFilterInput',
      'tags: TableStringListFilterInput',
      'ids: TableIDListFilterInput',
      'prices: TableDecimalListFilterInput',
      'states: TableStatusListFilterInput',
      'days: TableStringListFilterInput',
      'metas: TableAWSJSONFilterInput',
      'constructor: TableStringFilterInput',
      'toString: TableIntFilterInput',
      'hasOwnProperty: TableBooleanFilterInput',
      'and: [TableProductFilterInput!]',
      'or: [TableProductFilterInput!]',
      'not: TableProductFilterInput',
    ]);
    expect(members(model.schema, 'TableStatusFilterInput')).toEqual([
      'ne: Status',
      'eq: Status',
      'in: [Status]',
      'attributeExists: Boolean',
    ]);
    expect(members(model.schema, 'TableStatusListFilterInput')).toEqual([
      'contains: Status',
      'notContains: Status',
      'attributeExists: Boolean',
    ]);
    expect(members(model.schema, 'TableAWSJSONFilterInput')).toEqual(['attributeExists: Boolean']);
    expect(members(model.schema, 'TableDecimalFilterInput')).toContain('between: [Decimal]');
    expect(members(model.schema, 'TableDecimalFilterInput')).not.toContain('beginsWith: Decimal');
  });

  test('make the key that @table names, partition key first', () => {
    expect(model.types.get('Product')?.keys).toEqual(['shop', 'sku']);
  });
});

describe('the key of a type that names none', () => {
  test.each([
    ['the first ID!, though other fields stand before it', 'name: String! id: ID! other: ID!', 'id'],
    ['not an ID that can be null', 'id: ID name: String!', 'name'],
    [
      'else the first non-null text or number',
      'done: Boolean! tags: [ID!]! note: String n: Int! name: String!',
      'n',
    ],
  ])('is %s', (_, body, key) => {
    expect(loadModel(`type T @table { ${body} }`).types.get('T')?.keys).toEqual([key]);
  });
});

describe('parts of a schema written apart', () => {
  test('are read together: extensions of types, and of a root that is not written', () => {
    const { schema, types, subscriptions } = loadModel(`
      extend type Todo @table(name: "Todos") { memo: String @attribute(name: "m") }
      type Todo { id: ID! state: State }
      enum State { OPEN }
      extend enum State { DONE }
      extend type Subscription { finished(id: ID): Todo @aws_subscribe(mutations: "updateTodo") }
    `);
    expect(types.get('Todo')?.table).toBe('Todos');
    expect(types.get('Todo')?.fields.get('memo')?.attribute).toBe('m');
    expect(members(schema, 'State')).toEqual(['OPEN', 'DONE']);
    expect(members(schema, 'Subscription')[0]).toBe('finished(id: ID): Todo');
    expect([...(subscriptions.get('finished')?.events ?? [])]).toEqual(['update']);
  });

  test('may give the root types other names', () => {
    const { schema, sdl } = loadModel(`
      type Todo @table { id: ID! }
      type Live { more(id: ID!): Todo @aws_subscribe(mutations: ["deleteTodo"]) }
      extend schema { subscription: Live }
    `);
    expect(schema.getSubscriptionType()?.name).toBe('Live');
    expect(schema.getQueryType()?.name).toBe('Query');
    expect(members(schema, 'Live').map((field) => field.replace(/\(.*/, ''))).toEqual([
      ...['more', 'onCreateTodo', 'onUpdateTodo', 'onDeleteTodo', 'onChangeTodo'],
    ]);
    expect(sdl).toContain('schema {\n  subscription: Live\n  query: Query\n  mutation: Mutation\n}');
    expect(loadModel(sdl).sdl).toBe(sdl);
  });

  test('may redefine what Tablecast defines itself, as an export may or may not', () => {
    const { sdl } = loadModel(`
      directive @aws_subscribe(mutations: [String]) on FIELD_DEFINITION
      directive @aws_api_key on OBJECT | FIELD_DEFINITION
      directive @table(name: String) on OBJECT
      scalar AWSDateTime
      scalar Int
      type Todo @table { id: ID! at: AWSDateTime n: Int }
      enum ChangeKind { LEAVE ENTER }
      type TodoChange { item: Todo eventId: ID! }
    `);
    expect(sdl.match(/directive @aws_subscribe/g)).toHaveLength(1);
    expect(sdl.match(/scalar AWSDateTime/g)).toHaveLength(1);
    expect(sdl).not.toContain('@aws_api_key');
    expect(members(loadModel(sdl).schema, 'ChangeKind')).toEqual(['ENTER', 'UPDATE', 'LEAVE']);
  });
});

describe('a hand-written subscription', () => {
  test('may be to changes, when it names all three writes', () => {
    const { subscriptions } = loadModel(`
      type Todo @table { id: ID! }
      type Subscription {
        live(id: ID!): TodoChange @aws_subscribe(mutations: ["createTodo", "updateTodo", "deleteTodo"])
        all: Todo @aws_subscribe(mutations: ["createTodo", "updateTodo", "deleteTodo"])
      }
    `);
    expect([...(subscriptions.get('live')?.events ?? [])]).toEqual(['change']);
    expect([...(subscriptions.get('all')?.events ?? [])]).toEqual(['create', 'update', 'delete']);
  });

  test('may compare text with text, and a number with a field that holds every value of it', () => {
    const { subscriptions } = loadModel(`
      type Todo @table { id: ID! day: AWSDate price: Decimal weight: Float state: State }
      enum State { OPEN }
      type Subscription {
        some(id: String, day: String, text: AWSEmail @matches(field: "id"), price: Int, more: Float @matches(field: "price"),
          weight: Int = 3, state: State = OPEN): Todo @aws_subscribe(mutations: ["createTodo"])
      }
    `);
    expect(
      [...(subscriptions.get('some')?.arguments ?? [])].map(([name, field]) => `${name} ${field.name}`),
    ).toEqual(['id id', 'day day', 'text id', 'price price', 'more price', 'weight weight', 'state state']);
  });
});

describe('types that share a table', () => {
  test('are told apart by where', () => {
    const { tables, types } = loadModel(`
      type User @table(name: "app", key: ["pk", "sk"], where: {attribute: "sk", equals: "PROFILE"}) { pk: ID! sk: ID! }
      type Note @table(name: "app", key: ["owner", "sk"], where: {attribute: "sk", beginsWith: "NOTE#"}) {
        owner: ID! @attribute(name: "pk")
        sk: ID!
      }
    `);
    expect(tables.get('app')?.map((type) => type.name)).toEqual(['User', 'Note']);
    expect(types.get('User')?.where).toEqual({ attribute: 'sk', equals: 'PROFILE' });
    expect(types.get('Note')?.where).toEqual({ attribute: 'sk', beginsWith: 'NOTE#' });
  });
});
