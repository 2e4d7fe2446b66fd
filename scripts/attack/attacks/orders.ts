import type { Proof, Size } from '../../prove/proof.ts';
import { replayCommand } from '../../prove/replay.ts';
import { type OrdersPlan, runOrders } from '../orders/run.ts';
import { BAD_UPGRADES } from '../world/upgrades.ts';

const PLANS: Readonly<Record<Size, Omit<OrdersPlan, 'seed'>>> = {
  short: { every: 2, drawn: 50 },
  normal: { every: 3, drawn: 1_000 },
  long: { every: 5, drawn: 0 },
};

/** S3: the order of messages that let strangers in elsewhere (CVE-2026-35523: `start` without `connection_init`). */
export const attack: Proof = {
  id: 'S3',
  claim:
    'no order of messages, in any dialect, on a socket opened in whatever way, runs anything without a credential',
  async run({ size, seed, signal, progress }) {
    const onOrders = (done: number) => {
      signal.throwIfAborted();
      progress(`${done} orders`);
    };
    const { orders, frames, subscriptions, ran, letIn, trace } = await runOrders(
      { ...PLANS[size], seed },
      onOrders,
    );
    return {
      holds: trace.length === 0,
      figure: `${orders} orders of up to 5 messages on ${BAD_UPGRADES.length} kinds of sockets: subscriptions ${subscriptions}, queries and mutations ${ran}, let in ${letIn}`,
      measures: { orders, frames, subscriptions, ran, letIn },
      ...(trace.length > 0 && { trace: [...trace, replayCommand('S3', size, seed, 'attack')] }),
    };
  },
};
