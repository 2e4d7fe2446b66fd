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
  const lines = screen({ info, sdl, schemaTables: ['Todos'], auth: true }).split('\n');
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

test('the line for curl posts a query of the schema with the key, also through a shell', () => {
  const query = 'query { listTodos(filter: { title: { eq: "it\'s" } }) { items { id } } }';
  expect(curlLine(info, query)).toBe(
    "curl http://localhost:3000/graphql -H 'x-api-key: local-dev-key' -H 'content-type: application/json' " +
      `-d '{"query":"query{listTodos(filter:{title:{eq:\\"it'\\''s\\"}}){items{id}}}"}'`,
  );
  const printed = screen({ info, sdl, schemaTables: ['Todos'], auth: true });
  expect(printed).toContain(curlLine(info, 'query First{__typename}'));
});

test("the line for Node survives a shell, also with a ' in the item", () => {
  const item = { id: { S: "it's" } };
  const line = nodeLine(info, { table: 'Todos', item });
  expect(line).toMatch(/^node --input-type=module -e '/);
  expect(line).toContain("it'\\''s");
  expect(line).not.toContain('$source');
});
