import { expect } from '@jest/globals';
import { TablecastError } from '../../src/errors.ts';
import type { Registry, SubscribeOutcome } from '../../src/relay/ports.ts';
import type { TableRow } from '../../src/testing/dynamodb-table.ts';
import { type Call, REVOCABLE, sampleOf } from './registry-interleavings-calls.ts';
import {
  isCounted,
  isNamed,
  isStanding,
  nonceOf,
  orphans,
  ownerOf,
  subscribed,
} from './registry-interleavings-rows.ts';
import { LIFE_SECONDS } from './registry-samples.ts';
import { START } from './registry-worlds.ts';

/** What was called and what came of it. */
export class History {
  readonly outcomes: { readonly id: string; readonly outcome: SubscribeOutcome }[] = [];
  readonly completes: string[] = [];
  readonly subscribes: string[] = [];
  /** What was under way when its process died. */
  readonly diedIn: Call['kind'][] = [];
  /** What was told that its request could not be done. */
  readonly refused: Call['kind'][] = [];
  /** Completes that neither died nor were refused. */
  readonly completed: string[] = [];
  /** Closes of the same kind. */
  closed = 0;
  /** Revocations of the same kind. */
  revoked = 0;
  /** Nonces of subscriptions begun by who died. */
  readonly pending = new Set<string>();
  stored = 0;
  #closing = false;
  #holders = 0;
  readonly #rows: () => TableRow[];

  constructor(rows: () => TableRow[]) {
    this.#rows = rows;
  }

  /** Rows that somebody has to answer for: all but those of a subscribe that died between its writes and its look. */
  accountable(rows: readonly TableRow[]): readonly TableRow[] {
    return rows.filter((row) => !isNamed(row) || !this.pending.has(nonceOf(row['sk'])));
  }

  /** True when every call was answered, and not with a fault. */
  get isWhole(): boolean {
    return this.diedIn.length === 0 && this.refused.length === 0;
  }

  unanswered(...kinds: Call['kind'][]): number {
    return [...this.diedIn, ...this.refused].filter((kind) => kinds.includes(kind)).length;
  }

  async play(registry: Registry, each: Call): Promise<void> {
    try {
      await this.#act(registry, each);
    } catch (fault) {
      if (!(fault instanceof TablecastError)) throw fault;
      // Only who gave up on an answer may be refused.
      expect([fault.message, each.fate?.kind]).toEqual([fault.message, 'gives up']);
      this.refused.push(each.kind);
    }
  }

  async #act(registry: Registry, each: Call): Promise<void> {
    switch (each.kind) {
      case 'subscribe':
        return this.#subscribe(registry, each.id);
      case 'complete':
        return this.#complete(registry, each.id);
      case 'subscribe then complete':
        await this.#subscribe(registry, each.id);
        return this.#complete(registry, each.id);
      case 'close':
        this.#closing = true;
        await registry.close('a');
        this.closed += 1;
        return;
      case 'revoke':
        return this.#revoke(registry);
      case 'initialise': {
        const identity = { kind: 'api-key', hash: 'late' } as const;
        await registry.initialise('a', { dialect: 'graphql-transport-ws', identity });
        return;
      }
      case 'speak':
        return registry.speak('a', 'apollo');
      case 'store': {
        const { version, entries } = await registry.readStore('a');
        const more = new Map([...entries, [`${entries.size}`, version]]);
        if ((await registry.updateStore('a', version, more)) === 'written') this.stored += 1;
        return;
      }
      case 'lock':
        await this.#lock(registry);
        return;
      case 'lock then unlock': {
        const token = await this.#lock(registry);
        if (token === undefined) return;
        this.#holders -= 1;
        return registry.unlock('a', token);
      }
      default:
        return each satisfies never;
    }
  }

  async #lock(registry: Registry): Promise<string | undefined> {
    const token = await registry.lock('a', 1_000_000_000);
    if (token === undefined) return undefined;
    this.#holders += 1;
    // A close takes the lock away with the rest: nothing that is held under it has an effect any more.
    if (!this.#closing) expect(this.#holders).toBe(1);
    return token;
  }

  async #subscribe(registry: Registry, clientId: string): Promise<void> {
    this.subscribes.push(clientId);
    const isRevoked = clientId === '2' && this.revoked > 0;
    const outcome = await registry.subscribe(sampleOf(clientId));
    this.outcomes.push({ id: clientId, outcome });
    if (isRevoked) expect(outcome).not.toBe('active');
    // Never active without rows: unless somebody has meanwhile begun to end it.
    if (outcome === 'active' && !this.#closing && !this.completes.includes(clientId)) {
      const rows = subscribed(this.#rows());
      expect(rows.filter((row) => ownerOf(row) === clientId)).toHaveLength(3);
      if (clientId === '2') expect(rows.filter(isCounted)).not.toEqual([]);
    }
  }

  async #revoke(registry: Registry): Promise<void> {
    await registry.revoke(REVOCABLE, { revokedAt: START / 1_000, until: START / 1_000 + LIFE_SECONDS });
    for await (const { connectionId } of registry.connectionsOf(REVOCABLE)) {
      for (const { clientId, identityHash } of await registry.subscriptions(connectionId))
        if (identityHash === REVOCABLE) await this.#complete(registry, clientId);
    }
    this.revoked += 1;
  }

  async #complete(registry: Registry, clientId: string): Promise<void> {
    this.completes.push(clientId);
    await registry.complete('a', clientId);
    this.completed.push(clientId);
  }

  count(clientId: string, outcome: SubscribeOutcome): number {
    return this.outcomes.filter((each) => each.id === clientId && each.outcome === outcome).length;
  }
}

