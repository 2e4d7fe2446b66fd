import { execa } from 'execa';
import { ensureBuilt, MAIN, ROOT } from '../../fixtures/built.ts';
import { connect, type PlainClient } from '../../fixtures/clients.ts';
import { type LocalLoop, type Ready, startLocalLoop } from '../../fixtures/local-loop.ts';

let started: Promise<LocalLoop> | undefined;

/** The local loop of this repository that the tests of this folder share: starting it takes longer than most of them. */
export function oneLoop(): Promise<LocalLoop> {
  started ??= ensureBuilt().then(() => startLocalLoop());
  return started;
}

export async function endLoop(): Promise<void> {
  const loop = await started?.catch(() => undefined);
  await loop?.end('SIGTERM');
}

/** A command as a user runs it, in another terminal. */
export async function tablecast(...args: string[]) {
  const { stdout, stderr, exitCode } = await execa(process.execPath, [MAIN, ...args], {
    cwd: ROOT,
    env: { NODE_OPTIONS: '' },
    stdin: 'ignore',
    reject: false,
    timeout: 60_000,
  });
  return { stdout, stderr, exitCode };
}

/** Subscribes as a person with wscat would, and waits until the subscription is confirmed. */
export async function subscribed({ ws, apiKey }: Ready, query: string): Promise<PlainClient> {
  const client = await connect(`${ws}?x-api-key=${apiKey}`);
  client.send({ type: 'connection_init' });
  client.send({ id: 'mine', type: 'subscribe', payload: { query, extensions: { confirm: true } } });
  await client.next((frame) => frame.payload?.extensions?.['subscribed'] === true);
  return client;
}
