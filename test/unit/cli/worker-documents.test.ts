import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { healthReport, startHealthServer } from '../../../src/cli/worker-health.ts';
import { WORKER_VARIABLES, workerHelp } from '../../../src/cli/worker-help.ts';
import { RELAY_ACTIONS } from '../../../src/deploy/roles.ts';

/** What is written about the worker, held against what it is. */

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const PAGE = read('docs/worker.md');

describe('the variables', () => {
  const variables = WORKER_VARIABLES.flatMap(([, group]) => group);

  test('the help lists each with its default, in groups', () => {
    for (const [name, , byDefault] of variables) {
      expect(workerHelp()).toMatch(new RegExp(`^ {2}${name} .*\\(default: .*\\)$`, 'm'));
      expect(workerHelp()).toContain(`(default: ${byDefault})`);
    }
    for (const [group] of WORKER_VARIABLES) expect(workerHelp()).toContain(`\n${group}:\n`);
  });

  test('those of the worker in the help are those that are read', () => {
    const named = variables.map(([name]) => name).filter((name) => name.startsWith('TABLECAST_WORKER_'));
    const inCode = read('src/worker-config.ts').matchAll(
      /'(TABLECAST_WORKER_\w+)'|\['(TABLECAST_WORKER_\w+)'\]/g,
    );
    const readByCode = new Set([...inCode].map(([, one, other]) => one ?? other));
    expect(new Set(named)).toEqual(readByCode);
  });

  test('the page has the same rows as the help', () => {
    const rows = [...PAGE.matchAll(/^\| `([A-Z_]+)` \| (.*) \| (.*) \|$/gm)];
    const plain = (text: string | undefined) => text?.replaceAll('`', '');
    expect(rows.map(([, ...cells]) => cells.map(plain))).toEqual(variables.map((each) => [...each]));
  });
});

test('the policy on the page allows on the relay table what the function stream may, and to describe it', () => {
  const [, json = ''] = /```json\n(\{\s+"Version"[\s\S]*?)```/.exec(PAGE) ?? [];
  const { Statement } = JSON.parse(json);
  const actionsOf = (sid: string) => Statement.find((each: { Sid: string }) => each.Sid === sid)?.Action;
  expect(actionsOf('RelayTable')).toEqual(
    [...RELAY_ACTIONS.stream, 'DescribeTable'].sort().map((action) => `dynamodb:${action}`),
  );
  const inCode = read('src/adapters/dynamodb-streams/api.ts').matchAll(/new (\w+)Command\(/g);
  expect(actionsOf('ReadStreams')).toEqual([...inCode].map(([, name]) => `dynamodb:${name}`).sort());
});

describe.each([
  ['Dockerfile', read('Dockerfile')],
  ['the Dockerfile on the page', /```dockerfile\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? ''],
])('%s', (_, dockerfile) => {
  const servers: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const command = (instruction: string): readonly string[] => {
    const [, json = '[]'] = new RegExp(`${instruction}CMD (\\[.*\\])$`, 'm').exec(dockerfile) ?? [];
    return JSON.parse(json);
  };

  /** Exit code of the health check in a container whose worker answers so; undefined: not at all. */
  async function checked(state: 'running' | 'stopping' | undefined): Promise<number | undefined> {
    const report = () => healthReport('w1', state ?? 'running', []);
    const server = await startHealthServer({ host: '127.0.0.1', port: 0, report });
    servers.push(server);
    if (state === undefined) await server.close();
    const [file = '', ...args] = command('^  ');
    expect(file).toBe('node');
    const env = { TABLECAST_WORKER_PORT: String(server.port) };
    return (await execa(process.execPath, args, { env, reject: false, timeout: 20_000 })).exitCode;
  }

  test('its health check is 0 for a well worker, and 1 for one that is not or does not answer', async () => {
    expect(await checked('running')).toBe(0);
    expect(await checked('stopping')).toBe(1);
    expect(await checked(undefined)).toBe(1);
  });

  test('signals reach the worker, which is nobody special', () => {
    expect(command('^')).toEqual(['node', expect.stringMatching(/dist\/src\/cli\/main\.js$/), 'worker']);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)).toEqual([
      'node:22-slim',
      'node:22-slim',
    ]);
  });
});
