import { randomBytes } from 'node:crypto';
import { hash128 } from '../../filter/keys.ts';
import type { NewSubscription, SubscribeOutcome } from '../../relay/ports.ts';
import { assertClientId, LOOK_AGAIN_FIRST_MS, type RegistryLimits } from '../memory/registry-limits.ts';
import { batchWrite } from './batch.ts';
import { finishEnded } from './complete.ts';
import type { Documents } from './documents.ts';
import { isEnded, type Row, type RowKey, secondsOf, textOf, textsOf } from './rows.ts';
import type { ShapeUse } from './shapes.ts';
import { checkStanding } from './standing.ts';
import {
  absentOrUnserved,
  countedRows,
  deletePlaces,
  placeRows,
  subscriptionRow,
} from './subscription-rows.ts';
import { put, type RelayTable, remove, update } from './table.ts';
import { bumpExisting, bumpVersions } from './versions.ts';

/** What subscribing needs beside the table: what this process remembers of shared rows. */
export interface SubscribeParts {
  readonly table: RelayTable;
  readonly limits: RegistryLimits;
  readonly shapes: ShapeUse;
  readonly documents: Documents;
  /** Step 4. Only a test that proves its own eyes replaces it. */
  readonly check?: typeof checkStanding;
}

/**
 * Write, then check, without a transaction (DESIGN §4): (1) the SUB row under a fresh nonce, (2) the shared rows,
 * (3) the rows under filter keys and the one that counts for its identity, (4) a consistent look at what stands
 * (standing.ts). A `complete` or `close` that runs beside this either sees the SUB row and removes what it names, or is
 * seen at (4), and then this removes it; as it does with one that is too many, or of an identity that was revoked. The
 * look takes in which of its filter keys have a version row: those count before anybody hears that it is active, so that
 * whoever holds rows of them reads again (versions.ts).
 */
export async function subscribe(
  { table, limits, shapes, documents, check = checkStanding }: SubscribeParts,
  subscription: NewSubscription,
): Promise<SubscribeOutcome> {
  assertClientId(subscription.clientId);
  const { connectionId } = subscription;
  const h = hash128(subscription.clientId);
  const nonce = randomBytes(12).toString('base64url');
  const placements = await shapes.place(subscription);
  const row = subscriptionRow(subscription, h, nonce, placements, limits);
  try {
    const taken = await claim(table, connectionId, row, nonce, limits.lookAgainMs);
    if (taken !== 'claimed') return taken;
    await Promise.all([documents.keep(subscription), shapes.keep(subscription, placements)]);
    await batchWrite(table, {
      put: [
        ...placeRows(subscription, h, nonce, placements, limits.maxInlineFilterBytes),
        ...countedRows(subscription, h, nonce),
      ],
    });
    const { standing, versions } = await check(table, subscription, { h, nonce }, placements);
    if (standing === 'active') await bumpExisting(table, versions, textsOf(row, 'places'));
    else await withdraw(table, connectionId, row, nonce);
    return standing;
  } catch (fault) {
    // The fault is what the caller must hear of; rows this cannot reach either are left to their time to live.
    await withdraw(table, connectionId, row, nonce).catch(() => {});
    throw fault;
  }
}

/**
 * Puts the SUB row where its id is free. One that is ended is being finished by the `complete` that marked it; if it
 * still stands after `lookAgainMs` that one has died, and this finishes it: the old rows go before the row that names
 * them is replaced, so that dying here leaves no more than dying there did.
 */
async function claim(
  table: RelayTable,
  connectionId: string,
  row: Row & RowKey,
  nonce: string,
  lookAgainMs: number,
): Promise<'claimed' | 'duplicate' | 'completed'> {
  let waited = 0;
  let pause = LOOK_AGAIN_FIRST_MS;
  for (;;) {
    const written = await put(table, row, absentOrUnserved(secondsOf(table.clock.now())));
    if (written.ok) {
      if (written.old) {
        await deletePlaces(table, connectionId, written.old);
        await bumpVersions(table, textsOf(written.old, 'places'));
      }
      return 'claimed';
    }
    const found = written.found;
    // Our own row stands there when the SDK repeated a put whose answer was lost.
    if (found && textOf(found, 'nonce') === nonce) return 'claimed';
    if (found?.['tombstone'] === true) {
      // One `complete` ends one subscribe: if another took this mark first, it was that one's.
      if (await takeTombstone(table, row, nonce)) return 'completed';
      continue;
    }
    if (waited >= lookAgainMs) {
      if (!found || !isEnded(found)) return 'duplicate';
      await finishEnded(table, connectionId, { ...found, pk: row.pk, sk: row.sk });
      continue;
    }
    const ms = Math.min(pause, lookAgainMs - waited);
    await table.clock.sleep(ms);
    waited += ms;
    pause *= 2;
  }
}

/**
 * Lets a tombstone end at once, in the name of one subscribe; not deleted, so that an update which the SDK repeated, its
 * answer lost, finds its own name there.
 */
async function takeTombstone(table: RelayTable, key: RowKey, nonce: string): Promise<boolean> {
  const { ok } = await update(
    table,
    key,
    { text: 'SET #taken = :nonce, #expiresAt = :now' },
    {
      text: '#tombstone = :true AND (#expiresAt > :now OR #taken = :nonce)',
      values: { ':true': true, ':now': secondsOf(table.clock.now()), ':nonce': nonce },
    },
  );
  return ok;
}

/**
 * Removes what was written, the SUB row last and only if it is still ours: until then nobody else can have the id, and
 * whoever held its rows reads again before anybody has.
 */
async function withdraw(
  table: RelayTable,
  connectionId: string,
  row: Row & RowKey,
  nonce: string,
): Promise<void> {
  await deletePlaces(table, connectionId, row);
  await bumpVersions(table, textsOf(row, 'places'));
  await remove(table, row, { text: '#nonce = :nonce', values: { ':nonce': nonce } });
}
