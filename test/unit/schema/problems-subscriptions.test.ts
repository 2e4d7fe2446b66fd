import { describe, expect, test } from '@jest/globals';
import { BASE_TYPE, type ProblemCase, problemsOf, subscription } from './problem-cases.ts';

const CASES: readonly ProblemCase[] = [
  {
    name: 'a subscription without @aws_subscribe',
    sdl: subscription('created(id: ID): Todo'),
    problems: [
      '3:3 subscription created has no source: expected @aws_subscribe(mutations: ["createTodo", "updateTodo", "deleteTodo"]) with one or more of them, got none',
    ],
  },
  {
    name: 'a mutation that writes no table',
    sdl: subscription('created: Todo @aws_subscribe(mutations: ["createTodo", "sendTodo"])'),
    problems: [
      '3:17 subscription created: expected its mutations to be among createTodo, updateTodo, deleteTodo, the writes of the type it returns, got "sendTodo"',
    ],
  },
  {
    name: 'a mutation of another type than is returned',
    sdl:
      'type User @table { id: ID! }\n' +
      subscription('created: Todo @aws_subscribe(mutations: ["createUser"])'),
    problems: [
      '4:17 subscription created: expected its mutations to be among createTodo, updateTodo, deleteTodo, the writes of the type it returns, got "createUser"',
    ],
  },
  {
    name: 'no mutations',
    sdl: subscription('created: Todo @aws_subscribe(mutations: [])'),
    problems: [
      '3:17 subscription created: expected mutations among createTodo, updateTodo, deleteTodo, got an empty list',
    ],
  },
  {
    name: 'mutations that are no text',
    sdl: subscription('created: Todo @aws_subscribe(mutations: [1])'),
    problems: ['3:43 expected @aws_subscribe(mutations: ["…"]): Argument "mutations" has invalid value [1].'],
  },
  {
    name: '@aws_subscribe without mutations',
    sdl: subscription('created: Todo @aws_subscribe'),
    problems: [
      '3:17 Directive "@aws_subscribe" argument "mutations" of type "[String!]!" is required, but it was not provided.',
    ],
  },
  {
    name: 'a return type that cannot be null',
    sdl: subscription('created: Todo! @aws_subscribe(mutations: ["createTodo"])'),
    problems: [
      '3:12 subscription created: expected the nullable type Todo, as an error is sent in its place, got Todo!',
    ],
  },
  {
    name: 'a list as return type',
    sdl: subscription('created: [Todo] @aws_subscribe(mutations: ["createTodo"])'),
    problems: [
      '3:12 subscription created: expected the nullable type Todo, as an error is sent in its place, got [Todo]',
    ],
  },
  {
    name: 'a return type that is no table',
    sdl: subscription('tick: Int @aws_subscribe(mutations: ["createTodo"])'),
    problems: ['3:9 subscription tick: expected it to return a type marked @table (Todo), got Int'],
  },
  {
    name: 'a return type that is not defined',
    sdl: subscription('tick: Nope @aws_subscribe(mutations: ["createTodo"])'),
    problems: [
      '3:9 subscription tick: expected it to return a type marked @table (Todo), got Nope',
      '3:9 Unknown type "Nope".',
    ],
  },
  {
    name: 'changes without all three writes',
    sdl: subscription('live: TodoChange @aws_subscribe(mutations: ["createTodo", "deleteTodo"])'),
    problems: [
      '3:20 subscription live returns TodoChange; expected all of createTodo, updateTodo, deleteTodo, got createTodo, deleteTodo',
    ],
  },
  {
    name: 'arguments that name no field',
    sdl: subscription(
      'created(name: String, x: ID @matches(field: "idd")): Todo @aws_subscribe(mutations: ["createTodo"])',
    ),
    problems: [
      '3:11 created(name:): expected a field of Todo (id, title, tags, n), got name; @matches(field: "…") names a field that is called differently',
      '3:31 created(x:): expected a field of Todo (id, title, tags, n), got idd',
    ],
  },
  {
    name: 'a list field, and a list argument',
    sdl: subscription('created(tags: String, id: [ID]): Todo @aws_subscribe(mutations: ["createTodo"])'),
    problems: [
      '3:11 created(tags:): expected a field with a single scalar or enum value to compare with, got Todo.tags: [String]',
      '3:29 created(id:): expected a type that fits Todo.id: ID!, got [ID]',
    ],
  },
  {
    name: 'arguments of types that do not fit',
    sdl: subscription(
      'created(id: Int, n: String, title: Boolean): Todo @aws_subscribe(mutations: ["createTodo"])',
    ),
    problems: [
      '3:15 created(id:): expected a type that fits Todo.id: ID!, got Int',
      '3:23 created(n:): expected a type that fits Todo.n: Int, got String',
      '3:38 created(title:): expected a type that fits Todo.title: String!, got Boolean',
    ],
  },
  {
    name: 'an argument with values the field cannot have',
    sdl: subscription('created(n: Float): Todo @aws_subscribe(mutations: ["createTodo"])'),
    problems: ['3:14 created(n:): expected a type that fits Todo.n: Int, got Float'],
  },
  {
    name: 'a filter argument of another type',
    sdl: subscription('created(filter: String): Todo @aws_subscribe(mutations: ["createTodo"])'),
    problems: ['3:19 created(filter:): expected the type TableTodoFilterInput, got String'],
  },
  {
    name: '@matches on the filter',
    sdl: subscription(
      'created(filter: TableTodoFilterInput @matches(field: "id")): Todo @aws_subscribe(mutations: ["createTodo"])',
    ),
    problems: ['3:40 created(filter:): expected no @matches on a filter, got @matches(field: "id")'],
  },
  {
    name: 'a default that does not fit',
    sdl: subscription('created(n: Int = "x"): Todo @aws_subscribe(mutations: ["createTodo"])'),
    problems: ['3:20 expected the default of n to be Int, got "x"'],
  },
  {
    name: 'a Subscription type that is no object type',
    sdl: `${BASE_TYPE}enum Subscription { A }`,
    problems: ['2:6 expected Subscription to be an object type, as it is the root of subscriptions'],
  },
  {
    name: 'directives where they have no effect',
    sdl:
      BASE_TYPE +
      'type Query {\n  a(b: ID @matches(field: "id")): ID @attribute(name: "x")\n  c: ID @aws_subscribe(mutations: ["createTodo"])\n}\ninput I {\n  x: ID @matches(field: "id")\n}',
    problems: [
      '3:11 expected @matches on an argument of a field of Subscription, got it on b',
      '3:38 expected @attribute on a field of a type marked @table, or of one stored inside it, got it on a',
      '4:9 expected @aws_subscribe on a field of Subscription, got it on c',
      '7:9 Directive "@matches" may not be used on INPUT_FIELD_DEFINITION.',
    ],
  },
];

describe('a schema file whose subscriptions have no source', () => {
  test.each(CASES)('is refused for $name', ({ sdl, problems }) => {
    expect(problemsOf(sdl)).toEqual(problems);
  });
});
