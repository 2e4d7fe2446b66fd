import { describe, expect, test } from '@jest/globals';
import { BASE_TYPE, type ProblemCase, problemsOf } from './problem-cases.ts';

const CASES: readonly ProblemCase[] = [
  {
    name: '@attribute without a name',
    sdl: 'type Todo @table { id: ID! @attribute }',
    problems: [
      '1:28 Directive "@attribute" argument "name" of type "String!" is required, but it was not provided.',
    ],
  },
  {
    name: '@attribute with an empty name',
    sdl: 'type Todo @table {\n id: ID! @attribute(name: "") }',
    problems: ['2:10 expected an attribute name of 1 to 65535 bytes, got 0 bytes'],
  },
  {
    name: 'two fields that read one attribute',
    sdl: 'type Todo @table {\n  id: ID!\n  a: String\n  b: String @attribute(name: "a")\n}',
    problems: ['4:3 expected each field of Todo to have an attribute of its own, got "a" for both a and b'],
  },
  {
    name: 'fields called filter, and, or, not: @attribute is the cure',
    sdl: 'type Todo @table {\n  id: ID!\n  filter: String\n  and: Int @attribute(name: "x")\n  or: Boolean\n  not: [ID]\n}',
    problems: [
      '3:3 Todo.filter: expected a field name other than filter, and, or, not (filters use them); name it differently and keep the stored name with @attribute(name: "filter")',
      '4:3 Todo.and: expected a field name other than filter, and, or, not (filters use them); name it differently and keep the stored name with @attribute(name: "x")',
      '5:3 Todo.or: expected a field name other than filter, and, or, not (filters use them); name it differently and keep the stored name with @attribute(name: "or")',
      '6:3 Todo.not: expected a field name other than filter, and, or, not (filters use them); name it differently and keep the stored name with @attribute(name: "not")',
    ],
  },
  {
    name: 'no field that can be a key',
    sdl: 'type Todo @table {\n  id: ID\n  tags: [ID!]!\n  ok: Boolean!\n}',
    problems: [
      '1:6 Todo: expected a non-null text or number field to be the key, such as id: ID!, got none; or name the key fields by @table(key: ["…"])',
    ],
  },
  {
    name: 'a key field that is not there',
    sdl: 'type Todo\n@table(key: ["idd"]) { id: ID! }',
    problems: ['2:8 expected @table(key:) to name fields of Todo (id), got idd'],
  },
  {
    name: 'a key field that can be null',
    sdl: 'type Todo @table(key: ["id", "s"]) {\n  id: ID!\n  s: String }',
    problems: ['3:6 expected the key field Todo.s to be a non-null text or number, got String'],
  },
  {
    name: 'key fields that are a list or a Boolean',
    sdl: 'type Todo @table(key: ["a", "b"]) {\n  a: [ID!]!\n  b: Boolean!\n  c: AWSJSON! }',
    problems: [
      '2:6 expected the key field Todo.a to be a non-null text or number, got [ID!]!',
      '3:6 expected the key field Todo.b to be a non-null text or number, got Boolean!',
    ],
  },
  {
    name: 'three key fields',
    sdl: 'type Todo @table(key: ["a", "b", "c"]) {\n  a: ID!\n  b: ID!\n  c: ID! }',
    problems: ['1:18 expected @table(key:) to name a partition key and at most one sort key, got a, b, c'],
  },
  {
    name: 'an empty list of key fields',
    sdl: 'type Todo @table(key: []) { a: ID! }',
    problems: ['1:18 expected @table(key:) to name a partition key and at most one sort key, got none'],
  },
  {
    name: 'one key field twice',
    sdl: 'type Todo @table(key: ["a", "a"]) { a: ID! }',
    problems: ['1:18 expected @table(key:) to name a partition key and at most one sort key, got a, a'],
  },
  {
    name: 'a table name DynamoDB would refuse',
    sdl: 'type Todo @table(name: "to do") { a: ID! }',
    problems: ['1:11 expected a table name of 1 to 255 letters, digits, "_", "-" and ".", got "to do"'],
  },
  {
    name: '@table on a root type',
    sdl: 'type Query @table {\n a: ID! }',
    problems: ['1:12 expected @table on a type of items, got it on the root type Query'],
  },
  {
    name: 'fields of interface and union types',
    sdl: 'interface Node { id: ID! }\nunion Any = Todo | Other\ntype Other { x: ID }\ntype Todo @table {\n  id: ID!\n  node: Node\n  any: [Any!]\n}',
    problems: [
      '6:9 Todo.node: expected a scalar, an enum or an object type stored inside the item, or @resolved, got the interface Node, which is not stored',
      '7:8 Todo.any: expected a scalar, an enum or an object type stored inside the item, or @resolved, got the union Any, which is not stored',
    ],
  },
  {
    name: 'fields of root types and of generated types',
    sdl: 'type Query { a: ID }\ntype Todo @table {\n  id: ID!\n  q: Query\n c: TodoChange\n}',
    problems: [
      '4:6 Todo.q: expected a scalar, an enum or an object type stored inside the item, or @resolved, got Query, a root type',
      '5:5 Todo.c: expected a scalar, an enum or an object type stored inside the item, or @resolved, got TodoChange, a type that Tablecast adds',
    ],
  },
  {
    name: '@attribute on a field that a resolver answers',
    sdl: 'type Todo @table {\n  id: ID!\n  a: String @resolved @attribute(name: "b")\n  c(x: ID): String @attribute(name: "d")\n  e: Todo @attribute(name: "f")\n}',
    problems: [
      '3:23 Todo.a is answered by a resolver; expected no @attribute on it, got @attribute(name: "b")',
      '4:20 Todo.c is answered by a resolver; expected no @attribute on it, got @attribute(name: "d")',
      '5:11 Todo.e is answered by a resolver; expected no @attribute on it, got @attribute(name: "f")',
    ],
  },
  {
    name: 'a key that a resolver answers',
    sdl: 'type Todo @table(key: ["a"]) {\n  id: ID!\n  a: ID! @resolved\n}',
    problems: ['1:18 expected @table(key:) to name fields of Todo (id), got a'],
  },
  {
    name: 'objects that must hold another of their own type',
    sdl: 'type Todo @table {\n  id: ID!\n  a: A!\n}\ntype A {\n  b: B!\n  more: [A!]!\n}\ntype B {\n  a: A!\n  c: B\n}',
    problems: [
      '6:6 A.b: expected a type that can be null or empty, as it leads back to A, got B!',
      '10:6 B.a: expected a type that can be null or empty, as it leads back to B, got A!',
    ],
  },
  {
    name: 'a field of an input type',
    sdl: 'input I { a: ID }\ntype Todo @table {\n  id: ID!\n  x: I\n}',
    problems: ['4:6 The type of Todo.x must be Output Type but got: I.'],
  },
  {
    name: 'where with both equals and beginsWith',
    sdl: 'type Todo\n @table(where: {attribute: "a", equals: "x", beginsWith: "y"}) { id: ID! }',
    problems: [
      '2:9 expected @table(where:) to name an attribute and either equals or a beginsWith that is not empty, got attribute "a", equals "x", beginsWith "y"',
    ],
  },
  {
    name: 'where with neither equals nor beginsWith',
    sdl: 'type Todo @table(where: {attribute: "a"}) { id: ID! }',
    problems: [
      '1:18 expected @table(where:) to name an attribute and either equals or a beginsWith that is not empty, got attribute "a", equals none, beginsWith none',
    ],
  },
  {
    name: 'where that begins with nothing',
    sdl: 'type Todo @table(where: {attribute: "a", beginsWith: ""}) { id: ID! }',
    problems: [
      '1:18 expected @table(where:) to name an attribute and either equals or a beginsWith that is not empty, got attribute "a", equals none, beginsWith ""',
    ],
  },
  {
    name: 'where that is no condition',
    sdl: 'type Todo @table(where: {attribute: 3}) { id: ID! }',
    problems: [
      '1:25 expected @table(name: "…", key: ["…"], where: {attribute: "…", equals: "…" or beginsWith: "…"}, writer: "…"), each optional: Argument "where" has invalid value {attribute: 3}.',
    ],
  },
  {
    name: 'where on an attribute that is a number',
    sdl: 'type Todo @table(where: {attribute: "n", equals: "x"}) { id: ID!  n: Int }',
    problems: [
      '1:11 expected @table(where:) of Todo to name a text attribute, got n, which the field n reads as Int',
    ],
  },
  {
    name: 'types that share a table without where',
    sdl: 'type A @table(name: "T") { id: ID! }\ntype B @table(name: "T") { id: ID! }\ntype C\n  @table(name: "T", where: {attribute: "k", equals: "c"}) { id: ID! }',
    problems: [
      '1:8 A shares the table T with B, C; expected @table(where: {attribute: "…", equals: "…"}) or beginsWith to tell its items apart, got no where',
      '2:8 B shares the table T with A, C; expected @table(where: {attribute: "…", equals: "…"}) or beginsWith to tell its items apart, got no where',
    ],
  },
  {
    name: 'types that share a table and are the same items',
    sdl: 'type A @table(name: "T", where: {attribute: "k", equals: "x"}) { id: ID! }\ntype B @table(name: "T", where: {attribute: "k", equals: "x"}) { id: ID! }',
    problems: [
      '2:8 expected A and B to have no item of table T in common, got where k equals "x" and where k equals "x"',
    ],
  },
  {
    name: 'types that share a table and look at two attributes',
    sdl: 'type A @table(name: "T", where: {attribute: "k", equals: "x"}) { id: ID! }\ntype B @table(name: "T", where: {attribute: "l", equals: "y"}) { id: ID! }',
    problems: [
      '2:8 expected A and B to have no item of table T in common, got where k equals "x" and where l equals "y"',
    ],
  },
  {
    name: 'types that share a table, one beginning with another',
    sdl: 'type A @table(name: "T", where: {attribute: "k", equals: "USER#1"}) { id: ID! }\ntype B @table(name: "T", where: {attribute: "k", beginsWith: "USER#"}) { id: ID! }\ntype C @table(name: "T", where: {attribute: "k", beginsWith: "US"}) { id: ID! }',
    problems: [
      '2:8 expected A and B to have no item of table T in common, got where k equals "USER#1" and where k begins with "USER#"',
      '3:8 expected A and C to have no item of table T in common, got where k equals "USER#1" and where k begins with "US"',
      '3:8 expected B and C to have no item of table T in common, got where k begins with "USER#" and where k begins with "US"',
    ],
  },
  {
    name: 'types that share a table with two keys',
    sdl: 'type A @table(name: "T", where: {attribute: "k", equals: "x"}) { id: ID! }\ntype B @table(name: "T", where: {attribute: "k", equals: "y"}) { pk: ID! }',
    problems: ['2:8 expected B to have the key of A, whose table it shares: id, got pk'],
  },
  {
    name: 'a filter input of the user with a field too many',
    sdl: `${BASE_TYPE}input TableTodoFilterInput {\n  id: TableIDFilterInput\n  extra: String\n}`,
    problems: [
      '2:7 TableTodoFilterInput is generated for the type Todo; expected no other type of this name, got one with extra, which the generated one has not',
    ],
  },
  {
    name: 'another kind of type by a generated name',
    sdl: `${BASE_TYPE}enum TodoChange { A }`,
    problems: [
      '2:6 TodoChange is generated for the type Todo; expected no other type of this name, got one of another kind',
    ],
  },
  {
    name: 'a generated type with a field of another type',
    sdl: `${BASE_TYPE}type TodoChange { kind: ChangeKind }`,
    problems: [
      '2:6 TodoChange is generated for the type Todo; expected no other type of this name, got one whose kind is ChangeKind, not ChangeKind!',
    ],
  },
  {
    name: 'a generated enum with a value too many',
    sdl: `${BASE_TYPE}enum ChangeKind { ENTER UPDATE LEAVE GONE }`,
    problems: [
      '2:6 ChangeKind is generated for the subscriptions to changes; expected no other type of this name, got one with GONE, which the generated one has not',
    ],
  },
  {
    name: 'a table type by the name of a generated type',
    sdl: `${BASE_TYPE}type TodoChange @table { eventId: ID! }`,
    problems: [
      '2:6 TodoChange is generated for the type Todo; expected no other type of this name, got one marked @table',
    ],
  },
  {
    name: 'the input of @table with a field of another type',
    sdl: `${BASE_TYPE}input TableWhere { attribute: String! equals: Int }`,
    problems: [
      '2:7 TableWhere is generated for the directive @table; expected no other type of this name, got one whose equals is Int, not String',
    ],
  },
  {
    name: 'two types that generate one name',
    sdl: `${BASE_TYPE}enum StringList { A }\ntype X @table { id: ID! s: StringList }`,
    problems: [
      '2:6 expected TableStringListFilterInput to be generated once, got it for fields of type [String] and for fields of type StringList; rename one of them',
    ],
  },
];

describe('a schema file whose tables cannot be told', () => {
  test.each(CASES)('is refused for $name', ({ sdl, problems }) => {
    expect(problemsOf(sdl)).toEqual(problems);
  });
});
