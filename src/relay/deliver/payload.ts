import type { OperationContext } from '../../api/ports.ts';
import { type Identity, readerKey } from '../../auth/identity.ts';
import type { Image } from '../../change/change.ts';
import { coerce } from '../../change/coerce.ts';
import { updatedFields } from '../../change/updated-fields.ts';
import { byteLength } from '../../protocol/limits.ts';
import { codecOf } from '../../protocol/negotiation.ts';
import {
  failedPayload,
  type PayloadExtensions,
  type PreparedDocument,
  type Resolving,
  renderPayload,
  tooLargePayload,
} from '../../render/render.ts';
import type { TableType } from '../../schema/model.ts';
import type { RelayContext } from '../context.ts';
import type { Candidate } from '../ports.ts';
import type { TypedChange } from './intake.ts';
import { itemImage, type MatchKind } from './judge.ts';

/** What rendering needs. Without `api` no resolver runs: for selections that have none. */
export type RenderContext = Pick<RelayContext, 'model' | 'settings' | 'clock' | 'metrics' | 'logger'> &
  Partial<Pick<RelayContext, 'api'>>;

/** What a payload is made of: a match, or what would be one. */
export interface Rendering {
  readonly typed: TypedChange;
  readonly kind: MatchKind;
  readonly candidate: Pick<Candidate, 'dialect' | 'clientId' | 'renderingKey' | 'options'>;
}

/** A payload as bytes, shared by everyone who asked for the same of the same change. */
interface Payload {
  /** Left out of one that fits no frame: only its size is of use. */
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly tooLarge: boolean;
}

interface Rendered {
  readonly payload: Promise<Payload>;
  /** 0 while it is being rendered. */
  bytes: number;
}

/**
 * Bytes of payloads kept for those who want the same: a batch of the largest records in one rendering is well within.
 * Beyond, the least recently used are forgotten, and rendered again if they are wanted again.
 */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;

/** What one costs beside its bytes: its key and its entry. Counted, for a million small ones are as much as a few large. */
const ENTRY_BYTES = 512;

/**
 * A rendering whose resolvers took this long, ms, is the last of its rendering key in a batch: otherwise one subscriber
 * whose resolver hangs for its time limit at each of a hundred records would hold the shard for all.
 */
const SLOW_RENDERING_MS = 5_000;

const NO_BYTES = new Uint8Array();

/** How every payload ends: its extensions come last, and are never empty. */
const EXTENSIONS_END = '}}';

/** A frame ready to post, and whether it had to stand in for one too large. */
export interface RenderedFrame {
  readonly frame: Uint8Array;
  readonly tooLarge: boolean;
}

/** Renders each distinct payload of a batch once; what is the subscriber's own is spliced around the shared bytes. */
export class BatchRenderer {
  /** Renderings done so far: equals the distinct (change, kind, rendering key) while they fit in memory (P6). */
  renderings = 0;
  private readonly payloads = new Map<string, Rendered>();
  private readonly contexts = new Map<string, OperationContext>();
  /** Rendering keys whose resolvers were slow. */
  private readonly slow = new Set<string>();
  private kept = 0;
  private readonly context: RenderContext;

  constructor(context: RenderContext) {
    this.context = context;
  }

  /** @param skipped older payloads of this subscription that were left out (`overflow: latest`), told if there are any */
  async frame(match: Rendering, prepared: PreparedDocument, skipped = 0): Promise<RenderedFrame> {
    return this.spliced(match, prepared, skipped, this.context.settings.maxFrameBytes);
  }

  /** The frame for a payload the gateway found too large although it was measured to fit. */
  async standIn(match: Rendering, prepared: PreparedDocument, skipped = 0): Promise<Uint8Array> {
    return (await this.spliced(match, prepared, skipped, 0)).frame;
  }

  /** What is the subscriber's own around the shared payload that leaves the frame within `maxBytes`, if any does. */
  private async spliced(
    match: Rendering,
    prepared: PreparedDocument,
    skipped: number,
    maxBytes: number,
  ): Promise<RenderedFrame> {
    const { head, tail } = codecOf(match.candidate.dialect).payload;
    const own = skipped > 0 ? `,"skipped":${skipped}${EXTENSIONS_END}` : '';
    const end = `${own}${tail(match.candidate.clientId)}`;
    const room = maxBytes - byteLength(head) - byteLength(end);
    const { bytes, tooLarge } = await this.payload(match, prepared, room);
    const shared = own === '' ? bytes : bytes.subarray(0, -EXTENSIONS_END.length);
    return { frame: Buffer.concat([Buffer.from(head, 'utf8'), shared, Buffer.from(end, 'utf8')]), tooLarge };
  }

  /** The shared payload, or a smaller stand-in when this subscriber's frame has no room for it. */
  private async payload(match: Rendering, prepared: PreparedDocument, room: number): Promise<Payload> {
    const whole = await this.rendered(match, prepared, 'whole', () => this.render(match, prepared, false));
    if (whole.size <= room) return whole;
    if (match.kind === 'UPDATE') {
      const shorter = await this.rendered(match, prepared, 'short', () => this.render(match, prepared, true));
      if (shorter.size <= room) return shorter;
    }
    return this.rendered(match, prepared, 'too-large', async () => this.tooLarge(match, prepared, whole));
  }

