/** Which pages may open a connection. */
export interface OriginRules {
  /** Origins as browsers write them, such as `https://app.example.com` or `http://localhost:5173`; `*` is any. */
  readonly allowed: '*' | ReadonlySet<string>;
  /** What to do with an upgrade without an `Origin`, as every client sends that is no browser. Of no meaning beside `*`. */
  readonly missing: 'allow' | 'refuse';
}

export const ANY_ORIGIN: OriginRules = { allowed: '*', missing: 'allow' };

export const ORIGIN_EXAMPLE = 'origins such as https://app.example.com, without a path or a slash at the end';

/**
 * Reads a list of origins.
 * @returns `*` for none or `*` alone; undefined in the place of the list where an entry is no origin in the form that
 * browsers send, with that entry
 */
export function readOrigins(
  entries: readonly string[],
): { readonly allowed: OriginRules['allowed'] } | { readonly invalid: string } {
  if (entries.length === 0 || (entries.length === 1 && entries[0] === '*')) return { allowed: '*' };
  const invalid = entries.find((entry) => !isOrigin(entry));
  return invalid === undefined ? { allowed: new Set(entries) } : { invalid };
}

/**
 * Whether an upgrade may be accepted by its `Origin` headers. Compared to the letter, but for ASCII capitals, which
 * mean the same in a scheme and a host; no wildcard, no suffix, no port by default. More than one `Origin` is refused.
 * @see https://www.rfc-editor.org/rfc/rfc6454#section-7
 * @see https://cheatsheetseries.owasp.org/cheatsheets/WebSocket_Security_Cheat_Sheet.html
 */
export function isOriginAllowed({ allowed, missing }: OriginRules, origins: readonly string[]): boolean {
  if (allowed === '*') return true;
  const [origin, ...others] = origins;
  if (origin === undefined) return missing === 'allow';
  // Not toLowerCase(), which makes a k of the Kelvin sign.
  return others.length === 0 && allowed.has(origin.replace(/[A-Z]/g, (capital) => capital.toLowerCase()));
}

/** Browsers send http and https in this one form; those of apps (`capacitor://localhost`) `URL` does not know. */
function isOrigin(text: string): boolean {
  if (/^https?:/.test(text))
    return !text.includes('*') && URL.canParse(text) && new URL(text).origin === text;
  return /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d{1,5})?$/.test(text);
}
