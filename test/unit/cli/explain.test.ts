import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { createProgram } from '../../../src/cli/program.ts';

const SCHEMA = `
type Todo @table(name: "Todos", writer: "by") {
  id: ID!  title: String!  memo: String  priority: Int  by: String @attribute(name: "written_by")
}
type Alert { text: String }
type Subscription { onAlert: Alert @published }
`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tablecast-explain-'));
  write('schema.graphql', SCHEMA);
  write('old.json', { id: 'a', title: 'Buy milk', priority: 1 });
  write('new.json', { Item: { id: { S: 'a' }, title: { S: 'Buy milk' }, priority: { N: '7' } } });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: unknown): void {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}

/** Runs the command as the shell would; what it printed, and the message it failed with. */
async function run(...args: string[]): Promise<{ out: string; failed?: string }> {
  let out = '';
  const stream = new Writable({
    write(chunk, _, done) {
      out += String(chunk);
      done();
    },
  });
  const program = createProgram({ folder, out: stream, err: stream, signal: new AbortController().signal });
  try {
    const schema = args.some((arg) => arg === '--query') ? ['--schema', join(folder, 'schema.graphql')] : [];
    await program.parseAsync(['node', 'tablecast', 'explain', ...args, ...schema]);
    return { out };
  } catch (error) {
    return { out, failed: error instanceof Error ? error.message : String(error) };
  }
}

const change = ['--old', 'old.json', '--new', 'new.json'];

