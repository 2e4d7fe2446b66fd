import type { CaseReport, CaseRow, Chart, TargetRow } from '../../case.ts';
import { NOT_INSTALLED, short, spreadOf, withSpread } from '../../figures.ts';
import type { ProgramName } from '../../programs/program.ts';
import type { Spread } from '../../statistics.ts';
import { type Cell, cellName } from '../../workload.ts';
import { CONCURRENCY, type MatrixResults, type PerEvent } from './measure.ts';
import { CELLS, cellLabel, MEETING_EVENTS, WARM_UP_CELL, WARM_UP_EVENTS } from './plan.ts';

/** Least multiple of ours that each peer's time and CPU are to be, in every cell. */
const TIMES: ReadonlyMap<ProgramName, number> = new Map([
  ['gls', 8],
  ['gls-tuned', 4],
  ['alg', 25],
]);
const READS_CELL: Cell = { subscribers: 10_000, matches: 100, documents: 1 };
const MOST_UNITS = 11;
const MOST_REQUESTS = 4;

export function reportOf(name: string, results: MatrixResults): CaseReport {
  const command = `npm run bench -- --case ${name}`;
  const figure = (program: ProgramName, cell: Cell, of: (event: PerEvent) => number): Spread | undefined =>
    spreadOf(results.get(program)?.get(cellName(cell)), of);
  const programs = [...results.keys()];
  const rows: CaseRow[] = CELLS.flatMap((cell) =>
    programs.map((program) => ({
      label: `${cellLabel(cell)} ${program}`,
      figures: new Map(
        COLUMNS.flatMap(([column, of]) => {
          const value = figure(program, cell, of);
          return value ? [[column, value] as const] : [];
        }),
      ),
    })),
  );
  const chart = (title: string, of: (event: PerEvent) => number): Chart => ({
    title,
    unit: 'ms',
    groups: CELLS.map(cellLabel),
    series: programs.map((program) => ({
      name: program,
      values: CELLS.map((cell) => figure(program, cell, of)?.median),
    })),
  });
  return {
    case: name,
    targets: [growthTarget(results, command), readsTarget(results, command)],
    rows,
    charts: [chart('Time per event', ({ ms }) => ms), chart('CPU per event', ({ cpuMs }) => cpuMs)],
    method: `One event a batch, which is ours at its dearest. One process a program and round goes through all cells, after ${WARM_UP_EVENTS} events to ${WARM_UP_CELL.subscribers} subscribers; ours, which keeps what it read, is let meet each cell with ${MEETING_EVENTS} events that are not measured. ${CONCURRENCY} posts at once in ours, sockets in GLS tuned; GLS as published has one client a message. Events a cell and round: ours 2 to 20, GLS 1 to 4, ALG 1 or 2; M=10k, and all 10k cells of ALG, in the first round only. What was delivered is compared for every event that two programs had. Read units by the published rule, a Query that finds nothing counted as one read; strong in ours, eventual in the peers.`,
  };
}

const COLUMNS: readonly (readonly [string, (event: PerEvent) => number])[] = [
  ['ms per event', ({ ms }) => ms],
  ['CPU ms per event', ({ cpuMs }) => cpuMs],
  ['DynamoDB requests', ({ requests }) => requests],
  ['read units', ({ readUnits }) => readUnits],
  ['handshakes', ({ handshakes }) => handshakes],
];

/** P3. A ratio is of medians: a cell's rounds are too few for more. */
function growthTarget(results: MatrixResults, command: string): TargetRow {
  const least = (program: ProgramName, of: (event: PerEvent) => number) => {
    const ratios = CELLS.flatMap((cell) => {
      const own = spreadOf(results.get('tablecast')?.get(cellName(cell)), of);
      const peer = spreadOf(results.get(program)?.get(cellName(cell)), of);
      return own && peer ? [{ ratio: peer.median / own.median, label: cellLabel(cell) }] : [];
    });
    return ratios.toSorted((a, b) => a.ratio - b.ratio)[0];
  };
  const parts = [...TIMES].map(([program, times]) => {
    const ms = least(program, (event) => event.ms);
    const cpu = least(program, (event) => event.cpuMs);
    if (!ms || !cpu) return { text: `${program} ${NOT_INSTALLED}`, met: undefined };
    return {
      text: `${program} at least ${short(ms.ratio)}× time (${ms.label}), ${short(cpu.ratio)}× CPU (${cpu.label})`,
      met: ms.ratio >= times && cpu.ratio >= times,
    };
  });
  const known = parts.flatMap(({ met }) => (met === undefined ? [] : [met]));
  const cells = CELLS.map((cell) => spreadOf(results.get('tablecast')?.get(cellName(cell)), ({ ms }) => ms));
  return {
    id: 'P3',
    figure: 'time and CPU per event, (S, M) ∈ {1k, 10k} × {10, 100, S}',
    target: '≤ 1/8 of GLS, ≤ 1/4 of GLS tuned, ≤ 1/25 of ALG in every cell',
    measured: `peers over ours: ${parts.map(({ text }) => text).join(' · ')}`,
    peer: `ours ${cells.map((each) => short(each?.median ?? Number.NaN)).join(' / ')} ms`,
    met: known.length === 0 ? undefined : known.every((met) => met),
    command,
  };
}

/** P4, of the same run. */
function readsTarget(results: MatrixResults, command: string): TargetRow {
  const reads = (program: ProgramName) => {
    const own = results.get(program)?.get(cellName(READS_CELL));
    const units = spreadOf(own, ({ readUnits }) => readUnits);
    const requests = spreadOf(own, (event) => event.requests);
    return {
      units,
      requests,
      text:
        units && requests
          ? `${withSpread(units, 'RRU')} / ${withSpread(requests, 'requests')}`
          : NOT_INSTALLED,
    };
  };
  const own = reads('tablecast');
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
