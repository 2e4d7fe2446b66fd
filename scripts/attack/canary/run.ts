import { type Logger, pino } from 'pino';
import type { Tables } from '../../../src/api/ports.ts';
import { createLogger } from '../../../src/observe/logger.ts';
import type { Project } from '../../../src/project.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import { keepAlive } from '../../../src/relay/keepalive.ts';
import type { MonotonicClock, Registry } from '../../../src/relay/ports.ts';
import { DIALECTS } from '../world/dialects.ts';
import { recordOf } from '../world/records.ts';
import { type AttackWorld, type AttackWorldOptions, createAttackWorld } from '../world/world.ts';
import { framesWith, requestsWith, upgradesWith } from './inputs.ts';
import { type Canaries, createCanaries, inLogs, inRows } from './kinds.ts';
import { CANARY_SDL, failingProject } from './project.ts';

export interface CanaryReport {
  readonly released: number;
  readonly lines: number;
  readonly rows: number;
  /** Frames that came to subscribers: without any, nothing was at stake. */
  readonly delivered: number;
  readonly trace: readonly string[];
}

export interface CanaryOptions {
  readonly createRegistry?: (clock: MonotonicClock) => Registry;
  /** Every row of the relay table, as text; none where there is no table. */
  readonly rows?: () => Promise<readonly string[]>;
  /** In place of the relay's own: what the attack must find is planted here. */
  readonly planted?: {
    readonly logger?: (destination: { write(line: string): void }) => Logger;
    readonly project?: (project: Project) => Project;
    readonly receive?: AttackWorldOptions['receive'];
  };
}

/**
 * Puts a text of its own into every input there is (upgrades, params, tokens, documents, variables, filters, ids, items,
 * errors), runs connections through their whole lives with the logger at its most talkative, and looks for the texts in
 * every log line and every row.
 */
export async function runCanary({
  createRegistry,
  rows,
  planted = {},
}: CanaryOptions): Promise<CanaryReport> {
  const canaries = createCanaries();
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const project = failingProject(canaries);
  const world = createAttackWorld({
    sdl: CANARY_SDL,
    project: planted.project?.(project) ?? project,
    logger: planted.logger?.(destination) ?? createLogger({ level: 'trace', destination }),
    settings: { initWaitMs: 100, explainLog: true },
    wrapTables: (tables) => failingTables(tables, canaries),
    ...(createRegistry && { createRegistry }),
    ...(planted.receive && { receive: planted.receive }),
  });
  const { delivered, rowsSeen } = await live(world, canaries, rows);
  const logged = inLogs(lines.join('\n'));
  const stored = inRows(rowsSeen.join('\n'));
  const shown = (canary: string, texts: readonly string[]) =>
    `${canary}: ${texts
      .find((text) => text.includes(canary))
      ?.trim()
      .slice(0, 400)}`;
  const trace = [
    ...logged.slice(0, 10).map((canary) => `in a log line, ${shown(canary, lines)}`),
    ...stored.slice(0, 10).map((canary) => `in a row, ${shown(canary, rowsSeen)}`),
    ...(delivered === 0 ? ['expected changes to be delivered, got none: nothing was at stake'] : []),
    ...(lines.length === 0 ? ['expected log lines, got none'] : []),
  ];
  return { released: canaries.released, lines: lines.length, rows: rowsSeen.length, delivered, trace };
}

async function live(world: AttackWorld, canaries: Canaries, rows: CanaryOptions['rows']) {
  const ids: string[] = [];
  const rowsSeen: string[] = [];
  for (const [n, upgrade] of upgradesWith(canaries).entries()) {
    const dialect = DIALECTS[n % DIALECTS.length] ?? 'apollo';
    const id = `canary-${n}=`;
    const { status } = await world.open(id, upgrade);
    if (status !== 200) continue;
    ids.push(id);
    for (const body of framesWith(canaries, dialect)) await world.send(id, body);
  }
  for (const request of requestsWith(canaries)) await world.http(request);
  for (const id of ids) world.posted(id);

  const image = (title: string) => ({
    id: { S: canaries.of('image') },
    title: { S: title },
    by: { S: canaries.of('image') },
    priority: { S: canaries.of('image') },
  });
  const newImage = image(canaries.of('image'));
  const keys = { id: newImage.id };
  const at = world.clock.now();
  const records = [
    recordOf('Todos', at, { newImage, keys }),
    recordOf('Todos', at, { newImage: image('b'), oldImage: newImage, keys }),
    recordOf('Todos', at, { oldImage: newImage, keys }),
    { eventName: canaries.of('image'), dynamodb: { Keys: { id: { X: canaries.of('image') } } } },
  ];
  await createDeliver(world.context)(records, { remainingMs: () => 60_000 });
  await keepAlive(world.context, { remainingMs: () => 60_000 });
  const delivered = ids.flatMap((id) => world.posted(id)).filter((frame) => frame.includes('eventId')).length;
  rowsSeen.push(...((await rows?.()) ?? []));
  for (const id of ids) await world.disconnect(id);
  rowsSeen.push(...((await rows?.()) ?? []));
  return { delivered, rowsSeen };
}

/** Tables whose writes fail as a library's do, every other time. */
function failingTables(tables: Tables, canaries: Canaries): Tables {
  let calls = 0;
  return {
    ...tables,
    async create(type, image) {
      calls += 1;
      if (calls % 2 === 0) return tables.create(type, image);
      throw Object.assign(new Error(`ValidationException: ${canaries.of('error')}`), { input: image });
    },
  };
}

/** A logger without an allow-list: what is passed is written. For tests of the attack. */
export function logsAll(destination: { write(line: string): void }): Logger {
  return pino({ level: 'trace', base: null }, destination);
}
