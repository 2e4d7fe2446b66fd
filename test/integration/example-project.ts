import { join } from 'node:path';
import { execa } from 'execa';
import { ensureBuilt, ROOT } from '../fixtures/built.ts';
import { type LocalLoop, type Ready, startLocalLoop } from '../fixtures/local-loop.ts';

/** The script that runs a project under examples/. */
export const EXAMPLE = join(ROOT, 'scripts/example.mjs');

/** Time for a build and a start on a machine that is busy. */
export const EXAMPLE_HOOK_MS = 240_000;

/** Starts the local loop of an example as its README says, in memory and on ports of its own. */
export async function startExample(name: string): Promise<LocalLoop> {
  await ensureBuilt();
  return startLocalLoop(['--in-memory'], { command: [process.execPath, EXAMPLE, name] });
}

/** The folder of an example that finds Tablecast as built; nothing is started. */
export async function linkedExample(name: string): Promise<string> {
  await ensureBuilt();
  await execa(process.execPath, [EXAMPLE, name, '--help'], { stdin: 'ignore' });
  return join(ROOT, 'examples', name);
}

/** What came of an operation over HTTP. */
export interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string }[];
}

/** Runs a query or a mutation over HTTP. */
export async function ask(ready: Ready, query: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(`${ready.http}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': ready.apiKey },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(30_000),
  });
  return JSON.parse(await response.text());
}
