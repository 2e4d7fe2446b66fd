import type { Dialect } from '../../protocol/dialect.ts';
import { byteLength } from '../../protocol/limits.ts';
import { codecOf } from '../../protocol/negotiation.ts';
import type { PayloadFrame } from '../../protocol/payload-frame.ts';

/** Whose frame it is: what tells it from those of others who get the same payload. */
export interface Addressee {
  readonly dialect: Dialect;
  readonly clientId: string;
}

/** How every payload ends: its extensions come last, and are never empty. */
const EXTENSIONS_END = '}}';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const LAST_ASCII = 0x7e;

/** No character of a client's id takes more bytes in JSON text than one that is escaped. */
const MAX_BYTES_A_CHARACTER = '\\uffff'.length;
/** More than anything else around a payload takes: its head, what names the id, and what was skipped. */
const AROUND = 128;

/**
 * The frame of one subscriber: a shared payload with what is its own around it.
 * @param payload UTF-8 of JSON text that ends with its `extensions`
 * @param skipped older payloads of the subscription that were left out; told in the extensions if there are any
 */
export function spliced(payload: Uint8Array, addressee: Addressee, skipped: number): Uint8Array {
  const frame = codecOf(addressee.dialect).payload;
  return (
    (skipped === 0 && plainly(frame, payload, addressee.clientId)) ||
    escaped(frame, payload, addressee, skipped)
  );
}

/** Whether a frame with `payloadBytes` in it is at most `maxBytes` long. Measured only where it is near to that. */
export function isWithin(
  maxBytes: number,
  payloadBytes: number,
  { dialect, clientId }: Addressee,
  skipped: number,
): boolean {
  if (payloadBytes + AROUND + clientId.length * MAX_BYTES_A_CHARACTER <= maxBytes) return true;
  const frame = codecOf(dialect).payload;
  const shared = skipped > 0 ? payloadBytes - EXTENSIONS_END.length : payloadBytes;
  return frame.head.length + shared + byteLength(endOf(frame, clientId, skipped)) <= maxBytes;
}

/** What follows the shared part of a payload. */
function endOf(frame: PayloadFrame, clientId: string, skipped: number): string {
  const own = skipped > 0 ? `,"skipped":${skipped}${EXTENSIONS_END}` : '';
  return own + frame.tail(clientId);
}

/**
 * One allocation of the exact size, and the id's characters as they are: a third of the time that any call into the
 * encoder takes. `undefined` for an id that JSON text would not have as it is.
 */
function plainly(frame: PayloadFrame, payload: Uint8Array, id: string): Uint8Array | undefined {
  const { head, beforeId, end } = bytesOf(frame);
  const bytes = Buffer.allocUnsafe(head.length + payload.length + beforeId.length + id.length + end.length);
  bytes.set(head, 0);
  bytes.set(payload, head.length);
  let at = head.length + payload.length;
  for (let from = 0; from < beforeId.length; from += 1, at += 1) bytes[at] = beforeId[from] ?? 0;
  for (let from = 0; from < id.length; from += 1, at += 1) {
    const code = id.charCodeAt(from);
    if (code < FIRST_PRINTABLE || code > LAST_ASCII || code === QUOTE || code === BACKSLASH) return undefined;
    bytes[at] = code;
  }
  for (let from = 0; from < end.length; from += 1, at += 1) bytes[at] = end[from] ?? 0;
  return bytes;
}

function escaped(
  frame: PayloadFrame,
  payload: Uint8Array,
  { clientId }: Addressee,
  skipped: number,
): Uint8Array {
  const { head } = bytesOf(frame);
  const shared = skipped > 0 ? payload.subarray(0, -EXTENSIONS_END.length) : payload;
  const end = endOf(frame, clientId, skipped);
  const bytes = Buffer.allocUnsafe(head.length + shared.length + byteLength(end));
  bytes.set(head, 0);
  bytes.set(shared, head.length);
  bytes.write(end, head.length + shared.length, 'utf8');
  return bytes;
}

/** The parts of a dialect's frame as bytes, the quotes of the id among them. */
interface FrameBytes {
  readonly head: Uint8Array;
  readonly beforeId: Uint8Array;
  readonly end: Uint8Array;
}

const known = new Map<PayloadFrame, FrameBytes>();

function bytesOf(frame: PayloadFrame): FrameBytes {
  const bytes = known.get(frame);
  if (bytes) return bytes;
  const made = {
    head: Buffer.from(frame.head, 'latin1'),
    beforeId: Buffer.from(`${frame.beforeId}"`, 'latin1'),
    end: Buffer.from(`"${frame.end}`, 'latin1'),
  };
  known.set(frame, made);
  return made;
}
