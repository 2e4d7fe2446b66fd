import { byteLength } from '../../protocol/limits.ts';
import type { HandableFrame } from './handable.ts';
import {
  encodeMessage,
  type HandedChange,
  type HandedPayload,
  type HandedRow,
  type HandedWay,
  rowTuple,
  sendable,
} from './message.ts';
import type { Token } from './ports.ts';

/** Largest body of a message, bytes: SQS takes 256 KB a request, attributes and all. */
export const MAX_BODY_BYTES = 200 * 1024;

/** Most frames in a message: what is repeated when it comes again, and a fraction of a second of posts. */
export const MAX_ROWS = 1_000;

/** A payload as the messages of a batch have it, and its bytes in one. */
export interface MessagePayload {
  readonly payload: HandedPayload;
  readonly bytes: number;
}

export function messagePayload(payload: HandedPayload): MessagePayload {
  return { payload, bytes: sizeOf(payload) };
}

/** One frame, ready to be handed over. */
export interface HandedFrame {
  /** One object for each change of the batch, and one for each payload. */
  readonly change: HandedChange;
  readonly shared: MessagePayload;
  readonly candidate: HandableFrame['candidate'];
}

/** What a message has beside its lists, generously: names, brackets, token. */
const ENVELOPE_BYTES = 1_024;

/** One message in the making. */
export class Part {
  readonly #changes = new Map<HandedChange, number>();
  readonly #payloads = new Map<HandedPayload, number>();
  readonly #ways = new Map<string, { readonly place: number; readonly way: HandedWay }>();
  readonly #rows: HandedRow[] = [];
  #bytes: number;

  /** @param tables names that its token will hold */
  constructor(tables: readonly string[]) {
    this.#bytes = ENVELOPE_BYTES + sizeOf(tables);
  }

  get rows(): number {
    return this.#rows.length;
  }

  /** Takes a frame, unless it has no room for it. An empty one has room for every frame. */
  add({ change, shared, candidate }: HandedFrame): boolean {
    const { connectionId, clientId, dialect, stage, activatedAt, expiresAt } = candidate;
    const wayKey = `${dialect} ${stage}`;
    const way = this.#ways.get(wayKey) ?? { place: this.#ways.size, way: { dialect, stage } };
    const row: HandedRow = {
      change: this.#changes.get(change) ?? this.#changes.size,
      payload: this.#payloads.get(shared.payload) ?? this.#payloads.size,
      way: way.place,
      connectionId,
      clientId,
      activatedAt,
      expiresAt,
      row: candidate.row,
      latest: candidate.options?.overflow === 'latest',
    };
    const bytes =
      sizeOf(rowTuple(row)) +
      (this.#changes.has(change) ? 0 : sizeOf(change)) +
      (this.#payloads.has(shared.payload) ? 0 : shared.bytes) +
      (this.#ways.has(wayKey) ? 0 : sizeOf(way.way));
    if (this.rows > 0 && (this.rows >= MAX_ROWS || this.#bytes + bytes > MAX_BODY_BYTES)) return false;
    this.#bytes += bytes;
    this.#changes.set(change, row.change);
    this.#payloads.set(shared.payload, row.payload);
    this.#ways.set(wayKey, way);
    this.#rows.push(row);
    return true;
  }

  /** Body of its message. */
  body(token: Token): string {
    return encodeMessage({
      token,
      changes: [...this.#changes.keys()],
      payloads: [...this.#payloads.keys()],
      ways: [...this.#ways.values()].map(({ way }) => way),
      rows: this.#rows,
    });
  }
}

/** With the comma that parts it from the next. */
function sizeOf(value: unknown): number {
  return byteLength(sendable(JSON.stringify(value))) + 1;
}
