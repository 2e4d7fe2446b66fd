import type { SweepContext } from '../context.ts';
import type { Stop } from '../deliver/chain-report.ts';
import { sendChains } from '../deliver/chains.ts';
import type { OwedFrame } from '../deliver/owed.ts';
import { settle } from '../deliver/settle.ts';
import { bounded, type SendTime } from '../deliver/time.ts';
import { decodeMessage, type HandedOver } from './message.ts';
import { openMessage, PayloadTexts } from './open.ts';
import type { FanOutStore, Token } from './ports.ts';

/** A message as the queue delivers it. */
export interface ReceivedMessage {
  /** By which it is named when it is to come again. */
  readonly id: string;
  readonly group: string;
  readonly body: string;
}

/** @returns ids of the messages that are to come again: of each group all from the first that is not done */
export type DeliverMessages = (
  messages: readonly ReceivedMessage[],
  time: SendTime,
) => Promise<readonly string[]>;

/**
 * The other end of {@link createHandOver}: sends what messages hold, along the same chains as a batch that goes out
 * directly, with its retries, its reaping of who is gone and its telling of who is slow. Groups go side by side and share
 * the posts that may be under way; what fails in one holds up no other. Of a message that comes again all is sent again.
 */
export function createDeliverMessages(context: SweepContext, store: FanOutStore): DeliverMessages {
  return async (messages, time) => {
    const groups = new Map<string, ReceivedMessage[]>();
    for (const message of messages)
      groups.set(message.group, [...(groups.get(message.group) ?? []), message]);
    const maxConcurrentPosts = Math.max(
      1,
      Math.floor(context.settings.maxConcurrentPosts / Math.max(1, groups.size)),
    );
    const own = { ...context, settings: { ...context.settings, maxConcurrentPosts } };
    const texts = new PayloadTexts(store);
    const failed = await Promise.all(
      [...groups.values()].map((group) => deliverGroup(own, store, texts, group, time)),
    );
    return failed.flat();
  };
}

async function deliverGroup(
  context: SweepContext,
  store: FanOutStore,
  texts: PayloadTexts,
  group: readonly ReceivedMessage[],
  time: SendTime,
): Promise<readonly string[]> {
  const startedAt = context.clock.now();
  const opened = await openGroup(context, texts, group);
  const within = bounded(context, time);
  let stop: Stop | undefined;
  try {
    const report = await sendChains(context, opened.owed, within);
    const untold = await settle(context, report, [], within);
    stop = earliest(report.stop, untold);
    context.metrics.count('delivered', report.sent);
    if (report.skipped > 0) context.metrics.count('overflow.skipped', report.skipped);
    context.logger.info({
      event: 'fan-out.delivered',
      group: group[0]?.group,
      messages: opened.messages.length,
      frames: opened.owed.length,
      sent: report.sent,
      gone: report.gone.size,
      slow: report.slow.size,
      tooLarge: report.tooLarge,
      ...(report.skipped > 0 && { skipped: report.skipped }),
      ...(stop && { failedFrom: stop.record, reason: stop.reason }),
      ms: context.clock.now() - startedAt,
    });
  } catch (error) {
    context.logger.error({ event: 'fan-out.delivery-failed', err: error });
    stop = { record: 0, reason: 'fault' };
  }
  const done = opened.messages.slice(0, stop?.record);
  await forget(
    context,
    store,
    done.map(({ token }) => token),
  );
  return group.slice(done.length).map(({ id }) => id);
}

/** The messages of a group up to the first that cannot be opened: it and those behind it come again. */
async function openGroup(
  context: SweepContext,
  texts: PayloadTexts,
  group: readonly ReceivedMessage[],
): Promise<{ readonly messages: readonly HandedOver[]; readonly owed: readonly OwedFrame[] }> {
  const messages: HandedOver[] = [];
  const owed: OwedFrame[][] = [];
  for (const { id, body } of group) {
    try {
      const message = decodeMessage(body);
      if (typeof message === 'string') {
        context.logger.error({ event: 'fan-out.unreadable', messageId: id, reason: message });
        break;
      }
      owed.push(await openMessage(context, texts, message, messages.length));
      messages.push(message);
    } catch (error) {
      context.logger.error({ event: 'fan-out.unopened', messageId: id, err: error });
      break;
    }
  }
  return { messages, owed: owed.flat() };
}

function earliest(one: Stop | undefined, other: Stop | undefined): Stop | undefined {
  return one && other ? (other.record < one.record ? other : one) : (one ?? other);
}

/**
 * A token that cannot be removed is left to expire: until then small batches of its tables go through the queue as well,
 * where sending all again would repeat a thousand frames.
 */
async function forget({ logger }: SweepContext, store: FanOutStore, tokens: readonly Token[]): Promise<void> {
  if (tokens.length === 0) return;
  try {
    await store.remove(tokens);
  } catch (error) {
    logger.warn({ event: 'fan-out.token-kept', count: tokens.length, err: error });
  }
}