describe('a change given as two images', () => {
  test('that is delivered: why, by which key, and the payload', async () => {
    const query = 'subscription { onChangeTodo(filter: {priority: {gt: 5}}) { kind item { title } } }';
    const { out, failed } = await run(...change, '--query', query);
    expect(failed).toBeUndefined();
    expect(out).toMatch(
      /^Delivered as ENTER: the filter holds for the new image, and did not hold before\.$/m,
    );
    expect(out).toMatch(
      /^ {2}new image: the filter holds\n {4}holds: priority gt "5" {3}stored: \{"N":"7"\}$/m,
    );
    expect(out).toMatch(
      /^ {2}old image: the filter fails\n {4}fails: priority gt "5" {3}stored: \{"N":"1"\}$/m,
    );
    expect(out).toMatch(/filter key of every subscription: found by the new and the old image/);
    expect(out).toMatch(/payload \(\d+ bytes with its frame\): \{"data":\{"onChangeTodo":\{"kind":"ENTER"/);
  });

  test('that is not: the condition that failed, with what was asked and what is stored', async () => {
    const { out } = await run(
      '--new',
      'new.json',
      '--query',
      'subscription { onCreateTodo(title: "Bread") { id } }',
    );
    expect(out).toMatch(
      /^Not delivered: no filter key leads to it; its filter fails on the new image: title eq\.$/m,
    );
    expect(out).toContain('fails: title eq "Bread"   stored: {"S":"Buy milk"}');
    expect(out).toContain('filter key of title: no image leads to it');
    expect(out).not.toContain('payload');
  });

  test('as JSON, with variables and query from files', async () => {
    write('query.graphql', 'subscription S($p: Int) { onUpdateTodo(priority: $p) { id } }');
    write('variables.json', { p: 7 });
    const args = ['--query', '@query.graphql', '--variables', '@variables.json', '--json'];
    expect(JSON.parse((await run(...change, ...args)).out)).toMatchObject({
      field: 'onUpdateTodo',
      reason: 'delivered',
      payload: { payload: { data: { onUpdateTodo: { id: 'a' } } } },
    });
    const other = await run(...change, '--query', '@query.graphql', '--variables', '{"p": 8}', '--json');
    expect(JSON.parse(other.out)).toMatchObject({ reason: 'filter', owed: false });
  });

  test('that the subscriber made itself', async () => {
    write('mine.json', { id: 'a', title: 'x', written_by: 'u1' });
    const args = ['--new', 'mine.json', '--query', 'subscription { onCreateTodo { id } }', '--json'];
    expect(JSON.parse((await run(...args, '--skip-own', 'u1')).out)).toMatchObject({ reason: 'own' });
    expect(JSON.parse((await run(...args, '--skip-own', 'u2')).out)).toMatchObject({ reason: 'delivered' });
  });

  test('of a deleted item, from plain JSON with nested values', async () => {
    write('nested.json', { id: 'a', title: 'x', more: [1, { a: null, b: true }], __proto__x: 1.5 });
    const query = 'subscription { onDeleteTodo { id } }';
    expect(JSON.parse((await run('--old', 'nested.json', '--query', query, '--json')).out)).toMatchObject({
      reason: 'delivered',
    });
  });
});

describe('what cannot be read is told by its place', () => {
  const query = ['--query', 'subscription { onCreateTodo { id } }'];

  test.each<[string, string[], RegExp]>([
    ['no images', query, /expected --old, --new or both, got neither/],
    ['no mode', [], /expected --query with --old or --new, or --last, or --event, got none/],
    ['two modes', [...query, '--last', '3'], /expected one of --last, --event, and --query/],
    ['two modes of the loop', ['--last', '--event', 'x'], /got several of them/],
    [
      'a missing file',
      ['--new', 'gone.json', ...query],
      /^gone\.json: expected a file that can be read, got ENOENT$/,
    ],
    ['no JSON', ['--new', 'bad.json', ...query], /^bad\.json:1:8 expected JSON/],
    [
      'no object',
      ['--new', 'list.json', ...query],
      /^list\.json: expected an item, a JSON object, got array$/,
    ],
    [
      'a bad number',
      ['--new', 'number.json', ...query],
      /^number\.json: attribute "n": expected N to be the text of a number/,
    ],
    [
      'a number JSON has cut',
      ['--new', 'long.json', ...query],
      /^long\.json: n: expected a number of at most 15 digits/,
    ],
    [
      'variables that are none',
      [...change, ...query, '--variables', '[1]'],
      /^--variables: expected a JSON object/,
    ],
    [
      'a field that is not there',
      [...change, '--query', 'subscription { onTodo { id } }'],
      /refused: Cannot query field "onTodo"/,
    ],
    [
      'a filter that is refused',
      [...change, '--query', 'subscription { onCreateTodo(filter: {id: {between: ["b", "a"]}}) { id } }'],
      /refused: filter\.id\.between: /,
    ],
    [
      'a field that code feeds',
      [...change, '--query', 'subscription { onAlert { text } }'],
      /got onAlert, which code feeds by publish\(\)/,
    ],
    ['a number of records', ['--last', '1001'], /expected a number of records from 1 to 1000/],
    ['a URL', ['--last', '--url', 'localhost'], /expected a URL such as/],
  ])('%s', async (_, args, message) => {
    write('bad.json', '{"id": "a');
    write('list.json', [1]);
    write('number.json', { id: { S: 'a' }, n: { N: 'high' } });
    write('long.json', '{"id": "a", "n": 12345678901234567890}');
    expect((await run(...args)).failed).toMatch(message);
  });
});

describe('a local loop that cannot be asked', () => {
  test('is not running', async () => {
    const url = `http://127.0.0.1:${await getPort()}`;
    expect((await run('--last', '--url', url)).failed).toBe(
      `expected a running "tablecast start" at ${url}, got ECONNREFUSED; start it, or name its page by --url`,
    );
  });

  test('is something else, which is said instead of shown', async () => {
    const other = createServer((_, response) => response.end('<html>hello</html>'));
    const port = await getPort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const { out, failed } = await run('--event', 'e', '--url', `http://127.0.0.1:${port}`);
    other.close();
    other.closeAllConnections();
    expect(failed).toMatch(
      /^expected the page of "tablecast start" at http.*, got HTTP 200 of something else/,
    );
    expect(out).toBe('');
  });
});
