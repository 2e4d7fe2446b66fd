import { randomBytes } from 'node:crypto';
import type { Clock } from '../../relay/ports.ts';
import type { HeldLease, Leases } from '../dynamodb-streams/leases.ts';
import type { DocumentClient } from './document-client.ts';
import { currentStreamKey, leaseKey, leaseOf, leasePartition, placeAttributes } from './lease-rows.ts';
import { type Row, secondsOf, textOf } from './rows.ts';
import { type Expression, get, put, query, type RelayTable, remove, unavailable, update } from './table.ts';

export interface DynamoDBLeasesOptions {
  readonly client: DocumentClient;
  /** The relay table. */
  readonly tableName: string;
  /** Epoch time, for when a row nobody touches any more may be removed; leases themselves compare no clocks. */
  readonly clock: Clock;
}

/** A row is removed by its time to live this long after it was last written: the stream forgets after a day. */
const ROW_LIFE_MS = 7 * 24 * 3_600_000;

/** Attributes a checkpoint may have. */
const PLACE_ATTRIBUTES = ['place', 'at', 'sequenceNumber'] as const;

/** Leases in the relay table (`LEASE#streamArn` · shardId). */
export function createDynamoDBLeases({ client, tableName, clock }: DynamoDBLeasesOptions): Leases {
  const table: RelayTable = { client, name: tableName, clock, random: Math.random };
  const expiresAt = () => secondsOf(clock.now() + ROW_LIFE_MS);

  return {
    async list(streamArn) {
      const rows = await query(table, leasePartition(streamArn));
      return rows.map((row) => {
        const lease = leaseOf(streamArn, row);
        // Left out, its shard would look like one without a lease, which nobody can ever take.
        if (!lease) throw unavailable(table, 'Query', `a lease that cannot be read: ${row['sk']}`);
        return lease;
      });
    },

    async create(streamArn, shardId, checkpoint) {
      const row = {
        ...leaseKey(streamArn, shardId),
        counter: 0,
        leaseMs: 0,
        ...placeAttributes(checkpoint),
        expiresAt: expiresAt(),
      };
      return (await put(table, row, ABSENT)).ok;
    },

    async take({ streamArn, shardId, counter }, { owner, leaseMs }, first) {
      const held = { streamArn, shardId, owner, token: randomBytes(12).toString('base64url') };
      const holding = { owner, token: held.token, leaseMs, expiresAt: expiresAt() };
      const key = leaseKey(streamArn, shardId);
      const written =
        counter === undefined
          ? await put(table, { ...key, ...placeAttributes(first), ...holding, counter: 1 }, ABSENT)
          : await update(table, key, setting({ ...holding, counter: counter + 1 }, ['wanted']), {
              text: '#counter = :seen',
              values: { ':seen': counter },
            });
      return written.ok || isOurs(written.found, held) ? held : undefined;
    },

    async renew(held) {
      const written = await update(table, keyOf(held), touching({ expiresAt: expiresAt() }), stillHeld(held));
      if (!written.ok) return { kind: 'lost' };
      const wanted = written.old && textOf(written.old, 'wanted');
      return { kind: 'held', ...(wanted !== undefined && { wanted }) };
    },

    async checkpoint(held, checkpoint) {
      const place = placeAttributes(checkpoint);
      const absent = PLACE_ATTRIBUTES.filter((name) => !Object.hasOwn(place, name));
      const ended = checkpoint.kind === 'end' ? ['owner', 'wanted'] : [];
      const change = touching({ ...place, expiresAt: expiresAt() }, [...absent, ...ended]);
      const written = await update(table, keyOf(held), change, stillHeld(held));
      return written.ok || (checkpoint.kind === 'end' && wasGivenUp(written.found, held));
    },

    async release(held) {
      const written = await update(table, keyOf(held), touching({}, ['owner']), stillHeld(held));
      return written.ok || wasGivenUp(written.found, held);
    },

    async ask({ streamArn, shardId, owner, token }, by) {
      if (owner === undefined || token === undefined) return false;
      const { text, values } = stillHeld({ streamArn, shardId, owner, token });
      const written = await update(table, leaseKey(streamArn, shardId), setting({ wanted: by }), {
        text: `${text} AND (attribute_not_exists(#wanted) OR #wanted = :wanted)`,
        ...(values && { values }),
      });
      return written.ok;
    },

    async withdraw(streamArn, shardId, by) {
      await update(
        table,
        leaseKey(streamArn, shardId),
        { text: 'REMOVE #wanted' },
        {
          text: '#wanted = :by',
          values: { ':by': by },
        },
      );
    },

    async forget({ streamArn, shardId, counter }) {
      const written = await remove(table, leaseKey(streamArn, shardId), {
        text: '#counter = :seen AND attribute_not_exists(#owner)',
        values: { ':seen': counter },
      });
      return written.ok;
    },

    async currentStream(tableName) {
      const row = await get(table, currentStreamKey(tableName));
      return row && textOf(row, 'streamArn');
    },

    async moveStream(tableName, from, to) {
      const key = currentStreamKey(tableName);
      const written =
        from === undefined
          ? await put(table, { ...key, streamArn: to }, ABSENT)
          : await update(table, key, setting({ streamArn: to }), {
              text: 'attribute_not_exists(#pk) OR #streamArn = :from',
              values: { ':from': from },
            });
      return written.ok ? to : ((written.found && textOf(written.found, 'streamArn')) ?? to);
    },
  };
}

const ABSENT: Expression = { text: 'attribute_not_exists(#pk)' };

const keyOf = ({ streamArn, shardId }: HeldLease) => leaseKey(streamArn, shardId);

/** Held by this very holding: its owner, and the token of when it was taken. */
const stillHeld = ({ owner, token }: HeldLease): Expression => ({
  text: '#owner = :owner AND #token = :token',
  values: { ':owner': owner, ':token': token },
});

/** Our own token stands there when the SDK repeated a write whose answer was lost. */
function isOurs(found: Row | undefined, { owner, token }: HeldLease): boolean {
  return found !== undefined && textOf(found, 'owner') === owner && textOf(found, 'token') === token;
}

function wasGivenUp(found: Row | undefined, { token }: HeldLease): boolean {
  return found !== undefined && textOf(found, 'owner') === undefined && textOf(found, 'token') === token;
}

function setting(
  values: Readonly<Record<string, string | number>>,
  removed: readonly string[] = [],
): Expression {
  const names = Object.keys(values);
  const remove = removed.length > 0 ? ` REMOVE ${removed.map((name) => `#${name}`).join(', ')}` : '';
  return {
    text: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}${remove}`,
    values: Object.fromEntries(names.map((name) => [`:${name}`, values[name]])),
  };
}

/** The same, and one more on the counter: the sign of life that other workers watch. */
function touching(
  values: Readonly<Record<string, string | number>>,
  removed: readonly string[] = [],
): Expression {
  const rest = setting(values, removed);
  const set = Object.keys(values).length > 0 ? `, ${rest.text.slice('SET '.length)}` : rest.text.slice(4);
  return { text: `SET #counter = #counter + :one${set}`, values: { ...rest.values, ':one': 1 } };
}
