import type { CaseReport, CaseRow, Chart, TargetRow } from '../../case.ts';
import { NOT_INSTALLED, short, spreadOf, withSpread } from '../../figures.ts';
import type { ProgramName } from '../../programs/program.ts';
import type { Spread } from '../../statistics.ts';
import { type Cell, cellName } from '../../workload.ts';
import { BOUNDS, MEASURES, type Measure, type Ratio, ratiosOf, worstOf } from './bounds.ts';
import { CONCURRENCY, type MatrixResults, type PerEvent } from './measure.ts';
import { CELLS, cellLabel, MEETING_EVENTS, WARM_UP_CELL, warmUpEventsOf } from './plan.ts';

const JUDGED: ProgramName = 'tablecast';
const READS_CELL: Cell = { subscribers: 10_000, matches: 100, documents: 1 };
const MOST_UNITS = 11;
const MOST_REQUESTS = 4;

export function reportOf(name: string, results: MatrixResults): CaseReport {
  const command = `npm run bench -- --case ${name}`;
  return {
    case: name,
    targets: [timeTarget(results, command), readsTarget(results, command)],
    rows: [
      ...CELLS.flatMap((cell) => MEASURES.map((measure) => boundsRow(results, cell, measure))),
      ...CELLS.flatMap((cell) => COUNTS.map(([label, of]) => countsRow(results, cell, label, of))),
    ],
    charts: [
      chartOf(results, 'Time per event', ({ ms }) => ms),
      chartOf(results, 'CPU per event', ({ cpuMs }) => cpuMs),
    ],
    method: methodOf(),
  };
}

const COUNTS: readonly (readonly [string, (event: PerEvent) => number])[] = [
  ['DynamoDB requests', ({ requests }) => requests],
  ['read units', ({ readUnits }) => readUnits],
  ['handshakes', ({ handshakes }) => handshakes],
];

function figuresOf(
  results: MatrixResults,
  cell: Cell,
  of: (event: PerEvent) => number,
): readonly (readonly [string, Spread])[] {
  return [...results].flatMap(([program, cells]) => {
    const figure = spreadOf(cells.get(cellName(cell)), of);
    return figure ? [[program, figure] as const] : [];
  });
}

/** A cell's time or CPU of everyone, what multiple of ours each peer's is, and whether that holds. */
function boundsRow(results: MatrixResults, cell: Cell, { name, of }: Measure): CaseRow {
  const own = ratiosOf(results, JUDGED).filter((each) => each.cell === cell && each.measure === name);
  return {
    label: `${cellLabel(cell)} ${name}, ms`,
    figures: new Map<string, Spread | number | string>([
      ...figuresOf(results, cell, of),
      ...own.map(({ peer, times }) => [`${peer} ÷ ours`, times] as const),
      ...(own.length > 0 ? [['holds', holdsText(own)] as const] : []),
    ]),
  };
}

const holdsText = (ratios: readonly Ratio[]): string =>
  ratios.every(({ holds }) => holds)
    ? 'yes'
    : `not ${ratios.flatMap(({ peer, bound, holds }) => (holds ? [] : [`${peer} ≥ ${bound}`])).join(', ')}`;

const countsRow = (
  results: MatrixResults,
  cell: Cell,
  label: string,
  of: (event: PerEvent) => number,
): CaseRow => ({ label: `${cellLabel(cell)} ${label}`, figures: new Map(figuresOf(results, cell, of)) });

function chartOf(results: MatrixResults, title: string, of: (event: PerEvent) => number): Chart {
  return {
    title,
    unit: 'ms',
    groups: CELLS.map(cellLabel),
    series: [...results].map(([name, cells]) => ({
      name,
      values: CELLS.map((cell) => spreadOf(cells.get(cellName(cell)), of)?.median),
    })),
  };
}

function timeTarget(results: MatrixResults, command: string): TargetRow {
  const judged = ratiosOf(results, JUDGED);
  const worst = worstOf(judged);
  const parts = [...BOUNDS].map(([peer, bound]) => {
    const ofPeer = judged.filter((each) => each.peer === peer);
    const least = MEASURES.flatMap(({ name }) => {
      const one = worstOf(ofPeer.filter(({ measure }) => measure === name));
      return one ? [`${short(one.times)}× ${name} (${cellLabel(one.cell)})`] : [];
    });
    if (least.length === 0) return `${peer} ${NOT_INSTALLED}`;
    const kept = ofPeer.filter(({ holds }) => holds).length;
    return `${peer} ≥ ${least.join(', ')}: ${bound}× holds in ${kept} of ${ofPeer.length}`;
  });
  const nearest = worst
    ? `; worst ${cellLabel(worst.cell)}, ${worst.measure} against ${worst.peer}: ${short(worst.times)}× of ${worst.bound}×`
    : '';
  const ms = CELLS.map((cell) => spreadOf(results.get(JUDGED)?.get(cellName(cell)), (event) => event.ms));
  return {
    id: 'P3',
    figure: 'time and CPU per event, (S, M) ∈ {1k, 10k} × {10, 100, S}, peers over ours',
    target: '≤ 1/8 of GLS, ≤ 1/4 of GLS tuned, ≤ 1/25 of ALG in every cell',
    measured: `${parts.join(' · ')}${nearest}`,
    peer: `ours ${ms.map((each) => short(each?.median ?? Number.NaN)).join(' / ')} ms`,
    met: judged.length === 0 ? undefined : judged.every(({ holds }) => holds),
    command,
  };
}

/** P4, of the same run. */
function readsTarget(results: MatrixResults, command: string): TargetRow {
  const reads = (program: ProgramName) => {
    const own = results.get(program)?.get(cellName(READS_CELL));
    const units = spreadOf(own, ({ readUnits }) => readUnits);
    const requests = spreadOf(own, (event) => event.requests);
    const text =
      units && requests ? `${withSpread(units, 'RRU')} / ${withSpread(requests, 'requests')}` : NOT_INSTALLED;
    return { units, requests, text };
  };
  const own = reads(JUDGED);
  return {
    id: 'P4',
    figure: 'DynamoDB reads per event at S = 10k, M = 100, warm',
    target: `≤ ${MOST_UNITS} RRU and ≤ ${MOST_REQUESTS} requests, strong reads`,
    measured: own.text,
    peer: `GLS ${reads('gls').text} · ALG ${reads('alg').text}, eventual reads`,
    met: (own.units?.max ?? Infinity) <= MOST_UNITS && (own.requests?.max ?? Infinity) <= MOST_REQUESTS,
    command,
  };
}

const methodOf = (): string =>
  `One event a batch, which is ours at its dearest. One process a program and round goes through all cells, after ${warmUpEventsOf(JUDGED)} events (GLS ${warmUpEventsOf('gls')}, ALG ${warmUpEventsOf('alg')}) to ${WARM_UP_CELL.matches} of ${WARM_UP_CELL.subscribers} subscribers, about a second's work for each; ours, which keeps what it read, is let meet each cell with ${MEETING_EVENTS} events that are not measured. ${CONCURRENCY} posts at once in ours, sockets in GLS tuned; GLS as published has one client a message. Events a cell and round: ours 3 to 20, GLS 1 to 4, ALG 1; one in M=10k. M=10k, the peers' M=1k, and the cells of ALG with 10k subscribers, in the first round only. What was delivered is compared for every event that two programs had. Ours posts without its rate limit (by default 10,000 a second and process); retries, 410, 429, order and isolation are on. Read units by the published rule, a Query that finds nothing counted as one read; strong in ours, eventual in the peers.`;
