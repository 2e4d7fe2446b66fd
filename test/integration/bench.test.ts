import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import { ROOT } from '../fixtures/built.ts';

const bench = (...args: readonly string[]) =>
  execa(process.execPath, [join(ROOT, 'scripts/bench/run.mjs'), '--no-peers', ...args], {
    stdin: 'ignore',
    reject: false,
    timeout: 90_000,
  });

test('the benchmark runs without its peers, and one event is rendered once for each rendering key', async () => {
  const { stdout, stderr, exitCode } = await bench('--case', 'renderings', '--rounds', '1', '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('renderings') });
  const report = JSON.parse(stdout);
  expect(report.targets).toEqual([
    {
      id: 'P6',
      figure: expect.any(String),
      target: '= distinct rendering keys (10)',
      measured: '10',
      peer: expect.stringContaining('GLS not installed'),
      met: true,
      command: 'npm run bench -- --case renderings',
    },
  ]);
  expect(report.cases).toMatchObject([
    { case: 'renderings', rows: [{ label: 'tablecast', figures: { 'renderings an event': 10 } }] },
  ]);
}, 120_000);

test('a case that there is not is refused, with those that there are', async () => {
  const { stderr, exitCode } = await bench('--case', 'nothing');
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/nothing.*delivery/s);
}, 120_000);

test('an interrupted run ends with 130 and prints no result', async () => {
  const child = bench('--case', 'renderings', '--rounds', '1');
  child.stderr?.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('begins')) child.kill('SIGINT');
  });
  const { exitCode, stdout, stderr } = await child;
  expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
  expect(stderr).toContain('stopped');
}, 120_000);
