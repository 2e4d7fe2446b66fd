/** Somebody whom the local loop's own issuer makes tokens for (docs/authentication.md). */
export interface Person {
  readonly name: string;
  /** Groups, parted by commas; may be empty. */
  readonly groups: string;
}

/** Header or connection param → value. */
export type Credential = Readonly<Record<string, string>>;

/** Seconds a page's token is good: the longest there is, for pages stay open. */
const EXPIRES = '86400';

/**
 * Who a page's address says one is: `?as=alice&groups=Admin`, or by an empty `as` nobody but the holder of the API key.
 * @param search of the address, `?` included
 * @param byDefault a name for an address that says nothing; empty or absent for the API key
 * @returns nothing for the API key
 */
export function personIn(search: string, byDefault: string | undefined): Person | undefined {
  const asked = new URLSearchParams(search);
  const name = (asked.get('as') ?? byDefault ?? '').trim();
  return name === '' ? undefined : { name, groups: (asked.get('groups') ?? '').trim() };
}

/**
 * What to present as that person: a fresh token of the loop that serves this page, or its API key.
 * @throws Error when the loop gives no token
 */
export async function credentialOf(person: Person | undefined, apiKey: string): Promise<Credential> {
  if (!person) return { 'x-api-key': apiKey };
  const { name, groups } = person;
  const place = `/local-issuer/token?${new URLSearchParams({ sub: name, groups, expires: EXPIRES })}`;
  const response = await fetch(place);
  if (!response.ok) throw new Error(`/local-issuer/token: expected 200, got ${response.status}`);
  const { token }: { readonly token: string } = await response.json();
  return { authorization: token };
}
