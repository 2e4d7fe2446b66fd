import type { LocalLoop } from '../../fixtures/local-loop.ts';
import { startExample } from '../example-project.ts';

let started: Promise<LocalLoop> | undefined;

/** The local loop of examples/todos that the tests of this folder share. */
export function oneExample(): Promise<LocalLoop> {
  started ??= startExample('todos');
  return started;
}

export async function endExample(): Promise<void> {
  const loop = await started?.catch(() => undefined);
  await loop?.end('SIGTERM');
}
