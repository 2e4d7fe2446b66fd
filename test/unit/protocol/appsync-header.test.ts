import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { credentialHeader } from '../../../src/protocol/appsync/header.ts';

const encoded = (value: unknown, encoding: 'base64' | 'base64url' = 'base64') =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8').toString(encoding);
const inQuery = (header: string | undefined) => credentialHeader(new Map([['header', header]]), []);
const offered = (...names: string[]) => credentialHeader(new Map(), names);

/** Base64 of it has both `+` and `/`, and `-` and `_` in the other alphabet. */
const AWKWARD = { host: 'localhost:3001', 'x-api-key': 'a>>>b???c~~~' };

describe("the credential object of AppSync's clients", () => {
  test('is read from the query in standard base64 with padding, as gql sends it', () => {
    const header =
      'eyJob3N0IjogImxvY2FsaG9zdDozMDAxIiwgIngtYXBpLWtleSI6ICJkYTItdGhpc2lzYWR1bW15YXBpa2V5MDEyMzQ1NjcifQ==';
    expect(inQuery(header)).toEqual(
      new Map([
        ['host', 'localhost:3001'],
        ['x-api-key', 'da2-thisisadummyapikey01234567'],
      ]),
    );
  });

  test('is read although a form decoder turned each + into a space', () => {
    const header = encoded(AWKWARD);
    expect(header).toContain('+');
    expect(header).toContain('/');
    expect(inQuery(header.replaceAll('+', ' '))).toEqual(new Map(Object.entries(AWKWARD)));
  });

  test('is read in either alphabet, with padding or without', () => {
    for (const value of [AWKWARD, { ...AWKWARD, host: 'h' }, { ...AWKWARD, host: 'hh' }]) {
      const fields = new Map(Object.entries(value));
      for (const text of [encoded(value), encoded(value, 'base64url')]) {
        expect(inQuery(text)).toEqual(fields);
        expect(inQuery(text.replaceAll('=', ''))).toEqual(fields);
      }
    }
  });

  test('is read from a subprotocol, as Amplify sends it', () => {
    const name = `header-${encoded(AWKWARD, 'base64url')}`;
    expect(offered('graphql-ws', name)).toEqual(new Map(Object.entries(AWKWARD)));
    expect(offered(name)).toEqual(new Map(Object.entries(AWKWARD)));
  });

  test('in the query goes before one in a subprotocol', () => {
    const query = new Map([['header', encoded({ host: 'a' })]]);
    expect(credentialHeader(query, [`header-${encoded({ host: 'b' })}`])).toEqual(new Map([['host', 'a']]));
  });

  test('is absent when neither place has one', () => {
    expect(credentialHeader(new Map([['payload', 'e30=']]), ['graphql-ws', 'Header-x'])).toBeUndefined();
    expect(inQuery(undefined)).toBeUndefined();
  });

  test('may name fields as prototypes do', () => {
    expect(inQuery(encoded('{"__proto__":1,"constructor":2}'))).toEqual(
      new Map([
        ['__proto__', 1],
        ['constructor', 2],
      ]),
    );
  });

  test.each([
    ['nothing', '', 'expected JSON'],
    ['what is no base64', 'eyJ*', 'expected base64'],
    ['a length base64 cannot have', 'eyJhY', 'expected base64'],
    ['base64 of no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]).toString('base64'), 'expected UTF-8'],
    ['base64 of no JSON', encoded('secret'), 'expected JSON'],
    ['base64 of a list', encoded(['secret']), 'got array'],
    ['base64 of null', encoded(null), 'got null'],
    ['base64 of deep JSON', encoded(`{"a":${'['.repeat(40)}${']'.repeat(40)}}`), 'nested'],
    ['more than 8 KB', encoded({ a: 'x'.repeat(8_185) }), 'at most 8192 bytes'],
    ['50 KB', 'A'.repeat(50_000), 'at most 8192 bytes'],
  ])('%s is told in words, which repeat nothing of it', (_, header, words) => {
    for (const result of [inQuery(header), offered(`header-${header}`)]) {
      expect(result).toEqual(expect.stringContaining(words));
      expect(result).not.toContain('secret');
    }
  });

  test('of 8 KB exactly is read', () => {
    const value = { a: 'x'.repeat(8_192 - 8) };
    expect(JSON.stringify(value)).toHaveLength(8_192);
    expect(inQuery(encoded(value))).toEqual(new Map(Object.entries(value)));
  });

  test('of any bytes or any text never throws, and any object comes back whole', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.uint8Array({ maxLength: 64 }),
        fc.dictionary(fc.string(), fc.string()),
        (text, bytes, object) => {
          expect(['string', 'object']).toContain(typeof inQuery(text));
          expect(['string', 'object']).toContain(typeof inQuery(Buffer.from(bytes).toString('base64')));
          expect(inQuery(encoded(object))).toEqual(new Map(Object.entries(object)));
          expect(offered(`header-${encoded(object, 'base64url')}`)).toEqual(new Map(Object.entries(object)));
        },
      ),
    );
  });
});
