import { BatchWriteCommand, DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchGet } from '../../src/adapters/dynamodb/batch.ts';
import { metaKey, subscriptionKey } from '../../src/adapters/dynamodb/rows.ts';
import { checkStanding } from '../../src/adapters/dynamodb/standing.ts';
import type { SubscribeOutcome } from '../../src/relay/ports.ts';
import type { TableRow } from '../../src/testing/dynamodb-table.ts';
import type { Call, Fate } from './registry-interleavings-calls.ts';
import { isCounted } from './registry-interleavings-rows.ts';
import { type Broken, property } from './registry-interleavings-run.ts';

const withoutCondition = <T extends { ConditionExpression?: string | undefined }>(input: T) => {
  const { ConditionExpression: _condition, ...rest } = input;
  return { ...rest, ExpressionAttributeNames: undefined, ExpressionAttributeValues: undefined };
};

/** The look with what it came to replaced. */
const looking =
  (instead: Partial<Record<SubscribeOutcome, 'active'>>): NonNullable<Broken['check']> =>
  async (...given) => {
    const { standing, versions } = await checkStanding(...given);
    return { standing: instead[standing] ?? standing, versions };
  };

/** Without the deletes of rows that count for an identity. */
function withoutCounted(input: BatchWriteCommand['input']): BatchWriteCommand['input'] {
  const writes = input.RequestItems?.['relay'] ?? [];
  const left = writes.filter(({ DeleteRequest }) => !isCounted(DeleteRequest?.Key ?? {}));
  return { RequestItems: { relay: left.length > 0 ? left : writes } };
}

