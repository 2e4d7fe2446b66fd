import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Registry, Revocation, Subscriber } from '../../relay/ports.ts';

/** Which identities were revoked, and up to which moment. */
export interface Revocations extends Pick<Registry, 'revoke'> {
  /** Whether what a subscriber has was revoked. */
  isRevoked(subscriber: Subscriber): boolean;
}

/** Without a mark at first; what is past its `until` is forgotten. */
export function createRevocations(clock: Clock): Revocations {
  /** Identity hash → what was revoked of it. */
  const marks = new Map<string, Revocation>();
  const seconds = () => Math.floor(clock.now() / 1_000);
  return {
    async revoke(identityHash, { revokedAt, until }) {
      await nextTurn();
      for (const [hash, mark] of marks) if (mark.until <= seconds()) marks.delete(hash);
      const before = marks.get(identityHash);
      marks.set(identityHash, {
        revokedAt: Math.max(revokedAt, before?.revokedAt ?? 0),
        until: Math.max(until, before?.until ?? 0),
      });
    },

    isRevoked({ identityHash, issuedAt }) {
      const mark = marks.get(identityHash);
      if (!mark || mark.until <= seconds()) return false;
      return issuedAt === undefined || issuedAt <= mark.revokedAt;
    },
  };
}
