import { createServer } from 'node:net';
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
