const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

/** True when the text has a surrogate without its other half: no UTF-8, and so no DynamoDB string, can hold it. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/**
 * Order of two strings by Unicode code point, which is that of their UTF-8 bytes and the one DynamoDB sorts by:
 * negative, 0 or positive. JavaScript's `<` compares UTF-16 units and puts U+1F600 before U+FF5A.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others, so they go after U+E000–U+FFFF. */
function rank(unit: number): number {
  return unit >= FIRST_SURROGATE && unit <= LAST_SURROGATE ? unit + 0x10000 : unit;
}
