import {
  type Commit,
  type ConnectionRecord,
  givenUpName,
  type Heard,
  type History,
  type SubscriptionRecord,
} from './history.ts';
import type { Wish } from './reference.ts';

/** What a history shows. All but the first five are no faults. */
export interface Verdict {
  lost: number;
  leaked: number;
  /** First deliveries of one item to one subscription out of commit order. */
  disordered: number;
  /** Frames with an event id that no change has. */
  unknownEvents: number;
  stalled: number;
  /** Payloads read, repeats included. */
  deliveries: number;
  repeats: number;
  /** Deliveries that were owed from an acknowledgement on. */
  owed: number;
  /** Of these, how many came after the client was told that it is over, or had left. */
  excused: number;
  /** Subscriptions that the relay ended, and said so. */
  told: number;
  /** The first few, in words. */
  readonly violations: string[];
}

type Fault = 'lost' | 'leaked' | 'disordered' | 'unknownEvents' | 'stalled';

export const FAULTS: readonly Fault[] = ['lost', 'leaked', 'disordered', 'unknownEvents', 'stalled'];

const MOST_VIOLATIONS = 12;
/** What the relay may take for younger than it is: the stream tells whole seconds, and clocks may differ by 5 s. */
const GRANULARITY_MS = 1_000;
const SKEW_MS = 5_000;
const EXTENSIONS: ReadonlySet<string> = new Set([
  'eventId',
  'sequenceNumber',
  'approximateCreationTime',
  'updatedFields',
]);

/**
 * Judges a whole run from outside, by what was committed, what clients said and what they read. A change is owed to
 * a subscription that was acknowledged before it; one that ended (told, completed, closed, expired) may lack changes only
 * behind the last one it got of the same item, but what was given up of it, of which its end tells.
 * @param endedAt epoch ms at which everything had come to rest
 */
export function judge(history: History, endedAt: number): Verdict {
  const verdict: Verdict = {
    lost: 0,
    leaked: 0,
    disordered: 0,
    unknownEvents: 0,
    stalled: 0,
    deliveries: 0,
    repeats: 0,
    owed: 0,
    excused: 0,
    told: 0,
    violations: [],
  };
  const report = (fault: Fault, text: string) => {
    verdict[fault] += 1;
    if (verdict.violations.length < MOST_VIOLATIONS) verdict.violations.push(`${fault}: ${text}`);
  };
  const commits = new Map(history.commits.map((commit, index) => [commit.eventId, { ...commit, index }]));
  const matchesOf = matcher(history.commits);
  for (const connection of history.connections.values()) {
    const got = new Map<SubscriptionRecord, Map<number, FirstDelivery>>();
    for (const heard of connection.heard) attribute(heard, connection);
    for (const subscription of connection.subscriptions) {
      if (subscription.told && subscription.ackOrder !== undefined) verdict.told += 1;
      judgeOwed(connection, subscription, [...(got.get(subscription)?.values() ?? [])]);
    }

    function attribute(heard: Heard, { id, subscriptions, expiresAt }: ConnectionRecord): void {
      const { reading, order } = heard;
      if (reading.kind !== 'payload') return;
      verdict.deliveries += 1;
      const commit = commits.get(reading.eventId);
      const where = `${id} ${heard.text}`;
      if (!commit) {
        report('unknownEvents', where);
        return;
      }
      const asked = subscriptions.filter((each) => each.clientId === reading.id && each.sentOrder < order);
      const explained = asked.filter((each) => isOwed(each.wish, commit, heard));
      const excuse = explained.map((each) => reasonAgainst(each, commit, expiresAt));
      const at = excuse.lastIndexOf(undefined);
      const subscription = explained[at];
      if (!subscription) {
        const reason = excuse.at(-1) ?? (asked.length > 0 ? 'not what it asked for' : 'it never asked');
        report(
          'leaked',
          `${reason}: ${where}, write ${JSON.stringify(commit.write)}, asked ${asked.map(({ wish }) => wish.query).join(' | ')}`,
        );
        return;
      }
      const firsts = got.get(subscription) ?? new Map<number, FirstDelivery>();
      got.set(subscription, firsts);
      if (firsts.has(commit.index)) verdict.repeats += 1;
      else firsts.set(commit.index, { index: commit.index, order });
    }
  }
  return verdict;

  function judgeOwed(
    connection: ConnectionRecord,
    subscription: SubscriptionRecord,
    got: readonly FirstDelivery[],
  ): void {
    const { ackOrder, wish } = subscription;
    const name = `${connection.id} ${connection.dialect} ${subscription.clientId} ${wish.query}`;
    const end = endOf(connection, subscription, endedAt);
    const newest = new Map<string, number>();
    for (const { index, order } of got) {
      // Nobody listens any more: what is left of it may still come, or half of it.
      if (end && order > end.order) break;
      const item = history.commits[index]?.write.id ?? '';
      if (index < (newest.get(item) ?? -1))
        report('disordered', `${name}: change ${index} after ${newest.get(item)}`);
      else newest.set(item, index);
    }
    if (ackOrder === undefined) return;
    const delivered = new Set(got.map(({ index }) => index));
    for (const index of matchesOf(wish)) {
      const commit = history.commits[index];
      if (!commit || commit.order < ackOrder) continue;
      if (end && (commit.order > end.order || commit.at >= end.at)) continue;
      verdict.owed += 1;
      if (delivered.has(index)) continue;
      const last = newest.get(commit.write.id) ?? -1;
      // A message that was given up is behind others of its lane by the time its subscribers are told.
      if (end && (last < index || history.givenUp.has(givenUpName(connection.id, commit.eventId)))) {
        verdict.excused += 1;
        continue;
      }
      const why = end ? `though change ${last} of the same item came` : 'though it is still open';
      report(
        'lost',
        `${name}: change ${index} (${commit.eventId}, committed at ${commit.order}, acknowledged at ${ackOrder}) never came, ${why}`,
      );
    }
  }
}

