import { describe, expect, test } from '@jest/globals';
import { BASE_TYPE, type ProblemCase, problemsOf } from './problem-cases.ts';

const CASES: readonly ProblemCase[] = [
  {
    name: 'syntax error',
    sdl: 'type Todo @table {\n  id ID!\n}',
    problems: ['2:6 Syntax Error: Expected ":", found Name "ID".'],
  },
  { name: 'no text at all', sdl: '', problems: ['1:1 Syntax Error: Unexpected <EOF>.'] },
  { name: 'only comments', sdl: '# nothing\n', problems: ['2:1 Syntax Error: Unexpected <EOF>.'] },
  {
    name: 'no type marked @table',
    sdl: 'type Todo {\n  id: ID!\n}',
    problems: ['1:1 expected at least one object type marked @table, got none'],
  },
  {
    name: 'operations among the definitions',
    sdl: `${BASE_TYPE}\nquery { a }\nfragment F on Todo { id }`,
    problems: [
      '3:1 expected type definitions, got an operation',
      '4:1 expected type definitions, got a fragment',
    ],
  },
  {
    name: 'a type that is not defined, anywhere',
    sdl: `${BASE_TYPE}type Other {\n  x: Missing\n}`,
    problems: ['3:6 Unknown type "Missing".'],
  },
  {
    name: 'a type that is not defined, in a table type',
    sdl: 'type Todo @table {\n  id: ID!\n  x: Missing\n}',
    problems: ['3:6 Unknown type "Missing".'],
  },
  {
    name: 'a directive that is not defined',
    sdl: 'type Todo @table {\n  id: ID! @secret\n}',
    problems: ['2:11 Unknown directive "@secret".'],
  },
  {
    name: 'an argument @table does not have',
    sdl: 'type Todo\n  @table(nam: "x") { id: ID! }',
    problems: ['2:10 Unknown argument "nam" on directive "@table". Did you mean "name"?'],
  },
  {
    name: 'a table name that is no text',
    sdl: 'type Todo\n  @table(name: 5) { id: ID! }',
    problems: [
      '2:16 expected @table(name: "…", key: ["…"], where: {attribute: "…", equals: "…" or beginsWith: "…"}, writer: "…"), each optional: Argument "name" has invalid value 5.',
    ],
  },
  {
    name: 'key names that are no text',
    sdl: 'type Todo @table(key: [1]) { id: ID! }',
    problems: [
      '1:23 expected @table(name: "…", key: ["…"], where: {attribute: "…", equals: "…" or beginsWith: "…"}, writer: "…"), each optional: Argument "key" has invalid value [1].',
    ],
  },
  {
    name: 'a type defined twice',
    sdl: `${BASE_TYPE}type Todo { x: ID }`,
    problems: ['2:6 There can be only one type named "Todo".'],
  },
  {
    name: 'a field defined twice',
    sdl: 'type Todo @table {\n  id: ID!\n  id: String\n}',
    problems: ['3:3 Field "Todo.id" can only be defined once.'],
  },
  {
    name: '@table twice on one type',
    sdl: 'type Todo @table @table(name: "x") {\n  id: ID!\n}',
    problems: ['1:18 The directive "@table" can only be used once at this location.'],
  },
  {
    name: 'an extension of a type that is not there',
    sdl: `${BASE_TYPE}extend type Tood { x: ID }`,
    problems: ['2:13 Cannot extend type "Tood" because it is not defined. Did you mean "Todo"?'],
  },
  {
    name: 'an extension of another kind of type',
    sdl: `${BASE_TYPE}extend enum Todo { X }`,
    problems: ['2:1 Cannot extend non-enum type "Todo".'],
  },
  {
    name: 'an extension of a scalar',
    sdl: `${BASE_TYPE}extend scalar AWSDate @specifiedBy(url: "x")`,
    problems: ['2:1 expected scalar AWSDate as it is defined, got an extension of it'],
  },
  {
    name: 'two schema definitions',
    sdl: `${BASE_TYPE}schema { query: Query }\nschema { query: Query }\ntype Query { a: ID }`,
    problems: [
      '3:1 Must provide only one schema definition.',
      '3:10 There can be only one query type in schema.',
    ],
  },
  {
    name: 'a scalar that is not known',
    sdl: `${BASE_TYPE}scalar BigInt`,
    problems: [
      '2:8 scalar BigInt is not known; known are ID, String, Int, Float, Boolean, Decimal, AWSJSON, AWSDate, AWSTime, AWSDateTime, AWSTimestamp, AWSEmail, AWSURL, AWSPhone, AWSIPAddress',
    ],
  },
  {
    name: 'types that have the names of scalars',
    sdl: `${BASE_TYPE}type Decimal { x: ID }\nenum String { A }`,
    problems: [
      '2:6 Decimal is the name of a scalar; expected another name for this type',
      '3:6 String is the name of a scalar; expected another name for this type',
    ],
  },
  {
    name: 'Amplify directives',
    sdl: 'type Todo @model @auth(rules: [{allow: public}]) {\n  id: ID! @primaryKey\n}',
    problems: [
      '1:1 expected at least one object type marked @table, got none',
      '1:11 @model is an Amplify directive; expected a schema as AppSync serves it, its types marked with @table',
      '2:11 @primaryKey is an Amplify directive; expected a schema as AppSync serves it, its types marked with @table',
    ],
  },
  {
    name: 'a name reserved by GraphQL',
    sdl: 'type Todo @table {\n  id: ID!\n  __proto__: String\n}',
    problems: ['3:3 Name "__proto__" must not begin with "__", which is reserved by GraphQL introspection.'],
  },
  {
    name: 'root types that are no object types',
    sdl: `${BASE_TYPE}enum Query { A }\ninput Mutation { a: ID }`,
    problems: [
      '2:6 expected Query to be an object type, as it is the root of queries',
      '3:7 expected Mutation to be an object type, as it is the root of mutations',
    ],
  },
  {
    name: 'all at once, in the order of the file',
    sdl: 'type Todo @table(name: "a b") {\n  id: ID @key\n  filter: Missing\n}\ntype Subscription {\n  x: Todo\n}',
    problems: [
      '1:6 Todo: expected a non-null text or number field to be the key, such as id: ID!, got none; or name the key fields by @table(key: ["…"])',
      '1:11 expected a table name of 1 to 255 letters, digits, "_", "-" and ".", got "a b"',
      '2:10 @key is an Amplify directive; expected a schema as AppSync serves it, its types marked with @table',
      '3:11 Unknown type "Missing".',
      '6:3 subscription x has no source: expected @aws_subscribe(mutations: ["createTodo", "updateTodo", "deleteTodo"]) with one or more of them, got none',
    ],
  },
];

describe('a schema file that GraphQL or this release does not take', () => {
  test.each(CASES)('is refused for $name', ({ sdl, problems }) => {
    expect(problemsOf(sdl)).toEqual(problems);
  });
});
