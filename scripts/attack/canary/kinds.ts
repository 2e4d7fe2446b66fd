/** What a canary stands for, by where it is put. */
export type CanaryKind =
  /** Keys, tokens, signatures, cookies, whatever is presented as one of them, and all other headers and parameters. */
  | 'credential'
  /** Params of `connection_init` that are none. */
  | 'param'
  /** Values of variables and of literals in filters. */
  | 'value'
  /** Names a client chooses: ids, aliases, operation names, and the words of a comment. */
  | 'name'
  /** Keys and values of frames and bodies that mean nothing. */
  | 'frame'
  /** Values of items, in changes and in tables. */
  | 'image'
  /** Words of errors that resolvers, hooks and libraries throw. */
  | 'error';

export const CANARY_KINDS: readonly CanaryKind[] = [
  'credential',
  'param',
  'value',
  'name',
  'frame',
  'image',
  'error',
];

/** A row has the filter a subscription was made with, its values included, its document and its id: nothing else. */
const IN_ROWS: ReadonlySet<CanaryKind> = new Set(['value', 'name']);

/** Texts that occur nowhere but where they are put: `tweet-credential-7`. */
export interface Canaries {
  of(kind: CanaryKind): string;
  readonly released: number;
}

export function createCanaries(): Canaries {
  let released = 0;
  return {
    of(kind) {
      released += 1;
      return `tweet-${kind}-${released}`;
    },
    get released() {
      return released;
    },
  };
}

/** Canaries found in log lines, which may have none at all. */
export function inLogs(lines: string): readonly string[] {
  return found(lines);
}

/** Canaries found in rows that may not be there. */
export function inRows(rows: string): readonly string[] {
  return found(rows).filter((canary) =>
    CANARY_KINDS.every((kind) => !IN_ROWS.has(kind) || !canary.startsWith(`tweet-${kind}-`)),
  );
}

function found(text: string): readonly string[] {
  const plain = text.match(/tweet-[a-z]+-\d+/g) ?? [];
  return [...new Set(plain), ...ENCODED.filter((trace) => text.includes(trace))];
}

/** What base64 makes of `tweet-credential-`, wherever in a text of bytes it begins: AppSync's clients send credentials so. */
const ENCODED: readonly string[] = [0, 1, 2].map((offset) => {
  const encoded = Buffer.from(`${'x'.repeat(offset)}tweet-credential-`).toString('base64url');
  // The characters at either end hold bits of what stands beside it.
  return encoded.slice(offset === 0 ? 0 : offset + 1, -3);
});
