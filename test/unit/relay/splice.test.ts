import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Dialect } from '../../../src/protocol/dialect.ts';
import { isWithin, spliced } from '../../../src/relay/deliver/splice.ts';

const DIALECTS: readonly Dialect[] = ['graphql-transport-ws', 'apollo', 'appsync'];

/** Any UTF-16 code units, lone surrogates among them. */
const anyUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
/** What JSON text has to write otherwise than it is. */
const awkward = fc.string({
  unit: fc.constantFrom(
    '"',
    '\\',
    '\n',
    '\u0000',
    '\u001f',
    '\u007f',
    '\u2028',
    'é',
    'ね',
    '👋',
    '\ud800',
    '/',
  ),
  maxLength: 20,
});
const ids = fc.oneof(fc.uuid(), fc.string({ maxLength: 60 }), awkward, anyUnits);
const addressees = fc.record({ dialect: fc.constantFrom(...DIALECTS), clientId: ids });
const skips = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_000_000 }));
const payloads = fc.record({
  data: fc.record({ onCreateTodo: fc.jsonValue() }),
  extensions: fc.record({ eventId: fc.string(), sequenceNumber: fc.string() }),
});

type Whole = typeof payloads extends fc.Arbitrary<infer T> ? T : never;

/** The frame as a program would write it that shares nothing. */
function naive(
  { data, extensions }: Whole,
  { dialect, clientId }: { dialect: Dialect; clientId: string },
  skipped: number,
) {
  const type = dialect === 'graphql-transport-ws' ? 'next' : 'data';
  const payload = { data, extensions: { ...extensions, ...(skipped > 0 && { skipped }) } };
  return Buffer.from(JSON.stringify({ type, payload, id: clientId }), 'utf8');
}

const bytesOf = (payload: Whole) => Buffer.from(JSON.stringify(payload), 'utf8');

describe('a shared payload spliced into the frame of one subscriber', () => {
  test('has the very bytes of a frame written for it alone', () => {
    fc.assert(
      fc.property(payloads, addressees, skips, (payload, addressee, skipped) => {
        const shared = bytesOf(payload);
        const frame = spliced(shared, addressee, skipped);
        expect(Buffer.from(frame).toString('latin1')).toBe(
          naive(payload, addressee, skipped).toString('latin1'),
        );
        expect(Buffer.compare(shared, bytesOf(payload))).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  test('whatever character stands in its id, and wherever in the id', () => {
    const payload = { data: { onCreateTodo: null }, extensions: { eventId: 'e', sequenceNumber: '1' } };
    for (let unit = 0; unit <= 0xffff; unit += unit < 0x300 ? 1 : 251) {
      const character = String.fromCharCode(unit);
      for (const clientId of [character, `${character}b`, `a${character}b`, `ab${character}`]) {
        const addressee = { dialect: 'apollo' as const, clientId };
        expect(Buffer.compare(spliced(bytesOf(payload), addressee, 0), naive(payload, addressee, 0))).toBe(0);
      }
    }
  });

  test('frames of two subscribers share no byte that one of them could change', () => {
    const payload = bytesOf({ data: { onCreateTodo: 1 }, extensions: { eventId: 'e', sequenceNumber: '1' } });
    const [one, other] = ['a', 'b'].map((clientId) => spliced(payload, { dialect: 'appsync', clientId }, 0));
    const before = Buffer.from(other ?? []).toString();
    one?.fill(0);
    expect(Buffer.from(other ?? []).toString()).toBe(before);
  });

  test('is within a limit exactly when its bytes are', () => {
    fc.assert(
      fc.property(
        payloads,
        addressees,
        skips,
        fc.integer({ min: -3, max: 2_500 }),
        (payload, addressee, skipped, room) => {
          const { byteLength } = naive(payload, addressee, skipped);
          const limit = byteLength + room;
          expect(isWithin(limit, bytesOf(payload).byteLength, addressee, skipped)).toBe(byteLength <= limit);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
