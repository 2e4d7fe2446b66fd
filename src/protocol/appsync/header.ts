import { type Fields, isInvalid, readJson } from '../frame.ts';
import { byteLength, DEFAULT_LIMITS, LIMITS } from '../limits.ts';

/** What a subprotocol that carries the credential begins with; the rest is base64url of a JSON object. */
export const HEADER_PREFIX = 'header-';

/** What of the upgrade's query is AppSync's: base64 of the same object. */
export const HEADER_PARAMETER = 'header';

const PLACE = 'AppSync credential header';
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The object AppSync's clients authenticate an upgrade with: `host`, and `x-api-key` or `Authorization` or what signs a
 * request. It stands in query parameter `header`, or in a subprotocol `header-<base64url>` (Amplify since @aws-amplify/api-graphql 4.3.0). Never
 * throws; what is wrong is told without a byte of what came, which may be a credential all the same.
 * @param query as the gateway decoded it: a form decoder has turned each `+` of the base64 into a space
 * @param offered subprotocols as the client named them
 * @param jsonDepth `Limits.jsonDepth`; its default without one
 * @returns its fields, in words what was expected and what came, or `undefined` when there is none
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
 */
export function credentialHeader(
  query: ReadonlyMap<string, string | undefined>,
  offered: readonly string[],
  jsonDepth: number = DEFAULT_LIMITS.jsonDepth,
): Fields | string | undefined {
  const encoded =
    query.get(HEADER_PARAMETER)?.replaceAll(' ', '+') ??
    offered.find((name) => name.startsWith(HEADER_PREFIX))?.slice(HEADER_PREFIX.length);
  return encoded === undefined ? undefined : decode(encoded, jsonDepth);
}

function decode(encoded: string, jsonDepth: number): Fields | string {
  // Four characters hold three bytes.
  if (byteLength(encoded) > Math.ceil(LIMITS.credentialHeaderBytes / 3) * 4) {
    return `${PLACE}: expected at most ${LIMITS.credentialHeaderBytes} bytes, got more`;
  }
  const bytes = bytesOf(encoded);
  if (!bytes) return `${PLACE}: expected base64 or base64url, got something else`;
  if (bytes.byteLength > LIMITS.credentialHeaderBytes) {
    return `${PLACE}: expected at most ${LIMITS.credentialHeaderBytes} bytes, got more`;
  }
  const text = textOf(bytes);
  if (text === undefined) return `${PLACE}: expected UTF-8 text, got other bytes`;
  const fields = readJson(text, PLACE, { jsonDepth });
  return isInvalid(fields) ? fields.message : fields;
}

/** Node takes either alphabet, and passes over whatever belongs to neither: that is checked before. */
function bytesOf(encoded: string): Buffer | undefined {
  const digits = encoded.replace(/={1,2}$/, '');
  return /^[\w+/-]*$/.test(digits) && digits.length % 4 !== 1 ? Buffer.from(digits, 'base64') : undefined;
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
