import { alternatives } from '../filter/alternatives.ts';
import { parseCanonicalFilter } from '../filter/canonical.ts';
import type { Equalities } from '../filter/expression.ts';
import type { SweepContext } from './context.ts';
import type { LiveSubscription } from './ports.ts';
import { type RevocationOptions, type RevocationReport, revokeOn } from './revoke-connections.ts';

export type { RevocationOptions, RevocationReport } from './revoke-connections.ts';

const ACCESS_REVOKED = 'Subscription ended: this access was revoked; sign in anew';
const SUBSCRIPTION_REVOKED = 'Subscription ended: it was revoked';
const CONNECTION_REVOKED = 'Subscription ended: its connection was revoked';

/** Alternatives of a stored filter that are looked at one by one; of more, what they have in common. */
const MAX_ALTERNATIVES = 1_000;

/** Whom to revoke, and how far. */
export interface IdentityRevocation {
  /** `Identity.hash`. */
  readonly identityHash: string;
  /** Epoch seconds until which the mark stands: no earlier than the last credential issued so far expires. */
  readonly until: number;
  /** Whether connections that speak for the identity are closed, and all that was started on them ends. */
  readonly closeConnections: boolean;
  /**
   * Looks at every live connection rather than at those the identity is known to have: for one that is not counted (an
   * API key), which may speak in single operations of other connections. Costs a query a connection. Default false.
   */
  readonly everywhere?: boolean;
}

/**
 * Revokes an identity: the mark first, so that nothing new is let in with a credential issued up to now (and the
 * difference clocks may have), then an end of everything that speaks for it. Connections of others on which it has
 * operations of its own lose these and no more.
 * @throws TablecastError as {@link revokeOn}; the mark then stands all the same, and another run goes on
 */
export async function revokeIdentity(
  context: SweepContext,
  { identityHash, until, closeConnections, everywhere = false }: IdentityRevocation,
  options: RevocationOptions = {},
): Promise<RevocationReport> {
  const { clock, registry, settings } = context;
  const revokedAt = Math.floor((clock.now() + settings.clockSkewMs) / 1_000);
  if (options.dryRun !== true) await registry.revoke(identityHash, { revokedAt, until });
  return revokeOn(
    context,
    everywhere ? registry.live() : registry.connectionsOf(identityHash),
    (standing, subscriptions) => {
      const closes = closeConnections && standing.identityHash === identityHash;
      // Rows of an earlier release name no identity; they speak for their connection's.
      const own = subscriptions.filter(
        (each) => (each.identityHash ?? standing.identityHash) === identityHash,
      );
      return { closes, subscriptions: closes ? subscriptions : own };
    },
    ACCESS_REVOKED,
    options,
  );
}

/** Which subscriptions: of one field, or of all fields of one table. */
export type RevokedFilter = { readonly equalities: Equalities } & (
  | { readonly field: string }
  /** Table name as the schema writes it. */
  | { readonly table: string }
);

/**
 * Ends every live subscription one of whose alternatives holds all these equalities, by the client's own filter or by
 * one forced upon it. With no equalities that is every subscription of the field or table. Connections stay, and no mark
 * is left: who is let in again may subscribe again. Costs the 64 queries of `Registry.live` and one a connection.
 * @throws TablecastError as {@link revokeOn}
 */
export function revokeMatching(
  context: SweepContext,
  wanted: RevokedFilter,
  options: RevocationOptions = {},
): Promise<RevocationReport> {
  const isOf = (each: LiveSubscription) =>
    'field' in wanted ? each.field === wanted.field : each.table === wanted.table;
  return revokeOn(
    context,
    context.registry.live(),
    (_, subscriptions) => ({
      closes: false,
      subscriptions: subscriptions.filter((each) => isOf(each) && holds(each.filter, wanted.equalities)),
    }),
    SUBSCRIPTION_REVOKED,
    options,
  );
}

/** Ends everything on one connection, and closes it. Its client may connect again. */
export function revokeConnection(
  context: SweepContext,
  connectionId: string,
  options: RevocationOptions = {},
): Promise<RevocationReport> {
  async function* only() {
    yield { connectionId };
  }
  return revokeOn(
    context,
    only(),
    (_, subscriptions) => ({ closes: true, subscriptions }),
    CONNECTION_REVOKED,
    options,
  );
}

/** False for a text that is no filter of this release. */
function holds(filter: string, equalities: Equalities): boolean {
  if (equalities.size === 0) return true;
  const expression = parseCanonicalFilter(filter);
  if (!expression) return false;
  return alternatives(expression, { max: MAX_ALTERNATIVES }).some((alternative) =>
    [...equalities].every(([field, value]) => alternative.has(field) && alternative.get(field) === value),
  );
}
