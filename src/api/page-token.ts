import { createCipheriv, createDecipheriv, hkdfSync, randomBytes as systemRandomBytes } from 'node:crypto';
import type { Image } from '../change/change.ts';
import { readImage } from '../change/image.ts';
import { canonicalFilter } from '../filter/canonical.ts';
import { keyAttributesOf } from '../filter/dynamodb-expression.ts';
import type { Expression } from '../filter/expression.ts';
import type { TableType } from '../schema/model.ts';
import { badInput } from './errors.ts';

/** First byte of a token; another when what is in it, or how lists are read, changes. */
const VERSION = 2;
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A key is at most 3 KB, six times that as JSON of control characters, and a third more as base64url. */
const MAX_TOKEN_LENGTH = 32_768;

/** What is sealed is filled up to a multiple of this: the key of an item that may not be read may be in it, and shows nothing of its length. */
const PADDED_BYTES = 256;

/** Makes and reads `nextToken`: where the next page of one list starts. */
export interface PageTokens {
  seal(type: TableType, filter: Expression, lastKey: Image): string;
  /** @throws GraphQLError `BAD_USER_INPUT` for a token of another list, filter, secret or format */
  open(type: TableType, filter: Expression, token: string): Image;
}

/**
 * Tokens are base64url of version, nonce, tag and the last key, encrypted with AES-256-GCM under a key derived from the
 * secret; type and canonical filter are authenticated with it. So none of it can be read or changed, and a token fits
 * one list.
 * @param secret the same in every process that serves the API
 * @param randomBytes bytes that cannot be guessed; by default the system's
 * @see https://www.rfc-editor.org/rfc/rfc5869
 */
export function createPageTokens(
  secret: string,
  randomBytes: (count: number) => Uint8Array = systemRandomBytes,
): PageTokens {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `tablecast nextToken ${VERSION}`, KEY_BYTES));
  return {
    seal(type, filter, lastKey) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(bindingOf(type, filter));
      const sealed = Buffer.concat([cipher.update(padded(JSON.stringify(lastKey))), cipher.final()]);
      return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open(type, filter, token) {
      const lastKey = token.length > MAX_TOKEN_LENGTH ? undefined : decrypted(key, type, filter, token);
      if (lastKey) return lastKey;
      throw badInput('nextToken: expected one of this list with the same filter, got another');
    },
  };
}

function decrypted(key: Buffer, type: TableType, filter: Expression, token: string): Image | undefined {
  const bytes = Buffer.from(token, 'base64url');
  const nonceEnd = 1 + NONCE_BYTES;
  const tagEnd = nonceEnd + TAG_BYTES;
  if (bytes[0] !== VERSION || bytes.length <= tagEnd) return undefined;
  try {
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(1, nonceEnd), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(bindingOf(type, filter)).setAuthTag(bytes.subarray(nonceEnd, tagEnd));
    const text = Buffer.concat([decipher.update(bytes.subarray(tagEnd)), decipher.final()]).toString('utf8');
    const read = readImage(JSON.parse(text));
    const isKey = read.ok && keyAttributesOf(type).every((name) => read.image[name] !== undefined);
    return isKey ? read.image : undefined;
  } catch {
    return undefined;
  }
}

/** JSON followed by blanks, which JSON does not mind. */
function padded(json: string): Buffer {
  const bytes = Buffer.from(json, 'utf8');
  return Buffer.alloc(Math.ceil(bytes.length / PADDED_BYTES) * PADDED_BYTES, ' ').fill(
    bytes,
    0,
    bytes.length,
  );
}

function bindingOf(type: TableType, filter: Expression): Buffer {
  return Buffer.from(JSON.stringify([type.name, type.table, canonicalFilter(filter)]), 'utf8');
}
