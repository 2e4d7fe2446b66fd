import { element } from './dom.ts';

/** One token of indented JSON: a string (with the colon of a key, if it is one), a number or a word. */
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/g;

/** A value as indented JSON, coloured by kind. */
export function jsonView(value: unknown): HTMLPreElement {
  const text = JSON.stringify(value, null, 2);
  const view = element('pre', { class: 'json' });
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, quoted, colon] = match;
    const word = quoted ?? token;
    view.append(
      text.slice(end, match.index),
      element('span', { class: kindOfToken(quoted, colon, token) }, word),
    );
    if (colon !== undefined) view.append(colon);
    end = match.index + token.length;
  }
  view.append(text.slice(end));
  return view;
}

function kindOfToken(quoted: string | undefined, colon: string | undefined, token: string): string {
  if (quoted !== undefined) return colon === undefined ? 'string' : 'key';
  return /^[-\d]/.test(token) ? 'number' : 'word';
}