/** What must hold once nothing is under way, whatever the order was and whoever died. */
export function assertStanding(rows: readonly TableRow[], history: History, closes: number): void {
  const places = history.accountable(rows.filter(isNamed)).map(({ pk, sk }) => `${pk} ${sk}`);
  const subs = rows.filter(({ nonce }) => nonce !== undefined);
  const namedBy = (each: readonly TableRow[]) =>
    each.flatMap(({ sk, nonce, places: own, counted, identityHash }) => {
      const sort = `a#${String(sk).slice(4)}#${nonce}`;
      const found = (Array.isArray(own) ? own : []).map((place) => `KEY#${place} ${sort}`);
      return counted === true ? [...found, `ID#${identityHash} S#${sort}`] : found;
    });
  // No orphan, and no subscription without its rows, but for one that died before it was active, or half ended.
  if (history.isWhole) expect(places.sort()).toEqual(namedBy(subs).sort());
  else expect(namedBy(subs)).toEqual(expect.arrayContaining(places));
  if (closes > 0) {
    const died = history.unanswered('subscribe', 'subscribe then complete', 'initialise', 'store', 'lock');
    if (history.closed > 0 && died + history.unanswered('lock then unlock') === 0) {
      expect(orphans(rows)).toEqual([]);
    }
    return;
  }
  // No update is lost: each that was told so is in the version, and in what is stored.
  const store = rows.find(({ sk }) => sk === 'CTX');
  const version = Number(store?.['version'] ?? 0);
  expect(version).toBeGreaterThanOrEqual(history.stored);
  expect(version).toBeLessThanOrEqual(history.stored + history.unanswered('store'));
  expect(JSON.parse(String(store?.['entries'] ?? '[]'))).toHaveLength(version);
  for (const clientId of ['1', '2']) {
    const own = subs.filter((row) => row['clientId'] === clientId && isStanding(row));
    const live = own.length;
    const active = history.count(clientId, 'active');
    const completed = history.count(clientId, 'completed');
    const completes = history.completes.filter((each) => each === clientId).length;
    const subscribes = history.subscribes.filter((each) => each === clientId).length;
    const unanswered = history.unanswered('subscribe', 'subscribe then complete');
    expect(history.count(clientId, 'closed')).toBe(0);
    expect(live).toBeLessThanOrEqual(Math.min(1, active + unanswered));
    // Each complete ends at most one.
    expect(active - live + completed).toBeLessThanOrEqual(completes);
    const mayBeRevoked = clientId === '2' && (history.revoked > 0 || history.count('2', 'revoked') > 0);
    if (completes === 0 && subscribes > 0 && unanswered === 0 && !mayBeRevoked)
      expect([live, active]).toEqual([1, 1]);
    // Nothing that was let in before the mark is left, whoever was under way.
    if (clientId === '2' && history.revoked > 0 && unanswered === 0) expect(live).toBe(0);
    // A complete is never lost: it found the only subscription, or left its mark for it.
    if (history.completed.includes(clientId) && subscribes === 1) expect(live).toBe(0);
    // Active means active, whoever else died: nobody asked for its end.
    if (completes === 0 && active === 1 && live === 1 && unanswered === 0)
      expect(places).toEqual(expect.arrayContaining(namedBy(own)));
  }
}
