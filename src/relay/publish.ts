import { randomUUID } from 'node:crypto';
import type { Publish } from '../api/ports.ts';
import { publishedImage } from '../api/published-image.ts';
import { TablecastError } from '../errors.ts';
import type { DeliveryContext } from './context.ts';
import { createPipeline } from './deliver/pipeline.ts';

/** Longest a publish may take to send, ms: it runs inside somebody's request. */
const SENDING_MS = 20_000;

/**
 * `publish()`: delivers an event that is no table change to the subscribers of a `@published` field, through the same
 * pipeline as a change. It resolves once every subscriber has it or is known not to take it; nothing is kept for later.
 * @throws TablecastError `PUBLISH_INVALID` for a field that is not published or a payload that does not fit its type ·
 * `REGISTRY_UNAVAILABLE` before anything was sent · `TRANSPORT_UNAVAILABLE` when some may have it and some not
 */
export function createPublish(context: DeliveryContext): Publish {
  const pipeline = createPipeline(context);
  let count = 0n;
  return async (name, payload) => {
    const field = context.model.subscriptions.get(name);
    if (field?.source !== 'published') throw new TablecastError('PUBLISH_INVALID', expected(context, name));
    const at = context.clock.now();
    count += 1n;
    const eventId = randomUUID();
    const batch = await pipeline([
      {
        record: 0,
        type: field.type,
        change: {
          eventId,
          eventName: 'INSERT',
          table: field.type.table,
          streamArn: '',
          sequenceNumber: String(BigInt(at) * 1_000_000n + count),
          at,
          keys: Object.create(null),
          newImage: publishedImage(field, payload),
          expired: false,
        },
      },
    ]);
    const end = at + SENDING_MS;
    const report = await batch.send({ remainingMs: () => end - context.clock.now() });
    const matched = batch.changes.reduce((sum, { matches }) => sum + matches.length, 0);
    context.metrics.count('published');
    context.metrics.count('delivered', report.sent);
    context.logger.info({ event: 'publish', eventId, field: name, matched, sent: report.sent });
    if (report.stop) {
      throw new TablecastError('TRANSPORT_UNAVAILABLE', `publish ${name}: ${report.stop.reason}`);
    }
    return { eventId, matched, sent: report.sent };
  };
}

function expected({ model }: DeliveryContext, name: string): string {
  const published = [...model.subscriptions.values()].filter(({ source }) => source === 'published');
  const names = published.map((field) => field.name).join(', ') || 'none is there';
  return `publish: expected a subscription field marked @published (${names}), got ${JSON.stringify(name.slice(0, 64))}`;
}
