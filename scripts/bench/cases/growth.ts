import type { BenchCase, BenchOptions, CaseReport, CaseRow, TargetRow } from '../case.ts';
import { orMissing, short, spreadOf } from '../figures.ts';
import { ask, start } from '../processes.ts';
import { interleaved } from '../rounds.ts';
import { type Spread, spread } from '../statistics.ts';
import type { GrowthReply, GrowthRequest } from './growth-worker.ts';
import type { Mix } from './growth-workload.ts';

const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;
/** Up to here everyone is judged on every event as well, and both must find the same. */
const MOST_SCANNED = 10_000;
const EVENTS = { warmUp: 200, round: 500, scanned: 40 } as const;
const COMMAND = 'npm run bench -- --case growth';

/** What one size of one mix came to. */
interface Grown {
  readonly size: number;
  /** CPU µs an event, round by round. */
  readonly found: readonly number[];
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
    const equality = await grow('equality', options);
    const mixed = await grow('mixed', options);
    return reportOf(equality, mixed);
  },
};

/** Each size in a process of its own, all of which are filled before the first is measured. */
async function grow(mix: Mix, options: BenchOptions): Promise<readonly Grown[]> {
  const children = new Map(SIZES.map((size) => [size, start('growth-worker')] as const));
  const request = async (size: number, what: GrowthRequest): Promise<GrowthReply> => {
    const child = [...children].find(([own]) => own === size)?.[1];
    if (!child) throw new Error(`expected a process for ${size} subscribers`);
    options.signal.throwIfAborted();
    return ask<GrowthReply>(child, what, `growth ${mix} ${size}`);
  };
  const measured = async (size: number, kind: 'measure' | 'scan', events: number, seed: number) => {
    const reply = await request(size, { kind, events, seed });
    if (reply.kind !== 'measured') throw new Error(`expected a measurement, got ${reply.kind}`);
    return { micros: reply.cpuMicroseconds / events, matches: reply.matches / events };
  };
  try {
    const bytes = new Map<number, number>();
    const scans = new Map<number, number>();
    for (const size of SIZES) {
      options.progress(`${mix}: ${size} subscribers`);
      const reply = await request(size, { kind: 'fill', mix, size });
      if (reply.kind === 'filled') bytes.set(size, reply.bytesPerSubscription);
      await measured(size, 'measure', EVENTS.warmUp, 1);
      if (size <= MOST_SCANNED) scans.set(size, (await measured(size, 'scan', EVENTS.scanned, 2)).micros);
    }
    const rounds = await interleaved(SIZES, options, (size, round) =>
      measured(size, 'measure', EVENTS.round, 3 + round),
    );
    return SIZES.map((size) => {
      const own = rounds.get(size) ?? [];
      return {
        size,
        found: own.map(({ micros }) => micros),
        scanned: scans.get(size),
        matches: spread(own.map(({ matches }) => matches)).median,
        bytesPerSubscription: bytes.get(size) ?? Number.NaN,
      };
    });
  } finally {
    for (const child of children.values()) child.kill();
  }
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
    method: `The whole of matching (shapes, filter keys, candidates, predicates) over an index in memory, one event a batch, ${EVENTS.round} events a round, drawn anew each round: inserts, updates and removals in turn. Half the subscribers compare listId, 20 % owner, 15 % listId and status, the rest listId and a bound of priority; in the mixed set 5 % compare nothing by equality but ask for a beginning, a part or a range. Each value is shared by 20 subscribers, so that who match are as many at every size. CPU is user and system time. Each size is a process of its own, all alive at once, measured in turns. At 1,000 and 10,000 everyone is judged as well, by predicates compiled beforehand, and must come to the same matches.`,
  };
}

/** How much the scan grows between the sizes where it was made. */
function scanGrowth(grown: readonly Grown[]): number {
  const scans = grown.flatMap(({ scanned }) => (scanned === undefined ? [] : [scanned]));
  return (scans.at(-1) ?? Number.NaN) / (scans[0] ?? Number.NaN);
}

function rowOf(name: string, { size, found, scanned, matches, bytesPerSubscription }: Grown): CaseRow {
  const figures = new Map<string, Spread | number | string>([
    ['CPU µs an event', spread(found)],
    ['scan of everyone, µs', scanned ?? 'not made'],
    ['matches an event', matches],
    ['bytes a subscription', Math.round(bytesPerSubscription)],
  ]);
  return { label: `${name}, S=${size.toLocaleString('en')}`, figures };
}
