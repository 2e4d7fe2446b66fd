import { describe, test } from '@jest/globals';
import fc from 'fast-check';
import { type Call, call, fated } from './registry-interleavings-calls.ts';
import { property } from './registry-interleavings-run.ts';

describe('registry interleavings', () => {
  test('R5, R6, R7: whatever order the requests of subscribe, complete, close and init fall in, no orphan, and active means active', async () => {
    await fc.assert(property(fc.array(call, { minLength: 2, maxLength: 5 })), { numRuns: 160 });
  }, 120_000);

  test('R5, R6, R7: whoever dies at any step, or hears no answer, leaves what the next can finish, and close clears it', async () => {
    await fc.assert(property(fc.array(fated(call), { minLength: 2, maxLength: 4 })), { numRuns: 250 });
  }, 120_000);

  test.each<[string, Call[]]>([
    [
      'subscribe and complete of one id',
      [
        { kind: 'subscribe', id: '1' },
        { kind: 'complete', id: '1' },
      ],
    ],
    ['subscribe and close', [{ kind: 'subscribe', id: '1' }, { kind: 'close' }]],
    [
      'two subscribes of one id',
      [
        { kind: 'subscribe', id: '1' },
        { kind: 'subscribe', id: '1' },
      ],
    ],
    [
      'an id reused at once, and close',
      [{ kind: 'subscribe then complete', id: '1' }, { kind: 'subscribe', id: '1' }, { kind: 'close' }],
    ],
    ['subscribe and revoke', [{ kind: 'subscribe', id: '2' }, { kind: 'revoke' }]],
    [
      'an id reused at once, and revoke',
      [{ kind: 'subscribe then complete', id: '2' }, { kind: 'subscribe', id: '2' }, { kind: 'revoke' }],
    ],
    ['init with an identity, and close', [{ kind: 'initialise' }, { kind: 'close' }]],
    ['speaking, and close', [{ kind: 'speak' }, { kind: 'initialise' }, { kind: 'close' }]],
    ['two that store, and close', [{ kind: 'store' }, { kind: 'store' }, { kind: 'close' }]],
    ['a lock, and close', [{ kind: 'close' }, { kind: 'lock' }]],
    [
      'a lock handed on, and close',
      [{ kind: 'close' }, { kind: 'lock then unlock' }, { kind: 'lock then unlock' }, { kind: 'lock' }],
    ],
    ['three that want the lock', [{ kind: 'lock then unlock' }, { kind: 'lock' }, { kind: 'lock' }]],
    ['three that store', [{ kind: 'store' }, { kind: 'store' }, { kind: 'store' }]],
  ])(
    'R5, R6, R7: %s',
    async (_, calls) => {
      const numRuns = calls.some(({ kind }) => kind === 'revoke') ? 40 : 100;
      await fc.assert(property(fc.constant(calls)), { numRuns });
    },
    60_000,
  );
});