  private rendered(
    { typed, kind, candidate }: Rendering,
    prepared: PreparedDocument,
    form: string,
    render: () => Promise<Payload>,
  ): Promise<Payload> {
    const key = JSON.stringify([
      typed.record,
      typed.type.name,
      prepared.field,
      kind,
      candidate.renderingKey,
      form,
    ]);
    const known = this.payloads.get(key);
    const entry = known ?? { payload: render(), bytes: 0 };
    this.payloads.delete(key);
    this.payloads.set(key, entry);
    if (!known) entry.payload.then(({ bytes }) => this.weigh(key, entry, bytes.byteLength + ENTRY_BYTES));
    return entry.payload;
  }

  private weigh(key: string, entry: Rendered, bytes: number): void {
    if (this.payloads.get(key) !== entry) return;
    entry.bytes = bytes;
    this.kept += bytes;
    for (const [oldest, { bytes: freed }] of this.payloads) {
      if (this.kept <= MAX_KEPT_BYTES) break;
      this.payloads.delete(oldest);
      this.kept -= freed;
    }
  }

  private async render(
    match: Rendering,
    prepared: PreparedDocument,
    dropPrevious: boolean,
  ): Promise<Payload> {
    this.renderings += 1;
    const { clock, metrics, model, settings } = this.context;
    const extensions = extensionsOf(match);
    const { options, renderingKey } = match.candidate;
    if (this.slow.has(renderingKey)) {
      metrics.count('resolver.slow');
      return fitting(failedPayload(prepared, extensions), settings.maxFrameBytes);
    }
    try {
      const source = payloadSource(match, settings.leave, dropPrevious);
      const began = clock.now();
      const text = await renderPayload(
        model,
        prepared,
        source,
        extensions,
        this.resolving(options?.identity),
      );
      if (prepared.isResolved && clock.now() - began >= SLOW_RENDERING_MS) this.slow.add(renderingKey);
      return fitting(text, settings.maxFrameBytes);
    } catch (error) {
      // Told to those who asked for it; the record and its neighbours go on.
      this.context.logger.error({ event: 'record.poison', eventId: extensions.eventId, err: error });
      this.context.metrics.count('record.poison');
      this.context.metrics.count('gap');
      return fitting(failedPayload(prepared, extensions), settings.maxFrameBytes);
    }
  }

  /** What resolvers of a selection get: one a batch and identity, so that they share what they read. */
  private resolving(identity: Identity | undefined): Resolving | undefined {
    const { api } = this.context;
    if (!identity || !api) return undefined;
    const reader = readerKey(identity);
    const context = this.contexts.get(reader) ?? api.contextFor({ identity });
    this.contexts.set(reader, context);
    return { context, formatError: api.formatError };
  }

  private tooLarge(match: Rendering, prepared: PreparedDocument, whole: Payload): Payload {
    const { typed } = match;
    const text = tooLargePayload(
      prepared,
      keyOf(typed.type, itemImage(typed.change)),
      whole.size,
      this.context.settings.maxFrameBytes,
      extensionsOf(match),
    );
    const bytes = Buffer.from(text, 'utf8');
    return { bytes, size: bytes.byteLength, tooLarge: true };
  }
}

function fitting(text: string, maxBytes: number): Payload {
  const size = byteLength(text);
  return { bytes: size > maxBytes ? NO_BYTES : Buffer.from(text, 'utf8'), size, tooLarge: false };
}

/** What the root field resolves to: an image, or the parts of a `…Change`. */
function payloadSource({ typed, kind }: Rendering, leave: 'image' | 'keys', dropPrevious: boolean): unknown {
  const { change, type } = typed;
  if (kind === 'item') return itemImage(change);
  const facts = { kind, eventId: change.eventId, at: new Date(change.at).toISOString() };
  switch (kind) {
    case 'ENTER':
      return { ...facts, item: change.newImage, previous: null, updatedFields: null };
    case 'UPDATE':
      return {
        ...facts,
        item: change.newImage,
        previous: dropPrevious ? null : change.oldImage,
        updatedFields: updatedFields(change, type),
      };
    case 'LEAVE':
      return {
        ...facts,
        item: null,
        previous: leave === 'keys' ? keysOnly(type, change.oldImage) : change.oldImage,
        updatedFields: null,
      };
    default:
      return kind satisfies never;
  }
}

/** Facts beside the data; of a step into or out of the set, nothing is told about the side that is not sent. */
function extensionsOf({ typed: { change, type }, kind }: Rendering): PayloadExtensions {
  const isUpdate = kind === 'UPDATE' || (kind === 'item' && change.eventName === 'MODIFY');
  return {
    eventId: change.eventId,
    sequenceNumber: change.sequenceNumber,
    approximateCreationTime: new Date(change.at).toISOString(),
    ...(isUpdate && { updatedFields: updatedFields(change, type) }),
    ...(change.expired && { expired: true }),
  };
}

function keysOnly(type: TableType, image: Image | undefined): Image {
  const keys: Record<string, Image[string]> = Object.create(null);
  for (const name of type.keys) {
    const attribute = type.fields.get(name)?.attribute;
    const value = attribute === undefined ? undefined : image?.[attribute];
    if (attribute !== undefined && value) keys[attribute] = value;
  }
  return keys;
}

function keyOf(type: TableType, image: Image | undefined): Readonly<Record<string, unknown>> {
  const key: Record<string, unknown> = Object.create(null);
  for (const name of type.keys) {
    const field = type.fields.get(name);
    if (field) key[name] = coerceOrNull(image?.[field.attribute], field.type);
  }
  return key;
}

function coerceOrNull(...[attribute, type]: Parameters<typeof coerce>): unknown {
  try {
    return coerce(attribute, type);
  } catch {
    return null;
  }
}
