import { hash128 } from '../../filter/keys.ts';
import type { Payload } from '../deliver/kept-payloads.ts';
import type { HandableFrame } from './handable.ts';
import { type MessagePayload, messagePayload } from './parts.ts';
import type { FanOutStore } from './ports.ts';

/** Payloads of more bytes are kept by the store once, and messages point to them. */
const MAX_INLINE_BYTES = 8 * 1024;

/** Bytes remembered of a batch that is handed over; beyond, all is forgotten, and made again where it is wanted again. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;

/** The payloads of one batch as its messages have them: one object each, whoever shares it. */
export class MessagePayloads {
  readonly #store: Pick<FanOutStore, 'putPayload'>;
  readonly #expiresAt: number;
  readonly #byPayload = new Map<Payload, MessagePayload>();
  readonly #byHash = new Map<string, MessagePayload>();
  readonly #stored = new Set<string>();
  #kept = 0;

  /** @param expiresAt epoch seconds until which those that the store keeps are of use */
  constructor(store: Pick<FanOutStore, 'putPayload'>, expiresAt: number) {
    this.#store = store;
    this.#expiresAt = expiresAt;
  }

  /** How many the store was given. */
  get stored(): number {
    return this.#stored.size;
  }

  /** At once for one that was met before. @throws TablecastError `REGISTRY_UNAVAILABLE` */
  of(owed: HandableFrame): MessagePayload | Promise<MessagePayload> {
    const payload = owed.payload();
    if ('then' in payload) return payload.then((each) => this.#make(owed, each));
    return this.#byPayload.get(payload) ?? this.#make(owed, payload);
  }

  async #make(owed: HandableFrame, payload: Payload): Promise<MessagePayload> {
    const text = Buffer.from(payload.bytes).toString('utf8');
    const hash = hash128(text);
    const known = this.#byHash.get(hash);
    const made = known ?? (await this.#toMessage(hash, text, payload, owed));
    if (!known) this.#keep(made.bytes);
    this.#byHash.set(hash, made);
    this.#byPayload.set(payload, made);
    return made;
  }

  async #toMessage(
    hash: string,
    text: string,
    { bytes }: Payload,
    owed: HandableFrame,
  ): Promise<MessagePayload> {
    const standIn = Buffer.from((await owed.payloadInstead()).bytes).toString('utf8');
    if (bytes.byteLength <= MAX_INLINE_BYTES) return messagePayload({ text, standIn });
    if (!this.#stored.has(hash)) {
      await this.#store.putPayload(hash, text, this.#expiresAt);
      this.#stored.add(hash);
    }
    return messagePayload({ hash, standIn });
  }

  #keep(bytes: number): void {
    this.#kept += bytes;
    if (this.#kept <= MAX_KEPT_BYTES) return;
    this.#byHash.clear();
    this.#byPayload.clear();
    this.#kept = bytes;
  }
}
