/**
 * Where a text stops being JSON, as `line:column`, both from 1. `JSON.parse` tells it in some messages only, and
 * quotes the text in others.
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
export function jsonErrorPlace(text: string): string {
  const lines = text.slice(0, errorOffset(text)).split('\n');
  return `${lines.length}:${(lines.at(-1) ?? '').length + 1}`;
}

const SPACE = /[ \t\n\r]*/y;
// Of the control characters JSON forbids those below U+0020 only.
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;

function errorOffset(text: string): number {
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return false;
    at += found[0].length;
    return true;
  };
  const space = () => take(SPACE);
  const sign = (character: string) => {
    space();
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };
  const member = () => {
    space();
    return take(STRING) && sign(':') && value();
  };
  const list = (entry: () => boolean, close: string): boolean => {
    if (sign(close)) return true;
    do {
      if (!entry()) return false;
    } while (sign(','));
    return sign(close);
  };
  const value = (): boolean => {
    if (sign('{')) return list(member, '}');
    if (sign('[')) return list(value, ']');
    return take(STRING) || take(SCALAR);
  };
  if (value()) space();
  return at;
}