const never = Number.POSITIVE_INFINITY;

interface FirstDelivery {
  /** Of the commit. */
  readonly index: number;
  /** At which its client read it. */
  readonly order: number;
}

/** When a subscription was over, as far as its client could know; undefined while it goes on. */
function endOf(
  { closed, expiresAt }: ConnectionRecord,
  { completeOrder, told }: SubscriptionRecord,
  endedAt: number,
): { readonly order: number; readonly at: number } | undefined {
  const order = Math.min(closed?.order ?? never, completeOrder ?? never, told?.order ?? never);
  const at = expiresAt !== undefined && expiresAt * 1_000 <= endedAt ? expiresAt * 1_000 : never;
  return order === never && at === never ? undefined : { order, at };
}

function isOwed(wish: Wish, { write, eventId, sequenceNumber }: Commit, { reading }: Heard): boolean {
  if (reading.kind !== 'payload' || reading.errors) return false;
  const owed = wish.owed(write, eventId);
  const { extensions } = reading;
  return (
    owed !== undefined &&
    owed.data === reading.data &&
    JSON.stringify(extensions.get('updatedFields')) === JSON.stringify(owed.updatedFields) &&
    extensions.get('sequenceNumber') === sequenceNumber &&
    [...extensions.keys()].every((key) => EXTENSIONS.has(key))
  );
}

/** Why a frame that fits its subscription should not have come all the same. */
function reasonAgainst(
  { sentAt, answeredOrder = never, completedOrder = never }: SubscriptionRecord,
  { at, order }: Commit,
  expiresAt: number | undefined,
): string | undefined {
  const createdAt = Math.floor(at / GRANULARITY_MS) * GRANULARITY_MS;
  if (createdAt + GRANULARITY_MS + SKEW_MS < sentAt) return 'older than the subscription';
  // Until the frame that asked for it is done with, its rows may stand for a moment although it is over.
  if (order > completedOrder && order > answeredOrder) return 'committed after it was completed';
  if (expiresAt !== undefined && expiresAt * 1_000 <= at) return 'committed after its token expired';
  return undefined;
}

/** Indexes of the commits that a wish is owed, in commit order; the same list for all who match alike. */
function matcher(commits: readonly Commit[]): (wish: Wish) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (wish) => {
    const found =
      known.get(wish.matchKey) ??
      commits.flatMap(({ write, eventId }, index) => (wish.owed(write, eventId) ? [index] : []));
    known.set(wish.matchKey, found);
    return found;
  };
}
