import type { Tables } from '../../../src/api/ports.ts';
import { createSeededRandom } from '../../../src/testing/random.ts';
import { DIALECTS } from '../world/dialects.ts';
import { BAD_UPGRADES } from '../world/upgrades.ts';
import { type AttackWorld, type AttackWorldOptions, createAttackWorld } from '../world/world.ts';
import { type Message, messagesOf, ordersOf } from './messages.ts';

export interface OrdersReport {
  orders: number;
  frames: number;
  /** Subscriptions, queries and mutations that ran for nobody. */
  subscriptions: number;
  ran: number;
  /** Replies that tell a client without a credential it is let in. */
  letIn: number;
  readonly trace: string[];
}

/** Sockets that share a relay. */
const SOCKETS_EACH = 500;
const LET_IN = /"(connection_ack|start_ack|ka|next|data)"/;

/** Which orders are sent on each kind of socket in each dialect. */
export interface OrdersPlan {
  /** Every order of this many messages; the shorter ones begin them. */
  readonly every: number;
  /** Besides, as many orders of five messages as this, drawn at random. */
  readonly drawn: number;
  readonly seed: number;
}

/** Messages of an order that is drawn. */
const DRAWN_LENGTH = 5;

function* planned(
  messages: readonly Message[],
  { every, drawn, seed }: OrdersPlan,
): Generator<readonly Message[]> {
  yield* ordersOf(messages, every);
  const random = createSeededRandom(seed);
  for (let number = 0; number < drawn; number += 1) {
    const left = [...messages];
    yield Array.from({ length: DRAWN_LENGTH }, () => left.splice(random.integer(left.length), 1)).flat();
  }
}

/**
 * Sends orders of messages, in every dialect, on sockets opened in every way that brings no good credential. Until the one message that brings a good one, nothing may run; an operation whose own credential is wrong may never.
 */
export async function runOrders(
  plan: OrdersPlan,
  onOrders: (done: number) => void,
  options: AttackWorldOptions = {},
): Promise<OrdersReport> {
  const report: OrdersReport = { orders: 0, frames: 0, subscriptions: 0, ran: 0, letIn: 0, trace: [] };
  let touched = 0;
  const wrapTables = (tables: Tables): Tables =>
    new Proxy(tables, {
      get(target, name) {
        touched += 1;
        return Reflect.get(target, name);
      },
    });
  const create = () => createAttackWorld({ ...options, wrapTables });
  let world = create();
  for (const [upgradeName, upgrade] of BAD_UPGRADES) {
    for (const dialect of DIALECTS) {
      for (const order of planned(messagesOf(dialect), plan)) {
        report.orders += 1;
        if (report.orders % SOCKETS_EACH === 0) {
          world = create();
          onOrders(report.orders);
        }
        const id = `o${report.orders}=`;
        await world.open(id, upgrade);
        for (const [at, message] of order.entries()) {
          report.frames += 1;
          touched = 0;
          const isSomebody = order.slice(0, at).some(({ letsIn }) => letsIn) || message.letsIn === true;
          const faults = await judge(world, id, message, isSomebody, () => touched);
          report.subscriptions += faults.subscriptions;
          report.ran += faults.ran;
          report.letIn += faults.letIn;
          if (faults.words && report.trace.length < 20) {
            const names = order.slice(0, at + 1).map(({ name }) => name);
            report.trace.push(`${upgradeName}, ${dialect}: ${names.join(', ')}: ${faults.words}`);
          }
        }
        await world.disconnect(id);
      }
    }
  }
  return report;
}

async function judge(
  world: AttackWorld,
  id: string,
  message: Message,
  isSomebody: boolean,
  touched: () => number,
) {
  const faults = { subscriptions: 0, ran: 0, letIn: 0, words: '' };
  const replies = await world.send(id, message.body);
  if (isSomebody && !message.isWrong) return faults;
  // A connection that was let in may have subscriptions; of the operation that is refused there may be none.
  const live = await world.context.registry.subscriptions(id);
  const own = isSomebody ? live.filter(({ clientId }) => clientId === '4') : live;
  const said = replies.filter((reply) => LET_IN.test(reply));
  faults.subscriptions = own.length;
  faults.ran = touched();
  faults.letIn = said.length;
  if (own.length > 0) faults.words = 'a subscription is live';
  else if (faults.ran > 0) faults.words = 'a table was asked';
  else if (said.length > 0) faults.words = `it was told ${said.join(', ').slice(0, 200)}`;
  return faults;
}
