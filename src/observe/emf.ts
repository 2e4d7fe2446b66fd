import { Metrics as Powertools } from '@aws-lambda-powertools/metrics';
import type { Metrics } from '../relay/ports.ts';
import { metricDefinition } from './metric-names.ts';
import { createTally } from './tally.ts';

/** What every metric is told apart by, beside its name. Nothing a client sends is among it. */
export interface EmfDimensions {
  readonly service: string;
  /** Left out where there are no stages. */
  readonly stage?: string;
  /** The function, or `worker`. */
  readonly function: string;
}

export interface EmfOptions {
  /** CloudWatch namespace. */
  readonly namespace: string;
  readonly dimensions: EmfDimensions;
  /** Gets each line of JSON. Default: standard output. */
  readonly write?: (line: string) => void;
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Values of one metric in a line. CloudWatch takes 100; Powertools, on the hundredth, publishes by itself.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const VALUES_A_LINE = 99;

/**
 * Metrics as log lines in CloudWatch's embedded metric format: one at each flush with every counter in it, and more of
 * them only where a distribution has more values than a line takes. CloudWatch Logs makes metrics of them by itself;
 * no call is made, and nothing waits.
 */
export function createEmfMetrics(options: EmfOptions): Metrics {
  const { namespace, write = toStandardOutput } = options;
  const { service: serviceName, stage, function: functionName } = options.dimensions;
  const powertools = new Powertools({
    namespace,
    serviceName,
    defaultDimensions: { ...(stage && { stage }), function: functionName },
  });
  const tally = createTally(options.random);
  return {
    count: tally.count,
    measure: tally.measure,
    flush() {
      const { counts, values } = tally.take();
      const add = (name: string, value: number) => {
        const definition = metricDefinition(name);
        powertools.addMetric(definition.name, definition.unit, value);
      };
      for (const [name, value] of counts) add(name, value);
      const longest = Math.max(0, ...[...values.values()].map(({ length }) => length));
      for (let from = 0; from < Math.max(longest, 1); from += VALUES_A_LINE) {
        for (const [name, all] of values) {
          for (const value of all.slice(from, from + VALUES_A_LINE)) add(name, value);
        }
        if (!powertools.hasStoredMetrics()) return;
        write(JSON.stringify(powertools.serializeMetrics()));
        powertools.clearMetrics();
      }
    },
  };
}

/** Not `console.log`: Lambda puts its own words before that, and CloudWatch then finds no metrics in the line. */
function toStandardOutput(line: string): void {
  process.stdout.write(`${line}\n`);
}
