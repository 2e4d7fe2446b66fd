import type { VariantName } from './messages.ts';
import type { Measurement } from './processes.ts';
import { type Spread, spread } from './statistics.ts';

export type Rounds = readonly ReadonlyMap<VariantName, Measurement>[];

export interface Figures {
  readonly deliveriesPerSecond: Spread;
  readonly cpuMicrosecondsPerDelivery: Spread;
  readonly handshakes: number;
}

export interface BenchReport {
  /** Formed within each round, so that what slows the machine slows both sides. */
  readonly ratios: {
    /** CPU of the plain SDK loop per CPU of the pipeline: above 1, the pipeline costs less. */
    readonly cpuSdkLoopToTablecast: Spread;
    readonly throughputTablecastToSdkLoop: Spread;
    /** CPU of the whole pipeline per CPU of posting the same frames through its transport alone. */
    readonly cpuTablecastToTransport: Spread;
  };
  readonly variants: Readonly<Record<VariantName, Figures>>;
  readonly rounds: number;
  readonly deliveriesPerRound: number;
  readonly node: string;
}

export function reportOf(rounds: Rounds): BenchReport {
  const of = (variant: VariantName) =>
    rounds.map((round) => {
      const measurement = round.get(variant);
      if (!measurement) throw new Error(`expected a measurement of ${variant} in every round`);
      return measurement;
    });
  const figures = (variant: VariantName): Figures => ({
    deliveriesPerSecond: spread(of(variant).map((one) => one.deliveriesPerSecond)),
    cpuMicrosecondsPerDelivery: spread(of(variant).map((one) => one.cpuMicrosecondsPerDelivery)),
    handshakes: of(variant).reduce((sum, one) => sum + one.handshakes, 0),
  });
  const ratio = (
    over: VariantName,
    under: VariantName,
    figure: 'deliveriesPerSecond' | 'cpuMicrosecondsPerDelivery',
  ) => {
    const below = of(under);
    return spread(of(over).map((one, round) => one[figure] / (below[round]?.[figure] ?? Number.NaN)));
  };
  return {
    ratios: {
      cpuSdkLoopToTablecast: ratio('sdk-loop', 'tablecast', 'cpuMicrosecondsPerDelivery'),
      throughputTablecastToSdkLoop: ratio('tablecast', 'sdk-loop', 'deliveriesPerSecond'),
      cpuTablecastToTransport: ratio('tablecast', 'transport', 'cpuMicrosecondsPerDelivery'),
    },
    variants: {
      tablecast: figures('tablecast'),
      transport: figures('transport'),
      'sdk-loop': figures('sdk-loop'),
    },
    rounds: rounds.length,
    deliveriesPerRound: rounds[0]?.get('tablecast')?.digest.posts ?? 0,
    node: process.version,
  };
}

const times = ({ median, min, max }: Spread) =>
  `${median.toFixed(2)}×  (${min.toFixed(2)}–${max.toFixed(2)})`;
const whole = ({ median, min, max }: Spread) =>
  `${Math.round(median)} (${Math.round(min)}–${Math.round(max)})`;

/** The report as text: ratios first, since only they carry over to another machine. */
export function printed(report: BenchReport, method: string): string {
  const { ratios, variants } = report;
  const rows = (['tablecast', 'transport', 'sdk-loop'] as const).map((name) => {
    const { deliveriesPerSecond, cpuMicrosecondsPerDelivery, handshakes } = variants[name];
    return `  ${name.padEnd(10)} ${whole(deliveriesPerSecond).padStart(20)} ${whole(cpuMicrosecondsPerDelivery).padStart(20)} ${String(handshakes).padStart(11)}`;
  });
  return [
    'Ratios, median (least–greatest) of the rounds',
    `  CPU per delivery, plain SDK loop : tablecast    ${times(ratios.cpuSdkLoopToTablecast)}`,
    `  deliveries a second, tablecast : plain SDK loop ${times(ratios.throughputTablecastToSdkLoop)}`,
    `  CPU per delivery, tablecast : its transport     ${times(ratios.cpuTablecastToTransport)}`,
    '',
    'On this machine',
    `  ${''.padEnd(10)} ${'deliveries/s'.padStart(20)} ${'CPU µs/delivery'.padStart(20)} ${'handshakes'.padStart(11)}`,
    ...rows,
    '',
    method,
  ].join('\n');
}
