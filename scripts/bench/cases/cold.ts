import type { BenchCase, BenchOptions, CaseReport } from '../case.ts';
import { orMissing, spreadOf } from '../figures.ts';
import { ask, start } from '../processes.ts';
import { interleaved } from '../rounds.ts';
import { tableName } from '../servers/table-names.ts';
import {
  type Cell,
  CREDENTIALS,
  insertOf,
  plainFrame,
  REGION,
  STAGE,
  subscribersOf,
  todoOf,
} from '../workload.ts';
import { assertSame, CERT_FILE, type Measurement, startWorld, type World } from '../world.ts';
import { buildColdBundles, COLD_PROGRAMS, type ColdBundles, type ColdProgram } from './cold/bundles.ts';
import type { ColdReply, ColdWork, PostingEvent } from './cold/messages.ts';

const CELL: Cell = { subscribers: 1_000, matches: 1_000, documents: 1 };
const SERVICE_MS = 10;
const CONCURRENCY = 64;
const MOST_MS = 400;

type Cold = ColdReply & Pick<Measurement, 'digests'>;

/** P7: what a function that was just started needs for its first thousand deliveries. */
export const cold: BenchCase = {
  name: 'cold',
  about: 'the first 1,000 deliveries of a fresh, bundled process (P7)',
  isDefault: true,
  async run(options) {
    const bundles = await buildColdBundles();
    const world = await startWorld();
    try {
      await world.serve({ serviceMs: SERVICE_MS });
      await world.seed('tablecast', CELL);
      return reportOf(await measureAll(world, bundles, options));
    } finally {
      world.stop();
    }
  },
};

async function measureAll(
  world: World,
  bundles: ColdBundles,
  options: BenchOptions,
): Promise<ReadonlyMap<ColdProgram, readonly Cold[]>> {
  const results = await interleaved(COLD_PROGRAMS, options, (name) => measure(world, bundles, name));
  for (let round = 0; round < options.rounds; round += 1) {
    const own = COLD_PROGRAMS.flatMap((name) => {
      const measured = results.get(name)?.[round];
      return measured ? [[name, measured] as const] : [];
    });
    assertSame(new Map(own));
  }
  return results;
}

async function measure(world: World, bundles: ColdBundles, name: ColdProgram): Promise<Cold> {
  const todo = todoOf(0);
  const child = start('cold-worker', {
    NODE_EXTRA_CA_CERTS: CERT_FILE,
    ...handlerEnvironment(world, bundles.schemaFile),
  });
  try {
    const posting: PostingEvent = {
      endpoint: `https://${world.sinkHost}`,
      connectionIds: subscribersOf(CELL).map(({ connectionId }) => connectionId),
      frame: Buffer.from(plainFrame(todo)).toString('utf8'),
      concurrency: CONCURRENCY,
    };
    const event = name === 'stream' ? { Records: [insertOf(todo, Date.now())] } : posting;
    const work: ColdWork = { bundle: bundles.urls[name], event };
    await world.take();
    const reply = await ask<ColdReply>(child, work, name);
    const { digests } = await world.take();
    const posts = digests.get(todo.id)?.posts;
    if (posts !== CELL.matches) throw new Error(`${name}: expected ${CELL.matches} deliveries, got ${posts}`);
    return { ...reply, digests };
  } finally {
    child.kill();
  }
}

/** What the function has in its environment, pointed at the servers here. */
function handlerEnvironment(world: World, schemaFile: string): Readonly<Record<string, string>> {
  return {
    TABLECAST_SCHEMA: schemaFile,
    TABLECAST_RELAY_TABLE: tableName('tablecast', CELL),
    TABLECAST_CONNECTIONS_ENDPOINT: `https://${world.sinkHost}/${STAGE}`,
    TABLECAST_METRICS: 'off',
    DYNAMODB_ENDPOINT: world.dynamodb,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

const LABELS: Readonly<Record<ColdProgram, string>> = {
  stream: 'stream handler (whole pipeline)',
  transport: 'its transport alone',
  sdk: 'AWS SDK v3 loop',
};

function reportOf(results: ReadonlyMap<ColdProgram, readonly Cold[]>): CaseReport {
  const figure = (name: ColdProgram, of: (one: Cold) => number) => spreadOf(results.get(name), of);
  const total = (name: ColdProgram) =>
    orMissing(
      figure(name, ({ ms }) => ms),
      'ms',
    );
  return {
    case: 'cold',
    targets: [
      {
        id: 'P7',
        figure: `first 1,000 deliveries of a fresh process, bundled, ${SERVICE_MS} ms service time`,
        target: `≤ ${MOST_MS} ms`,
        measured: `stream handler ${total('stream')} · its transport alone ${total('transport')}`,
        peer: `AWS SDK v3 loop ${total('sdk')}`,
        met: (figure('stream', ({ ms }) => ms)?.median ?? Infinity) <= MOST_MS,
        command: 'npm run bench -- --case cold',
      },
    ],
    rows: COLD_PROGRAMS.map((name) => ({
      label: LABELS[name],
      figures: new Map(
        [
          ['ms', figure(name, ({ ms }) => ms)] as const,
          ['of that, loading', figure(name, ({ loadMs }) => loadMs)] as const,
          ['CPU ms', figure(name, ({ cpuMs }) => cpuMs)] as const,
        ].flatMap(([column, value]) => (value ? [[column, value] as const] : [])),
      ),
    })),
    charts: [
      {
        title: 'First 1,000 deliveries of a fresh process',
        unit: 'ms',
        groups: ['1,000 deliveries'],
        series: COLD_PROGRAMS.map((name) => ({
          name: LABELS[name],
          values: [figure(name, ({ ms }) => ms)?.median],
        })),
      },
    ],
    method: `A fresh process each time, from before the bundle is read until the last of 1,000 posts was accepted. The stream handler is the function as it is deployed: it reads its schema and the relay table, matches, renders and posts, 128 at once. The other two are bundled the same way, are given ready frames, and post ${CONCURRENCY} at once.`,
  };
}
