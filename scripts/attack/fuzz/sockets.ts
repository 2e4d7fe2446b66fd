import { createSeededRandom } from '../../../src/testing/random.ts';
import { ALICE, GOOD_KEY } from '../world/credentials.ts';
import { BAD_UPGRADES } from '../world/upgrades.ts';
import {
  type AttackUpgrade,
  type AttackWorld,
  type AttackWorldOptions,
  createAttackWorld,
} from '../world/world.ts';
import { ALL_FRAMES, CORPUS } from './corpus.ts';
import { type CostBook, cpuOf } from './cost.ts';
import { hostileFrame } from './mutate.ts';
import { readObject, type Seen, toldBy, wrongReply } from './table.ts';

/** Frames one socket sends before another is opened. */
export const FRAMES_EACH = 40;
/** Sockets that share a relay table: what they leave there is DynamoDB's, not this process's. */
const SOCKETS_EACH = 100;

const UPGRADES: readonly AttackUpgrade[] = [
  { headers: { 'sec-websocket-protocol': 'graphql-transport-ws', 'x-api-key': GOOD_KEY } },
  { headers: { 'sec-websocket-protocol': 'graphql-ws', authorization: ALICE } },
  {
    headers: { 'sec-websocket-protocol': 'graphql-ws' },
    query: { header: header({ 'x-api-key': GOOD_KEY }) },
  },
  { headers: { 'x-api-key': GOOD_KEY } },
  ...BAD_UPGRADES.map(([, upgrade]) => upgrade),
];

function header(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

export interface FuzzReport {
  frames: number;
  crashes: number;
  /** Replies that are none of those the tables of PROTOCOL.md allow, silence among them. */
  wrong: number;
  readonly trace: string[];
}

interface Script {
  readonly upgrade: AttackUpgrade;
  /** `undefined`: a binary frame. */
  readonly frames: readonly (string | undefined)[];
}

/** What one socket sends: the same for the same seed and number. */
export function scriptOf(seed: number, number: number): Script {
  const random = createSeededRandom(seed * 7_919 + number);
  const upgrade = random.pick(UPGRADES);
  const told = upgrade.headers?.['sec-websocket-protocol'];
  const corpus = upgrade.query
    ? CORPUS.appsync
    : told === 'graphql-transport-ws'
      ? CORPUS[told]
      : told === 'graphql-ws'
        ? [...CORPUS.apollo, ...CORPUS.appsync]
        : ALL_FRAMES;
  const init = JSON.stringify({ type: 'connection_init', payload: { 'x-api-key': GOOD_KEY } });
  const frames = Array.from({ length: FRAMES_EACH }, (_, n) =>
    n === 0 && random.chance(0.7) ? init : random.chance(0.01) ? undefined : hostileFrame(random, corpus),
  );
  return { upgrade, frames };
}

/**
 * Sends `frames` hostile frames through the relay's own `$default`, and holds every reply against PROTOCOL.md.
 * @param options what the world is made of; a planted `receive` is how the attack itself is tested
 */
export async function fuzzSockets(
  {
    seed,
    frames,
    costs,
    onFrames,
  }: { seed: number; frames: number; costs: CostBook; onFrames: (done: number) => void },
  options: AttackWorldOptions = {},
): Promise<FuzzReport> {
  const report: FuzzReport = { frames: 0, crashes: 0, wrong: 0, trace: [] };
  let world = createAttackWorld(options);
  for (let number = 0; report.frames < frames; number += 1) {
    if (number % SOCKETS_EACH === SOCKETS_EACH - 1) world = createAttackWorld(options);
    const script = scriptOf(seed, number);
    const socket = await openSocket(world, `f${number}=`, script.upgrade);
    for (const [at, body] of script.frames.entries()) {
      if (report.frames === frames) break;
      report.frames += 1;
      const name = `socket ${number}, frame ${at}: ${(body ?? 'binary').slice(0, 160)}`;
      const outcome = await socket.send(body);
      costs.add({ ms: outcome.cpuMs, name, again: () => again(options, script, at) });
      if (outcome.fault === undefined) continue;
      if (outcome.crashed) report.crashes += 1;
      else report.wrong += 1;
      if (report.trace.length < 20) report.trace.push(`${name}: ${outcome.fault}`);
    }
    await world.disconnect(`f${number}=`);
    onFrames(report.frames);
  }
  return report;
}

/** CPU of one frame of a script, after those before it, with nothing else in the relay. */
async function again(options: AttackWorldOptions, { upgrade, frames }: Script, at: number): Promise<number> {
  const socket = await openSocket(createAttackWorld(options), 'again=', upgrade);
  for (const body of frames.slice(0, at)) await socket.send(body);
  return (await socket.send(frames[at])).cpuMs;
}

interface Outcome {
  readonly cpuMs: number;
  readonly fault?: string;
  readonly crashed?: true;
}

/** A socket whose replies are judged; it keeps what PROTOCOL.md says of it itself. */
async function openSocket(world: AttackWorld, id: string, upgrade: AttackUpgrade) {
  await world.open(id, upgrade);
  const calledOff = new Set<string>();
  const look = async (): Promise<Seen> => {
    const { registry } = world.context;
    const [connection, live] = await Promise.all([registry.connection(id), registry.subscriptions(id)]);
    return {
      dialect: connection?.dialect,
      initialised: connection?.initialised ?? false,
      closed: connection?.closed ?? true,
      live: new Set(live.map(({ clientId }) => clientId)),
      calledOff: new Set(calledOff),
    };
  };
  let before = await look();
  return {
    async send(body: string | undefined): Promise<Outcome> {
      let replies: readonly string[] = [];
      try {
        const cpuMs = await cpuOf(async () => {
          replies = await world.send(id, body);
        });
        const after = await look();
        const fault = wrongReply(body, replies, before, after) ?? wrongDialect(body, before, after);
        noteCallOff(body, before, after, calledOff);
        before = { ...after, calledOff: new Set(calledOff) };
        return { cpuMs, ...(fault !== undefined && { fault }) };
      } catch (error) {
        return { cpuMs: 0, fault: `crashed: ${String(error)}`, crashed: true };
      }
    },
  };
}

/** A connection speaks what its upgrade or its first operation told, and no frame after them changes it. */
function wrongDialect(body: string | undefined, before: Seen, after: Seen): string | undefined {
  const told = before.dialect ?? (body === undefined ? undefined : toldBy(readObject(body)));
  const isRead = before.dialect !== undefined || after.dialect !== undefined;
  if (before.closed || !isRead || after.dialect === told) return undefined;
  return `expected it to speak ${told ?? 'nothing yet'}, got ${after.dialect ?? 'nothing yet'}`;
}

/** `complete` of an id that is not live calls off the next `subscribe` of that id. */
function noteCallOff(body: string | undefined, before: Seen, after: Seen, calledOff: Set<string>): void {
  const frame = body === undefined ? undefined : readObject(body);
  const id = frame?.['id'];
  if (typeof id !== 'string') return;
  if (frame?.['type'] === 'complete' || frame?.['type'] === 'stop') {
    if (before.initialised && !before.live.has(id)) calledOff.add(id);
  } else if (after.live.has(id)) calledOff.delete(id);
}
