import { expect, test } from '@jest/globals';
import { curlLine, nodeLine, screen } from '../../../src/cli/screen.ts';

const info = {
  ws: 'ws://localhost:3001',
  http: 'http://localhost:3000',
  graphql: 'http://localhost:3000/graphql',
  dynamodb: 'http://127.0.0.1:8000',
  region: 'us-east-1',
  apiKey: 'local-dev-key',
  tables: ['Todos'],
};

const sdl = `
  type Todo @table(name: "Todos") { id: ID! title: String }
  type TodoChange { kind: String item: Todo }
  type Query { getTodo(id: ID!): Todo }
  type Subscription { onChangeTodo: TodoChange }
  directive @table(name: String) on OBJECT
`;

test('the screen shows where everything is, one line that connects and subscribes, its frames and a line to write', () => {
  const lines = screen({
    info,
    sdl,
    schemaTables: ['Todos'],
    auth: true,
    rules: false,
    command: 'npx tablecast',
    owners: [],
  }).split('\n');
  expect(lines.find((line) => line.startsWith('  npx wscat'))).toMatch(
    /^ {2}npx wscat -c ws:\/\/localhost:3001 -H x-api-key:local-dev-key -w -1 -x '\{"type":"connection_init"\}' -x '.*onChangeTodo.*'$/,
  );
  const frames = lines.filter((line) => line.startsWith('  {')).map((line) => JSON.parse(line));
  expect(frames.map(({ type }) => type)).toEqual(['connection_init', 'subscribe']);
  expect(frames[1].payload.query).toContain('onChangeTodo');
  expect(lines.find((line) => line.includes('aws dynamodb put-item'))).toContain(
    '--endpoint-url http://127.0.0.1:8000',
  );
  for (const url of [info.ws, info.http, info.graphql, info.dynamodb])
    expect(lines.join('\n')).toContain(url);
});

test('where a WebSocket has to name the page it comes from, the line that connects does', () => {
  const origin = 'http://localhost:3000';
  const input = { info, sdl, schemaTables: ['Todos'], auth: true, rules: false, command: 'npx tablecast' };
  expect(screen({ ...input, owners: [], origin })).toContain(
    'npx wscat -c ws://localhost:3001 -H x-api-key:local-dev-key -o http://localhost:3000 -w -1',
  );
});

test('the line for curl posts a query of the schema with the key, also through a shell', () => {
  const query = 'query { listTodos(filter: { title: { eq: "it\'s" } }) { items { id } } }';
  expect(curlLine(info, query)).toBe(
    "curl http://localhost:3000/graphql -H 'x-api-key: local-dev-key' -H 'content-type: application/json' " +
      `-d '{"query":"query{listTodos(filter:{title:{eq:\\"it'\\''s\\"}}){items{id}}}"}'`,
  );
  const printed = screen({
    info,
    sdl,
    schemaTables: ['Todos'],
    auth: true,
    rules: false,
    command: 'npx tablecast',
    owners: [],
  });
  expect(printed).toContain(curlLine(info, 'query First{__typename}'));
});

test('the screen says how to be somebody, and that one has to where the schema has rules', () => {
  const on = (rules: boolean, http = info.http) =>
    screen({
      info: { ...info, http },
      sdl,
      schemaTables: ['Todos'],
      auth: true,
      rules,
      command: 'npx tablecast',
      owners: [],
    });
  expect(on(false)).toContain('npx tablecast token --sub alice   (for "authorization", beside the key)');
  expect(on(true)).toContain('the schema has rules, which may not let the key in');
  expect(on(true, 'http://localhost:4000')).toContain('--sub alice --url http://localhost:4000');
});

test('where the rules do not let the key in, the lines are somebody’s, and so is the item', () => {
  const printed = screen({
    info: { ...info, tokenCommand: 'npx tablecast token --sub alice' },
    sdl,
    schemaTables: ['Todos'],
    auth: true,
    rules: true,
    command: 'npx tablecast',
    owners: [{ table: 'Todos', attribute: 'editors', list: true }],
  });
  const header = '-H "authorization:$(npx tablecast token --sub alice)"';
  expect(printed.split(header)).toHaveLength(3);
  expect(printed).not.toContain('-H x-api-key');
  expect(printed).toContain('"editors":{"L":[{"S":"alice"}]}');
});

test("the line for Node survives a shell, also with a ' in the item", () => {
  const item = { id: { S: "it's" } };
  const line = nodeLine(info, { table: 'Todos', item });
  expect(line).toMatch(/^node --input-type=module -e '/);
  expect(line).toContain("it'\\''s");
  expect(line).not.toContain('$source');
});
