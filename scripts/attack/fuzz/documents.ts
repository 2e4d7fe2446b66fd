import type { HostileRequest } from '../hostile/documents.ts';
import { hostileDocuments } from '../hostile/documents.ts';
import { GOOD_KEY } from '../world/credentials.ts';
import { DIALECT_FRAMES, DIALECTS } from '../world/dialects.ts';
import { type AttackWorldOptions, createAttackWorld } from '../world/world.ts';
import { type CostBook, cpuOf } from './cost.ts';

export interface DocumentsReport {
  readonly documents: number;
  readonly unanswered: number;
  readonly trace: readonly string[];
}

/** Fields of every kind, nested items among them: what documents may be made of at their worst. */
const SDL = `
type Todo @table(name: "Todos") {
  id: ID!  title: String!  memo: String  priority: Int  completed: Boolean  rating: Float  tags: [String]  place: Place
}
type Place { name: String  street: String  within: Place }
`;

/** Every document made to cost as much as it can, in every dialect, through the relay's own `$default`. */
export async function sendHostileDocuments(
  { costs, signal, every = 1 }: { costs: CostBook; signal: AbortSignal; every?: number },
  options: AttackWorldOptions = {},
): Promise<DocumentsReport> {
  const trace: string[] = [];
  let documents = 0;
  let unanswered = 0;
  const own = { sdl: SDL, ...options };
  const { context } = createAttackWorld(own);
  let number = 0;
  for (const request of hostileDocuments(context.model, context.settings.limits)) {
    number += 1;
    if (number % every !== 0) continue;
    signal.throwIfAborted();
    for (const dialect of DIALECTS) {
      documents += 1;
      const send = () => sendOne(request, dialect, own);
      const { cpuMs, replies, isLive } = await send();
      const name = `${dialect}, ${request.name}`;
      costs.add({ ms: cpuMs, name, again: async () => (await send()).cpuMs });
      if (replies.length > 0 || isLive) continue;
      unanswered += 1;
      trace.push(`${name}: expected a reply or a subscription, got none`);
    }
  }
  return { documents, unanswered, trace };
}

/** On a connection and a relay of its own: what one caches shall not make the next one cheap. */
async function sendOne(
  request: HostileRequest,
  dialect: (typeof DIALECTS)[number],
  options: AttackWorldOptions,
) {
  const world = createAttackWorld(options);
  const subprotocol = dialect === 'graphql-transport-ws' ? dialect : 'graphql-ws';
  await world.open('hostile=', { headers: { 'sec-websocket-protocol': subprotocol, 'x-api-key': GOOD_KEY } });
  await world.send('hostile=', '{"type":"connection_init"}');
  const body = JSON.stringify(
    DIALECT_FRAMES[dialect].start('1', request.query, undefined, request.variables),
  );
  let replies: readonly string[] = [];
  const cpuMs = await cpuOf(async () => {
    replies = await world.send('hostile=', body);
  });
  const live = await world.context.registry.subscriptions('hostile=');
  return { cpuMs, replies, isLive: live.length > 0 };
}
