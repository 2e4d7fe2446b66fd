import { expect, test } from '@jest/globals';
import { createProgram } from '../../../src/cli/program.ts';
import { sink } from '../../integration/import-sink.ts';

/** What the command line prints for these arguments, which ask for help or are wrong. */
async function printed(...args: readonly string[]): Promise<{ out: string; err: string }> {
  const [out, err] = [sink(), sink()];
  const program = createProgram({ folder: '.', out, err, signal: new AbortController().signal });
  await expect(program.parseAsync([...args], { from: 'user' })).rejects.toMatchObject({
    name: 'CommanderError',
  });
  return { out: out.text(), err: err.text() };
}

test('the help says what each command is for, and where to start', async () => {
  const { out } = await printed('--help');
  for (const command of ['start', 'seed', 'import', 'schema', 'types']) {
    expect(out).toMatch(new RegExp(`^ {2}${command} .*[a-z]`, 'm'));
  }
  expect(out).toContain('Start here:\n  tablecast import Todos --out schema.graphql');
});

test('the help of import names its options, the permissions it needs and an example', async () => {
  const { out } = await printed('import', '--help');
  for (const option of ['--sample', '--type', '--out', '--endpoint', '--region'])
    expect(out).toContain(option);
  expect(out).toContain('(default: 1000)');
  expect(out).toContain('dynamodb:DescribeTable and dynamodb:Scan');
  expect(out).toContain('tablecast import Todos --sample 500 --out schema.graphql');
});

test('the help of types names the packages to install', async () => {
  const { out } = await printed('types', '--help');
  expect(out).toContain(
    'npm install --save-dev @graphql-codegen/typescript @graphql-codegen/typescript-resolvers',
  );
});

test('a table that was left out is asked for on standard error', async () => {
  const { out, err } = await printed('import');
  expect(out).toBe('');
  expect(err).toContain("missing required argument 'table'");
});
