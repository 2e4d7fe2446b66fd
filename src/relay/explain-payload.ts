import { prepareDocument } from '../render/render.ts';
import type { TypedChange } from './deliver/intake.ts';
import type { MatchKind } from './deliver/judge.ts';
import { BatchRenderer, type RenderContext } from './deliver/payload.ts';
import type { ExplainedSubscription } from './explain-subscription.ts';

/** What a subscriber is sent of a change. Holds the item's values. */
export interface ExplainedPayload {
  /** True when the frame would not fit, and `PAYLOAD_TOO_LARGE` goes out in its place. */
  readonly tooLarge: boolean;
  /** Bytes of the whole frame as it would be posted. */
  readonly frameBytes: number;
  /** The payload as the client gets it; absent where resolvers answer part of it, for those do not run here. */
  readonly payload?: unknown;
  /** The errors in it, `path: message`: fields whose attribute does not fit their type. */
  readonly errors: readonly string[];
  /** True when a resolver answers a field of the selection. */
  readonly isResolved: boolean;
}

/** @returns the payload, or in words why the stored document no longer fits the schema */
export async function explainPayload(
  context: RenderContext,
  match: {
    readonly typed: TypedChange;
    readonly subscription: ExplainedSubscription;
    readonly kind: MatchKind;
  },
): Promise<ExplainedPayload | string> {
  const { document, candidate } = match.subscription;
  if (document === undefined) return 'its document is no longer stored';
  const preparation = prepareDocument(context.model, document);
  if (!preparation.ok) return preparation.message;
  const { prepared } = preparation;
  if (prepared.isResolved) return { tooLarge: false, frameBytes: 0, errors: [], isResolved: true };
  const { frame, tooLarge } = await new BatchRenderer(context).frame(
    { typed: match.typed, kind: match.kind, candidate },
    prepared,
  );
  const payload = payloadOf(JSON.parse(Buffer.from(frame).toString('utf8')));
  const whole = { tooLarge, frameBytes: frame.byteLength, payload, isResolved: false };
  return { ...whole, errors: tooLarge ? [] : errorsOf(payload) };
}

/** Every dialect has it under the same name. */
function payloadOf(frame: unknown): unknown {
  return typeof frame === 'object' && frame !== null && 'payload' in frame ? frame.payload : undefined;
}

function errorsOf(payload: unknown): string[] {
  if (typeof payload !== 'object' || payload === null || !('errors' in payload)) return [];
  if (!Array.isArray(payload.errors)) return [];
  return payload.errors.flatMap((error: unknown) => {
    if (typeof error !== 'object' || error === null || !('message' in error)) return [];
    const path = 'path' in error && Array.isArray(error.path) ? `${error.path.join('.')}: ` : '';
    return [`${path}${String(error.message)}`];
  });
}
