import type { BenchCase, BenchOptions, CaseReport, CaseRow, TargetRow } from '../case.ts';
import { orMissing, short, spreadOf } from '../figures.ts';
import { ask, start } from '../processes.ts';
import { interleaved } from '../rounds.ts';
import { type Spread, spread } from '../statistics.ts';
import type { GrowthReply, GrowthRequest } from './growth-worker.ts';

const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;
/** Up to here everyone is judged on every event as well, and both must find the same. */
const MOST_SCANNED = 10_000;
const EVENTS = { warmUp: 200, round: 300, scanned: 20 } as const;
/** The events of every round are the same, of a seed of their own. */
const SEEDS = { warmUp: 1, scanned: 2, round: 3 } as const;
const COMMAND = 'npm run bench -- --case growth';

/** What one size of one mix came to. */
interface Grown {
  readonly size: number;
  /** CPU µs an event, round by round. */
  readonly found: readonly number[];
  /** The same when those events come for the first time: their candidates are gathered, their filters are compiled. */
  readonly first: number;
  /** The same of judging everyone, where that was affordable. */
  readonly scanned: number | undefined;
  readonly matches: number;
  readonly bytesPerSubscription: number;
}

/** P5: what finding the subscribers of an event costs as they become more and those who match it do not. */
export const growth: BenchCase = {
  name: 'growth',
  about: 'CPU of matching an event among 1,000 to 1,000,000 subscribers (P5)',
  isDefault: true,
  async run(options) {
    const children = new Map(SIZES.map((size) => [size, start('growth-worker')] as const));
    try {
      return await grown(children, options);
    } finally {
      for (const child of children.values()) child.kill();
    }
  },
};

/** Each size in a process of its own, filled once: the mixed set is the other with those who join it. */
async function grown(
  children: ReadonlyMap<number, ReturnType<typeof start>>,
  options: BenchOptions,
): Promise<CaseReport> {
  const request = async (size: number, what: GrowthRequest): Promise<GrowthReply> => {
    const child = children.get(size);
    if (!child) throw new Error(`expected a process for ${size} subscribers`);
    options.signal.throwIfAborted();
    return ask<GrowthReply>(child, what, `growth ${what.kind} ${size}`);
  };
  const measured = async (size: number, kind: 'measure' | 'scan', phase: keyof typeof EVENTS) => {
    const events = EVENTS[phase];
    const reply = await request(size, { kind, events, seed: SEEDS[phase] });
    if (reply.kind !== 'measured') throw new Error(`expected a measurement, got ${reply.kind}`);
    return { micros: reply.cpuMicroseconds / events, matches: reply.matches / events };
  };
  const bytes = new Map<number, number>();
  await Promise.all(
    SIZES.map(async (size) => {
      options.progress(`${size} subscribers`);
      let reply = await request(size, { kind: 'fill', size });
      while (reply.kind === 'filling') reply = await request(size, { kind: 'fill on' });
      if (reply.kind === 'filled') bytes.set(size, reply.bytesPerSubscription);
    }),
  );
  const measureAll = async (): Promise<readonly Grown[]> => {
    const scans = new Map<number, number>();
    const firsts = new Map<number, number>();
    for (const size of SIZES) {
      await measured(size, 'measure', 'warmUp');
      firsts.set(size, (await measured(size, 'measure', 'round')).micros);
      if (size <= MOST_SCANNED) scans.set(size, (await measured(size, 'scan', 'scanned')).micros);
    }
    const rounds = await interleaved(SIZES, options, (size) => measured(size, 'measure', 'round'));
    return SIZES.map((size) => {
      const own = rounds.get(size) ?? [];
      return {
        size,
        found: own.map(({ micros }) => micros),
        first: firsts.get(size) ?? Number.NaN,
        scanned: scans.get(size),
        matches: spread(own.map(({ matches }) => matches)).median,
        bytesPerSubscription: bytes.get(size) ?? Number.NaN,
      };
    });
  };
  const equality = await measureAll();
  await Promise.all(SIZES.map((size) => request(size, { kind: 'join' })));
  return reportOf(equality, await measureAll());
}

function reportOf(equality: readonly Grown[], mixed: readonly Grown[]): CaseReport {
  const [least, most] = [equality[0], equality.at(-1)];
  // Formed within each round, so that what slows the machine slows both.
  const ratio = spread(
    (most?.found ?? []).map((micros, round) => micros / (least?.found[round] ?? Number.NaN)),
  );
  const mixedMost = spreadOf(mixed.at(-1)?.found, (micros) => micros);
  const scanned = scanGrowth(equality);
  const target: TargetRow = {
    id: 'P5',
    figure: 'growth of CPU per event from 1,000 to 1,000,000 subscribers at as many matches',
    target: '≤ 2× when every filter has an equality; ≤ 300 µs in the mixed set',
    measured: `${orMissing(ratio, '')}×; ${orMissing(mixedMost, 'µs')}`,
    peer: `scan of everyone: ${short(scanned)}× from 1,000 to ${MOST_SCANNED.toLocaleString('en')} alone`,
    met: ratio.median <= 2 && (mixedMost?.median ?? Number.NaN) <= 300,
    command: COMMAND,
  };
  const sets = [
    ['every filter has an equality', equality],
    ['mixed', mixed],
  ] as const;
  return {
    case: 'growth',
    targets: [target],
    rows: sets.flatMap(([name, grown]) => grown.map((one) => rowOf(name, one))),
    charts: [
      {
        title: 'CPU of matching one event',
        unit: 'µs',
        groups: SIZES.map((size) => `S=${size.toLocaleString('en')}`),
        series: sets.flatMap(([name, grown]) => [
          { name: `tablecast, ${name}`, values: grown.map(({ found }) => spread(found).median) },
          { name: `scan, ${name}`, values: grown.map((one) => one.scanned) },
        ]),
      },
    ],
    method: `The whole of matching (shapes, filter keys, candidates, predicates) over an index in memory, one event a batch, ${EVENTS.round} events a round, the same in every round: inserts, updates and removals in turn. They came once before, so that their candidates were gathered and the filters of those compiled; what that took is told beside it (the first time). Half the subscribers compare listId, 20 % owner, 15 % listId and status, the rest listId and a bound of priority; for the mixed set others join them, 5 % of all, who compare nothing by equality but ask for a beginning, a part or a range. Each value is shared by 20 subscribers, so that who match are as many at every size. CPU is user and system time. Each size is a process of its own, all alive at once, measured in turns. At 1,000 and 10,000 everyone is judged as well, by predicates compiled beforehand, and must come to the same matches.`,
  };
}

/** How much the scan grows between the sizes where it was made. */
function scanGrowth(grown: readonly Grown[]): number {
  const scans = grown.flatMap(({ scanned }) => (scanned === undefined ? [] : [scanned]));
  return (scans.at(-1) ?? Number.NaN) / (scans[0] ?? Number.NaN);
}

function rowOf(name: string, { size, found, first, scanned, matches, bytesPerSubscription }: Grown): CaseRow {
  const figures = new Map<string, Spread | number | string>([
    ['CPU µs an event', spread(found)],
    ['the first time, µs', first],
    ['scan of everyone, µs', scanned ?? 'not made'],
    ['matches an event', matches],
    ['bytes a subscription', Math.round(bytesPerSubscription)],
  ]);
  return { label: `${name}, S=${size.toLocaleString('en')}`, figures };
}
