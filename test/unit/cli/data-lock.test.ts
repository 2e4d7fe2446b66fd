import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { lockData } from '../../../src/cli/data-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'tablecast-lock-'));
const file = join(folder, 'tablecast.pid');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a folder that a running process holds is refused, and told by which', () => {
  writeFileSync(file, `${process.ppid}\n`);
  expect(() => lockData(folder)).toThrow(`process ${process.ppid} does`);
});

test.each(['999999999', 'nonsense', ''])('a leftover of %j is taken over, and given back', (leftover) => {
  writeFileSync(file, leftover);
  const unlock = lockData(folder);
  expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n`);
  unlock();
  expect(existsSync(file)).toBe(false);
});

test('a folder that cannot be written to is refused in one sentence that names the option', () => {
  const plain = join(folder, 'plain');
  writeFileSync(plain, '');
  for (const place of [plain, join(plain, 'below')]) {
    expect(() => lockData(place)).toThrow(
      expect.objectContaining({
        code: 'LOCAL_STACK',
        message: expect.stringMatching(/^--data .*: expected a folder that can be written to, got E/),
      }),
    );
  }
});
