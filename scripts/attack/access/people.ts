import type { Claims, Identity } from '../../../src/auth/identity.ts';
import type { SeededRandom } from '../../../src/testing/random.ts';

/** How somebody in the attack has signed in, by the words of AppSync. */
export type SignIn = 'apiKey' | 'userPools' | 'oidc' | 'iam' | 'lambda';

/** Somebody in plain words: what the reference judges by. */
export interface Person {
  readonly signIn: SignIn;
  readonly sub: string;
  readonly username?: string;
  readonly groups: readonly string[];
  /** Other claims, by name. */
  readonly more: Readonly<Record<string, string | readonly string[]>>;
}

const SIGN_INS: readonly SignIn[] = [
  'apiKey',
  'userPools',
  'userPools',
  'userPools',
  'userPools',
  'oidc',
  'oidc',
  'iam',
  'lambda',
];

/**
 * Few names, so that people and items meet; each a beginning, an end or another spelling of another, or what an item may
 * hold that is no name: a number, base64, a word of JavaScript.
 */
export const NAMES: readonly string[] = [
  'ali',
  'alice',
  'Alice',
  'alice ',
  'lice',
  'bob',
  'ali::bob',
  'ali::alice',
  'ali:',
  ':bob',
  'ali:::bob',
  '5',
  '5.0',
  'YQ==',
  'null',
  'true',
  '__proto__',
  'é',
  'e\u0301',
];

const CAST = 6;

/** The few names that people, items and rules of one trial share, neighbours in {@link NAMES}. */
export function randomCast(random: SeededRandom): readonly string[] {
  const from = random.integer(NAMES.length);
  return [...NAMES, ...NAMES].slice(from, from + CAST);
}

export function randomPerson(random: SeededRandom, cast: readonly string[]): Person {
  const names = (most: number) => Array.from({ length: random.integer(most + 1) }, () => random.pick(cast));
  return {
    signIn: random.pick(SIGN_INS),
    sub: random.pick(cast),
    ...(random.chance(0.6) && { username: random.pick(cast) }),
    // Sometimes more than a subscription has keys.
    groups: random.chance(0.05) ? [...NAMES, 'g1', 'g2'] : names(3),
    more: {
      ...(random.chance(0.5) && { email: random.pick(cast) }),
      ...(random.chance(0.5) && { teams: random.chance(0.5) ? random.pick(cast) : names(2) }),
    },
  };
}

/** The same person as the relay knows one. */
export function identityOf({ signIn, sub, username, groups, more }: Person): Identity {
  if (signIn === 'apiKey') return { kind: 'api-key', hash: 'key' };
  const claims: Claims = {
    provider: signIn,
    issuer: 'https://issuer.example',
    subject: sub,
    ...(username !== undefined && { username }),
    groups,
    more: Object.entries(more),
  };
  const kind = signIn === 'iam' || signIn === 'lambda' ? signIn : 'jwt';
  return { kind, hash: `hash of ${sub}`, claims };
}
