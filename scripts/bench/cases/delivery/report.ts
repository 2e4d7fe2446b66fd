import type { CaseReport, CaseRow, TargetRow } from '../../case.ts';
import { orMissing, spreadOf } from '../../figures.ts';
import type { ProgramName } from '../../programs/program.ts';
import type { Spread } from '../../statistics.ts';
import type { Measurement } from '../../world.ts';
import { amountOf, CELL, OWN, WAITING, WARM } from './plan.ts';
import { REFUSED_METHOD, type Refused, refusedRows } from './refused.ts';

export type Results = ReadonlyMap<ProgramName, readonly Measurement[]>;

const COMMAND = 'npm run bench -- --case delivery';
const MOST_MICROS = 60;
const LEAST_RATE = 17_000;

const cpu = ({ cpuMs, deliveries }: Measurement) => (cpuMs * 1_000) / deliveries;
const rate = ({ ms, deliveries }: Measurement) => deliveries / (ms / 1_000);
const sinkShare = ({ ms, sinkCpuMs }: Measurement) => (100 * sinkCpuMs) / ms;

export function reportOf(warm: Results, waiting: Results, refused: Refused): CaseReport {
  const programs = [...warm.keys()];
  const cpuOf = (name: ProgramName) => spreadOf(warm.get(name), cpu);
  const rateOf = (name: ProgramName) => spreadOf(waiting.get(name), rate);
  const targets: TargetRow[] = [
    {
      id: 'P1',
      figure: `CPU per delivery, warm, TLS, ${WARM.concurrency} in flight, whole pipeline`,
      target: `≤ ${MOST_MICROS} µs (stretch 40)`,
      measured: `${orMissing(cpuOf('tablecast'), 'µs')}, Lambda and worker alike; through Node's https ${orMissing(cpuOf('tablecast-https'), 'µs')}`,
      peer: `AWS SDK v3 loop ${orMissing(cpuOf('sdk-loop'), 'µs')} · GLS tuned ${orMissing(cpuOf('gls-tuned'), 'µs')}`,
      met: (cpuOf('tablecast')?.median ?? Infinity) <= MOST_MICROS,
      command: COMMAND,
    },
    {
      id: 'P2',
      figure: `deliveries a second of one process, ${WAITING.serviceMs} ms service time, ${WAITING.concurrency} in flight`,
      target: '≥ 17,000/s',
      measured: `${orMissing(rateOf('tablecast'), '/s')}, Lambda and worker alike; through Node's https ${orMissing(rateOf('tablecast-https'), '/s')}`,
      peer: `AWS SDK v3 loop ${orMissing(rateOf('sdk-loop'), '/s')} · GLS tuned ${orMissing(rateOf('gls-tuned'), '/s')}`,
      met: (rateOf('tablecast')?.median ?? 0) >= LEAST_RATE,
      command: COMMAND,
    },
  ];
  const bars = (title: string, unit: string, figure: (name: ProgramName) => number | undefined) => ({
    title,
    unit,
    groups: [title],
    series: programs.map((name) => ({ name, values: [figure(name)] })),
  });
  return {
    case: 'delivery',
    targets,
    rows: [...programs.map((name) => rowOf(name, warm, waiting)), ...refusedRows(refused)],
    charts: [
      bars('CPU per delivery', 'µs', (name) => cpuOf(name)?.median),
      bars('Deliveries a second at 10 ms service time', '/s', (name) => rateOf(name)?.median),
    ],
    method: methodOf(),
  };
}

function rowOf(label: ProgramName, warm: Results, waiting: Results): CaseRow {
  const runs = [...(warm.get(label) ?? []), ...(waiting.get(label) ?? [])];
  const figures: (readonly [string, Spread | number | undefined])[] = [
    ['CPU µs per delivery', spreadOf(warm.get(label), cpu)],
    ['deliveries/s at 10 ms', spreadOf(waiting.get(label), rate)],
    ['CPU µs, then', spreadOf(waiting.get(label), cpu)],
    ['sink busy, then, % of a core', spreadOf(waiting.get(label), sinkShare)],
    ['handshakes when warm', runs.reduce((sum, one) => sum + one.handshakes, 0)],
  ];
  return {
    label,
    figures: new Map(
      figures.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const])),
    ),
  };
}

function methodOf(): string {
  const events = (name: ProgramName) => {
    const { batches, eventsPerBatch } = amountOf(name);
    return batches * eventsPerBatch;
  };
  return `${CELL.matches} connections, all matching, ${OWN.eventsPerBatch} events a batch in ours, one publish after another in GLS, ready frames in the SDK loop. Ours reads the relay table for every batch and delivers ${events('tablecast')} events; the SDK loop and GLS tuned are given less to do (${events('sdk-loop')} and ${events('gls-tuned')}), for they take longer. P1: ${WARM.concurrency} posts at once, the sink answers at once. P2: ${WAITING.concurrency} at once, it answers after ${WAITING.serviceMs} ms; GLS tuned has as many sockets. A process each, warmed up. Ours posts without its rate limit (by default 10,000 a second and process); retries, 410, 429, order and isolation are on. The sink's process is watched: while it is busy for less than a core it holds nobody up. Functions and worker post by the same client. ${REFUSED_METHOD}`;
}