describe('the interleaving suite can fail: it finds a violation', () => {
  const contended: fc.Arbitrary<Call[]> = fc.array(
    fc.constantFrom<Call>(
      { kind: 'subscribe', id: '1' },
      { kind: 'subscribe then complete', id: '1' },
      { kind: 'complete', id: '1' },
      { kind: 'close' },
    ),
    { minLength: 2, maxLength: 4 },
  );

  const storing: fc.Arbitrary<Call[]> = fc.constantFrom<Call[]>(
    [{ kind: 'store' }, { kind: 'close' }],
    [{ kind: 'store' }, { kind: 'store' }],
  );
  const locking: fc.Arbitrary<Call[]> = fc.constantFrom<Call[]>(
    // The scheduler takes the first request of the first call before it knows of another.
    [{ kind: 'close' }, { kind: 'lock' }],
    [{ kind: 'lock' }, { kind: 'lock then unlock' }],
  );
  const marks = ({ UpdateExpression = '' }: { UpdateExpression?: string | undefined }) =>
    UpdateExpression.includes('#ended');
  const ending = (kind: Fate['kind']) =>
    fc.nat(5).map((at): Call[] => [
      { kind: 'subscribe then complete', id: '1' },
      { kind: 'complete', id: '1', fate: { kind, at } },
    ]);
  const dying = ending('dies');
  const repeating = fc.oneof(
    ending('repeats'),
    fc.nat(2).map((at): Call[] => [
      { kind: 'complete', id: '1' },
      { kind: 'subscribe', id: '1', fate: { kind: 'repeats', at } },
    ]),
  );
  // Ten effects of the subscribe, one of the mark.
  const dyingMarked = fc
    .integer({ min: 11, max: 13 })
    .map((at): Call => ({ kind: 'subscribe then complete', id: '1', fate: { kind: 'dies', at } }));
  const dyingAlone = dyingMarked.map((one) => [one]);
  const dyingTwice = fc
    .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 2, max: 4 }))
    .map(([first, second]): Call[] => [
      { kind: 'subscribe', id: '1' },
      { kind: 'complete', id: '1', fate: { kind: 'dies', at: first } },
      { kind: 'subscribe', id: '1', fate: { kind: 'dies', at: second } },
    ]);
  const ofRow = (input: { Item?: TableRow | undefined; Key?: TableRow | undefined }, sk: string) =>
    (input.Item ?? input.Key)?.['sk'] === sk;
  const keeping = (sk: string) => (command: unknown) =>
    command instanceof DeleteCommand && ofRow(command.input, sk)
      ? new DeleteCommand({ ...command.input, ExpressionAttributeValues: { ':token': 'of nobody' } })
      : command;
  const unconditional = (sk: string) => (command: unknown) =>
    command instanceof PutCommand && ofRow(command.input, sk)
      ? new PutCommand(withoutCondition(command.input))
      : command;

  test.each<[string, Broken, fc.Arbitrary<Call[]>?]>([
    ['when a store written beside a close stays', { rewrite: keeping('CTX') }, storing],
    ['when a store is written whatever its version', { rewrite: unconditional('CTX') }, storing],
    ['when a lock taken beside a close stays', { rewrite: keeping('LOCK') }, locking],
    ['when a lock is taken whoever holds it', { rewrite: unconditional('LOCK') }, locking],
    [
      'when complete removes the SUB row before the rows it names',
      {
        rewrite: (command) =>
          command instanceof UpdateCommand && marks(command.input)
            ? new DeleteCommand({
                TableName: 'relay',
                Key: command.input.Key,
                ConditionExpression: 'attribute_exists(#nonce)',
                ExpressionAttributeNames: { '#nonce': 'nonce' },
                ReturnValues: 'ALL_OLD',
              })
            : command,
      },
      dying,
    ],
    [
      'when a complete leaves alone what another has begun to end',
      {
        rewrite: (command) =>
          command instanceof UpdateCommand && marks(command.input)
            ? new UpdateCommand({
                ...command.input,
                ConditionExpression: `${command.input.ConditionExpression} AND attribute_not_exists(#ended)`,
              })
            : command,
      },
      dying,
    ],
    [
      'when a complete takes its own mark for that of another',
      {
        answer: (command, came) => {
          if (!(command instanceof UpdateCommand && marks(command.input))) return;
          const { Attributes } = Object(came);
          if (Attributes?.ended !== undefined) Attributes.ended = 'of another';
        },
      },
      repeating,
    ],
    [
      'when subscribe takes over an ended id before its rows are gone',
      {
        rewrite: (command) =>
          command instanceof PutCommand && command.input.Item?.['nonce'] !== undefined
            ? new PutCommand({
                ...command.input,
                ConditionExpression: `${command.input.ConditionExpression} OR attribute_exists(#ended)`,
                ExpressionAttributeNames: { ...command.input.ExpressionAttributeNames, '#ended': 'ended' },
              })
            : command,
      },
      dyingTwice,
    ],
    [
      'when subscribe never finishes what is ended',
      {
        answer: (command, came) => {
          if (command instanceof PutCommand && came instanceof Error && 'Item' in came)
            Reflect.deleteProperty(Object(came.Item), 'ended');
        },
      },
      dyingAlone,
    ],
    [
      'when subscribe takes an ended SUB row for its own',
      {
        check: async (table, { connectionId }, { h, nonce }) => {
          const rows = await batchGet(table, [metaKey(connectionId), subscriptionKey(connectionId, h)]);
          const versions = new Map();
          if (rows.some(({ closed }) => closed === true)) return { standing: 'closed', versions };
          const isThere = rows.some((row) => row['nonce'] === nonce);
          return { standing: isThere ? 'active' : 'completed', versions };
        },
      },
    ],
    [
      'when a tombstone that was taken is not known to be ours',
      {
        rewrite: (command) =>
          command instanceof UpdateCommand && command.input.UpdateExpression?.includes('#taken')
            ? new UpdateCommand({
                ...command.input,
                ConditionExpression: '#tombstone = :true AND #expiresAt > :now',
              })
            : command,
      },
      repeating,
    ],
    [
      'when subscribe does not look again after it wrote',
      { check: async () => ({ standing: 'active', versions: new Map() }) },
    ],
    [
      'when subscribe does not look for a mark',
      { check: looking({ revoked: 'active' }) },
      fc.constant<Call[]>([{ kind: 'revoke' }, { kind: 'subscribe', id: '2' }]),
    ],
    [
      'when whoever ends a subscription leaves what counts for its identity',
      {
        rewrite: (command) =>
          command instanceof BatchWriteCommand
            ? new BatchWriteCommand(withoutCounted(command.input))
            : command,
      },
      fc.constant<Call[]>([{ kind: 'subscribe then complete', id: '2' }]),
    ],
    [
      'when close leaves no mark',
      {
        rewrite: (command) =>
          command instanceof UpdateCommand && command.input.UpdateExpression?.includes('#closed')
            ? new UpdateCommand({
                TableName: 'relay',
                Key: command.input.Key,
                UpdateExpression: 'SET #open = :open',
                ExpressionAttributeNames: { '#open': 'open' },
                ExpressionAttributeValues: { ':open': true },
                ReturnValues: 'ALL_OLD',
              })
            : command,
      },
    ],
    [
      'when complete of an id that is not live leaves no tombstone',
      {
        rewrite: (command) =>
          command instanceof PutCommand && command.input.Item?.['tombstone'] === true
            ? new PutCommand({ ...command.input, Item: { ...command.input.Item, expiresAt: 0 } })
            : command,
      },
    ],
    [
      'when subscribe takes an id without looking whether it is free',
      {
        rewrite: (command) =>
          command instanceof PutCommand && command.input.Item?.['nonce'] !== undefined
            ? new PutCommand(withoutCondition(command.input))
            : command,
      },
    ],
    [
      'when subscribe withdraws a SUB row that is not its own',
      {
        rewrite: (command) =>
          command instanceof DeleteCommand && command.input.ConditionExpression === '#nonce = :nonce'
            ? new DeleteCommand(withoutCondition(command.input))
            : command,
      },
    ],
  ])(
    '%s',
    async (_, broken, calls = contended) => {
      const result = await fc.check(property(calls, broken), {
        numRuns: 2_000,
        seed: 1,
        endOnFailure: true,
      });
      expect(result.failed).toBe(true);
      expect(String(result.errorInstance)).toMatch(/expect\(/);
    },
    120_000,
  );
});
