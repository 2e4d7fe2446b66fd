import { codecOf } from '../protocol/negotiation.ts';
import type { RelayContext } from './context.ts';
import type { FrameVerdict } from './frame-rate.ts';

/** What is not simply answered. */
type Refused = Exclude<FrameVerdict, 'take'>;

/**
 * A connection that sends more frames than it may. The first one too many ends all it runs and refuses it. A client of
 * graphql-transport-ws then closes by itself, for good; were its socket closed from here it would connect again at once,
 * and go on. Clients of the other two dialects take no notice of a refusal once they are let in, but come back after a
 * pause when their socket is closed: so it is. Who neither closes nor stops is cut off.
 * @returns the refusal, or nothing
 */
export async function flooded(
  context: RelayContext,
  connectionId: string,
  verdict: Refused,
): Promise<string | undefined> {
  if (verdict === 'drop') return undefined;
  const { logger, metrics, registry, settings, transport } = context;
  const { framesPerMinute } = settings.limits;
  try {
    const connection = await registry.connection(connectionId);
    const target = connection && { connectionId, stage: connection.stage };
    if (verdict === 'disconnect') {
      if (target) await transport.disconnect(target);
      return undefined;
    }
    logger.warn({ event: 'connection.flooded', connectionId, framesPerMinute });
    metrics.count('connection.flooded');
    const refusal = codecOf(connection?.dialect).refuse(words(framesPerMinute), 4429);
    await registry.close(connectionId);
    if (!target || connection.dialect === undefined || connection.dialect === 'graphql-transport-ws')
      return refusal;
    await transport.post(target, Buffer.from(refusal, 'utf8'));
    await transport.disconnect(target);
    return undefined;
  } catch (err) {
    logger.error({ event: 'frame.failed', connectionId, err });
    metrics.count('frame.failed');
    return codecOf(undefined).refuse(words(framesPerMinute), 4429);
  }
}

function words(framesPerMinute: number): string {
  return `Too many frames: expected at most ${framesPerMinute} a minute, got more`;
}
