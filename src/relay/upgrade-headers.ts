/** Headers as a `$connect` event has them; an event without any may have null or nothing in either place. */
export interface UpgradeHeaders {
  /** Of a name that came more than once the last value. */
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
}

const SUBPROTOCOLS = 'sec-websocket-protocol';

/**
 * Name → value, names as they came. Subprotocols may stand in several headers, which are one list (RFC 6455 §11.3.4);
 * of all other names one value counts.
 */
export function upgradeHeaders({
  headers,
  multiValueHeaders,
}: UpgradeHeaders): ReadonlyMap<string, string | undefined> {
  const all = new Map(Object.entries(headers ?? {}));
  for (const [name, values] of Object.entries(multiValueHeaders ?? {})) {
    if (name.toLowerCase() === SUBPROTOCOLS && values) all.set(name, values.join(', '));
  }
  return all;
}

/** Every `Origin` of an upgrade: a browser sends one, and whoever sends more is none. */
export function upgradeOrigins({ headers, multiValueHeaders }: UpgradeHeaders): readonly string[] {
  const several = Object.entries(multiValueHeaders ?? {}).flatMap(([name, values]) =>
    name.toLowerCase() === 'origin' ? (values ?? []) : [],
  );
  const single = Object.entries(headers ?? {}).flatMap(([name, value]) =>
    name.toLowerCase() === 'origin' && value !== undefined ? [value] : [],
  );
  return several.length > 0 ? several : single;
}
