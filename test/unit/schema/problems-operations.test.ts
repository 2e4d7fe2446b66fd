import { describe, expect, test } from '@jest/globals';
import { BASE_TYPE, type ProblemCase, problemsOf, subscription } from './problem-cases.ts';

const PAYLOAD = 'type Ping { id: ID n: Int not: Int others: [Ping] }\n';

const CASES: readonly ProblemCase[] = [
  {
    name: 'a writer that is no stored field',
    sdl: 'type Todo\n  @table(writer: "by") { id: ID! at: Int who: String @resolved }',
    problems: ['2:10 expected @table(writer:) of Todo to name one of its stored fields (id, at), got by'],
  },
  {
    name: 'writers that are no single text',
    sdl: 'type A @table(writer: "x") { id: ID! x: [String] }\ntype B @table(writer: "x") { id: ID! x: Int }\ntype C @table(writer: "x") { id: ID! x: AWSEmail }',
    problems: [
      '1:15 expected @table(writer:) of A to name a field of type ID, String or an enum, got x: [String]',
      '2:15 expected @table(writer:) of B to name a field of type ID, String or an enum, got x: Int',
      '3:15 expected @table(writer:) of C to name a field of type ID, String or an enum, got x: AWSEmail',
    ],
  },
  {
    name: 'a writer that is settled already',
    sdl: 'type A @table(writer: "id") { id: ID! }\ntype B @table(writer: "kind", where: {attribute: "kind", equals: "b"}) { id: ID! kind: String }',
    problems: [
      '1:15 expected @table(writer:) of A to name a field outside the key, as updates set it, got id',
      '2:15 expected @table(writer:) of B to name another field than the one @table(where:) looks at, got kind',
    ],
  },
  {
    name: 'a writer that is no text',
    sdl: 'type Todo @table(writer: 5) { id: ID! }',
    problems: [
      '1:26 expected @table(name: "…", key: ["…"], where: {attribute: "…", equals: "…" or beginsWith: "…"}, writer: "…"), each optional: Argument "writer" has invalid value 5.',
    ],
  },
  {
    name: 'both sources at once',
    sdl: PAYLOAD + subscription('ping: Ping @published @aws_subscribe(mutations: ["createTodo"])'),
    problems: ['4:14 subscription ping: expected one source, @published or @aws_subscribe, got both'],
  },
  {
    name: 'a published table type, page, scalar or nothing that is there',
    sdl: `${BASE_TYPE}type Subscription {\n  a: Todo @published\n  b: TodoConnection @published\n  c: Int @published\n  d: TodoChange @published\n  e: Query @published\n}`,
    problems: [
      '3:6 subscription a is @published; expected it to return an object type that no table holds, got Todo, whose source is @aws_subscribe',
      '4:6 subscription b is @published; expected it to return an object type that no table holds, got TodoConnection',
      '5:6 subscription c is @published; expected it to return an object type that no table holds, got Int',
      '6:6 subscription d is @published; expected it to return an object type that no table holds, got TodoChange',
      '7:6 subscription e is @published; expected it to return an object type that no table holds, got Query',
    ],
  },
  {
    name: 'published types that cannot be null, and lists of them',
    sdl: `${PAYLOAD}${BASE_TYPE}type Subscription {\n  a: Ping! @published\n  b: [Ping] @published\n}`,
    problems: [
      '4:6 subscription a: expected the nullable type Ping, as an error is sent in its place, got Ping!',
      '5:6 subscription b: expected the nullable type Ping, as an error is sent in its place, got [Ping]',
    ],
  },
  {
    name: 'arguments that no published field can be compared with',
    sdl:
      PAYLOAD +
      subscription('ping(x: ID, others: ID, n: String, filter: TableTodoFilterInput): Ping @published'),
    problems: [
      '1:27 Ping.not: expected a field name other than filter, and, or, not (filters use them); name it differently and keep the stored name with @attribute(name: "not")',
      '4:8 ping(x:): expected a field of Ping (id, n, not, others), got x; @matches(field: "…") names a field that is called differently',
      '4:15 ping(others:): expected a field with a single scalar or enum value to compare with, got Ping.others: [Ping]',
      '4:30 ping(n:): expected a type that fits Ping.n: Int, got String',
      '4:46 ping(filter:): expected the type TablePingFilterInput, got TableTodoFilterInput',
    ],
  },
  {
    name: 'a published type with fields nothing can hold',
    sdl: `union U = Ping\ntype Ping {\n  u: U\n}\n${subscription('ping: Ping @published')}`,
    problems: [
      '3:6 Ping.u: expected a scalar, an enum or an object type stored inside the item, or @resolved, got the union U, which is not stored',
    ],
  },
  {
    name: '@published and @resolved where they have no effect',
    sdl: `${BASE_TYPE}type Query {\n  a: ID @published\n}\ninterface I {\n  a: ID @resolved\n}\ntype Subscription {\n  t: Todo @resolved @aws_subscribe(mutations: ["createTodo"])\n}`,
    problems: [
      '3:9 expected @published on a field of Subscription, got it on a',
      '6:9 expected @resolved on a field of an object type that resolvers or items answer, got it on a',
      '9:11 expected @resolved on a field of an object type that resolvers or items answer, got it on t',
    ],
  },
  {
    name: 'inputs of mutations that are no part of the generated ones',
    sdl: `${BASE_TYPE}input CreateTodoInput {\n  extra: Int\n}\ninput UpdateTodoInput {\n  id: ID!\n  n: String\n}\ntype DeleteTodoInput {\n  id: ID!\n}`,
    problems: [
      '2:7 CreateTodoInput is generated for the type Todo; expected no other type of this name, got one with extra, which the generated one has not',
      '5:7 UpdateTodoInput is generated for the type Todo; expected no other type of this name, got one whose n is String, not Int',
      '9:6 DeleteTodoInput is generated for the type Todo; expected no other type of this name, got one of another kind',
    ],
  },
  {
    name: 'inputs without the key',
    sdl: 'type Todo @table(key: ["id", "n"]) { id: ID! n: Int! }\ninput CreateTodoInput { id: ID! }\ninput UpdateTodoInput { id: ID! }\ninput DeleteTodoInput { n: Int! }',
    problems: [
      '2:7 CreateTodoInput is generated for the type Todo; expected no other type of this name, got one without the key field n, and the server makes keys of type ID alone',
      '3:7 UpdateTodoInput is generated for the type Todo; expected no other type of this name, got one without the key field n',
      '4:7 DeleteTodoInput is generated for the type Todo; expected no other type of this name, got one without the key field id',
    ],
  },
  {
    name: 'nested inputs that are no part of what is stored',
    sdl: 'type A @table { id: ID! p: Place }\ntype B @table { id: ID! q: Place qs: [Place] }\ntype Place { x: Int }\ninput CreateAInput { p: Spot }\ninput Spot { y: Int }\ninput PlaceInput { x: [Int] }\ninput CreateBInput { q: [PlaceInput] }',
    problems: [
      '4:7 CreateAInput is generated for the type A; expected no other type of this name, got one whose p is of the type Spot, one with y, which the generated one has not',
      '6:7 PlaceInput is generated for the type Place; expected no other type of this name, got one whose x is [Int], not Int',
      '7:7 CreateBInput is generated for the type B; expected no other type of this name, got one whose q is [PlaceInput], not PlaceInput',
    ],
  },
  {
    name: 'a page with a field that nothing answers',
    sdl: `${BASE_TYPE}type TodoConnection {\n  items: [Todo!]\n  total: Int\n}`,
    problems: [
      '2:6 TodoConnection is generated for the type Todo; expected no other type of this name, got one with total, which the generated one has not',
    ],
  },
  {
    name: 'two types that generate one input',
    sdl: `${BASE_TYPE}type CreateTodo { x: Int }\ntype Other @table { id: ID! made: CreateTodo }`,
    problems: [
      '2:6 expected CreateTodoInput to be generated once, got it for the type Todo and for the type CreateTodo; rename one of them',
    ],
  },
];

describe('a schema file whose operations cannot be told', () => {
  test.each(CASES)('is refused for $name', ({ sdl, problems }) => {
    expect(problemsOf(sdl)).toEqual(problems);
  });
});
