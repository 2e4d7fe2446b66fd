import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { choosePort } from '../../../src/cli/ports.ts';

test('a taken port is an error when it was asked for, and gives way to a free one when it was not', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    const taken = typeof address === 'object' && address ? address.port : 0;
    await expect(choosePort({ option: '--ws-port', asked: taken })).rejects.toThrow(
      `--ws-port ${taken}: expected a free port`,
    );
    const other = await choosePort({ option: '--ws-port', preferred: taken });
    expect(other).not.toBe(taken);
    expect(other).toBeGreaterThan(0);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A port nobody uses; not by get-port, which keeps what it gave from being given again for a while. */
async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

test.each([
  ['preferred', process.ppid, 'gives way to a free one'],
  ['preferred', 999_999_999, 'is taken: that process no longer runs'],
  ['asked', process.ppid, 'is taken: listening will show whether it can be had'],
] as const)(
  'a port %s that process %d has chosen, though nothing listens there yet, %s',
  async (wish, holder, outcome) => {
    const port = await unusedPort();
    const file = join(tmpdir(), `tablecast-port-${port}.pid`);
    writeFileSync(file, `${holder}\n`);
    try {
      const chosen = await choosePort({ option: '--ws-port', [wish]: port });
      expect(chosen === port).toBe(outcome.startsWith('is taken'));
    } finally {
      rmSync(file, { force: true });
    }
  },
);
