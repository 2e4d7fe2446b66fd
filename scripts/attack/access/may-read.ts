import { type Item, NAMING_FIELDS, type Plain } from './items.ts';
import type { Person, SignIn } from './people.ts';
import type { Rule } from './rules.ts';

/**
 * Who may read what, by Amplify's words, once more: slow, over plain values, and without a line of the code that it is
 * held against. Whoever one rule lets in is let in; nobody else is.
 * @see https://docs.amplify.aws/gen1/javascript/build-a-backend/graphqlapi/customize-authorization-rules/
 */
export function mayRead(rules: readonly Rule[], person: Person, item: Item): boolean {
  return rules.some(
    (rule) => isAboutListening(rule) && isAboutSignIn(rule, person) && isMet(rule, person, item),
  );
}

function isAboutListening({ operations }: Rule): boolean {
  return operations === undefined || operations.includes('read') || operations.includes('listen');
}

function isAboutSignIn({ allow, provider }: Rule, { signIn }: Person): boolean {
  const usual: SignIn = allow === 'public' ? 'apiKey' : allow === 'custom' ? 'lambda' : 'userPools';
  const wanted = provider === 'function' ? 'lambda' : (provider ?? usual);
  return signIn === wanted;
}

function isMet(rule: Rule, person: Person, item: Item): boolean {
  if (rule.allow === 'owner') {
    const names = namesOf(person, rule.identityClaim ?? 'sub::username');
    return names.some((name) => isNamed(name, rule.ownerField ?? 'owner', item));
  }
  if (rule.allow !== 'groups') return true;
  const own = groupsOf(person, rule.groupClaim);
  if (rule.groups?.some((group) => own.includes(group))) return true;
  if (rule.groups && rule.groupsField === undefined) return false;
  return own.some((group) => isNamed(group, rule.groupsField ?? 'groups', item));
}

/**
 * What an item may call its owner: of two claims both together, and of `sub::…` the subject alone as well. Nobody may be
 * called what would name somebody else too: by where one part ends, a name of two parts must be read in one way alone, and
 * one part alone must not read as two (but for an ARN, which names nobody else).
 */
function namesOf(person: Person, claim: string): string[] {
  const [first = '', second] = claim.split('::');
  const one = claimOf(person, first);
  if (one === undefined) return [];
  if (second === undefined) return [one];
  const other = claimOf(person, second);
  const names = first === 'sub' && (person.signIn === 'iam' || !/::/.test(one)) ? [one] : [];
  const isOneWay = !/::|:$/.test(one) && !/::|^:/.test(other ?? '');
  if (other !== undefined && isOneWay) names.push(`${one}::${other}`);
  return names;
}

function claimOf(person: Person, name: string): string | undefined {
  if (name === 'sub') return person.sub;
  if (name === 'username') return person.username;
  const value = person.more[name];
  return typeof value === 'string' ? value : undefined;
}

function groupsOf(person: Person, claim: string | undefined): readonly string[] {
  if (claim === undefined) return person.groups;
  const value = person.more[claim] ?? [];
  return typeof value === 'string' ? [value] : value;
}

/** Whether the field is this very name, or of a list one of its elements is. */
function isNamed(name: string, field: string, item: Item): boolean {
  const stored = NAMING_FIELDS.get(field);
  if (!stored) throw new RangeError(`expected a field that names somebody, got ${field}`);
  const value = item.get(stored.attribute);
  if (!stored.list) return shown(value) === name;
  const elements = value instanceof Set ? [...value] : Array.isArray(value) ? value : [value];
  return elements.some((element) => shown(element) === name);
}

/** A value as the API shows it where text is expected: numbers as digits, bytes as base64. */
function shown(value: Plain): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : undefined;
}
