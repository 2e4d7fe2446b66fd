import { describe, expect, jest, test } from '@jest/globals';
import { createCounters, type Summary, summaryOf } from '../../../src/observe/counters.ts';
import { createEmfMetrics, type EmfDimensions } from '../../../src/observe/emf.ts';
import { metricDefinition } from '../../../src/observe/metric-names.ts';
import { createTally, MAX_VALUES } from '../../../src/observe/tally.ts';

const DIMENSIONS: EmfDimensions = { service: 'todos', stage: 'dev', function: 'todos-dev-stream' };

interface Line {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [property: string]: unknown;
}

function emf(dimensions: EmfDimensions = DIMENSIONS) {
  const texts: string[] = [];
  const metrics = createEmfMetrics({ namespace: 'Tablecast', dimensions, write: (line) => texts.push(line) });
  return { metrics, texts, lines: (): Line[] => texts.map((text) => JSON.parse(text)) };
}

describe('metrics in the embedded format of CloudWatch', () => {
  test('one line a flush, with namespace, dimensions and every counter, sums already made', () => {
    const { metrics, texts, lines } = emf();
    metrics.count('delivered', 3);
    metrics.count('delivered', 4);
    metrics.count('ended.SLOW_CONSUMER');
    metrics.count('gap', 0);
    metrics.measure('lag', 120);
    expect(texts).toEqual([]);
    const before = Date.now();
    metrics.flush();
    expect(texts).toHaveLength(1);
    expect(texts[0]).not.toContain('\n');
    const [line] = lines();
    expect(line).toMatchObject({ Delivered: 7, EndedSlowConsumer: 1, Lag: 120, ...DIMENSIONS });
    expect(line).not.toHaveProperty('Gap');
    expect(line?._aws.Timestamp).toBeGreaterThanOrEqual(before);
    expect(line?._aws.CloudWatchMetrics).toEqual([
      {
        Namespace: 'Tablecast',
        Dimensions: [['service', 'stage', 'function']],
        Metrics: [
          { Name: 'Delivered', Unit: 'Count' },
          { Name: 'EndedSlowConsumer', Unit: 'Count' },
          { Name: 'Lag', Unit: 'Milliseconds' },
        ],
      },
    ]);
  });

  test('a flush with nothing to tell writes nothing, and nothing is told twice', () => {
    const { metrics, texts } = emf();
    metrics.flush();
    metrics.count('delivered');
    metrics.flush();
    metrics.flush();
    expect(texts).toHaveLength(1);
  });

  test('a line has no more than 100 values of a metric; the rest follow, and each counter is told once', () => {
    const { metrics, lines } = emf();
    metrics.count('matched', 250);
    const values = Array.from({ length: 250 }, (_, n) => n);
    for (const value of values) metrics.measure('lag', value);
    metrics.measure('lookups', 5);
    metrics.flush();
    const lags = lines().map((line) => line['Lag']);
    expect(lags.flat()).toEqual(values);
    expect(lags.map((lag) => (Array.isArray(lag) ? lag.length : 1)).every((length) => length <= 100)).toBe(
      true,
    );
    expect(lines().flatMap((line) => line['Matched'] ?? [])).toEqual([250]);
    expect(lines().flatMap((line) => line['Lookups'] ?? [])).toEqual([5]);
    for (const line of lines()) {
      for (const { Name } of line._aws.CloudWatchMetrics[0]?.Metrics ?? []) expect(line).toHaveProperty(Name);
    }
  });

  test('without a stage there is no dimension of that name', () => {
    const { metrics, lines } = emf({ service: 'todos', function: 'worker' });
    metrics.count('delivered');
    metrics.flush();
    expect(lines()[0]?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['service', 'function']]);
    expect(lines()[0]).not.toHaveProperty('stage');
  });

  test('goes to standard output, where CloudWatch Logs finds it, as a line of its own', () => {
    const written: string[] = [];
    const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    try {
      const metrics = createEmfMetrics({ namespace: 'Tablecast', dimensions: DIMENSIONS });
      for (let n = 0; n < 150; n += 1) metrics.measure('lag', n);
      metrics.flush();
    } finally {
      spy.mockRestore();
    }
    expect(written).toHaveLength(2);
    for (const text of written) {
      expect(text).toMatch(/^\{[^\n]*\}\n$/);
      expect(JSON.parse(text)).toHaveProperty('_aws');
    }
  });

  test('metrics made twice in one process do not mix', () => {
    const one = emf();
    const other = emf();
    one.metrics.count('delivered', 1);
    other.metrics.count('delivered', 2);
    one.metrics.flush();
    other.metrics.flush();
    expect([one.lines()[0]?.['Delivered'], other.lines()[0]?.['Delivered']]).toEqual([1, 2]);
  });
});

test.each([
  ['delivered', 'Delivered', 'Count'],
  ['lag', 'Lag', 'Milliseconds'],
  ['post.retried', 'Retried', 'Count'],
  ['payload.too-large', 'TooLarge', 'Count'],
  ['keepalive.unfinished', 'KeepaliveUnfinished', 'Count'],
  ['ended.SCHEMA_CHANGED', 'EndedSchemaChanged', 'Count'],
  ['gap', 'Gap', 'Count'],
])('%s is called %s in CloudWatch, in %s', (port, name, unit) => {
  expect(metricDefinition(port)).toEqual({ name, unit });
});

describe('distributions between two flushes', () => {
  test('of more than are kept, each is as likely to be kept, so that percentiles stay right', () => {
    // A fixed sequence: the test is about the choice, not about luck.
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const tally = createTally(random);
    for (let n = 0; n < 20_000; n += 1) tally.measure('lag', n);
    const kept = tally.take().values.get('lag') ?? [];
    expect(kept).toHaveLength(MAX_VALUES);
    expect(new Set(kept).size).toBe(MAX_VALUES);
    const { p50, p99 } = summaryOf(kept);
    expect(p50).toBeGreaterThan(9_000);
    expect(p50).toBeLessThan(11_000);
    expect(p99).toBeGreaterThan(19_500);
  });

  test('in the log they come as percentiles, beside the counts', () => {
    const written: [Record<string, number>, Record<string, Summary>][] = [];
    const counters = createCounters((counts, measures) =>
      written.push([Object.fromEntries(counts), Object.fromEntries(measures)]),
    );
    counters.flush();
    for (let n = 1; n <= 200; n += 1) counters.measure('lag', n);
    counters.count('delivered', 2);
    counters.flush();
    counters.flush();
    expect(written).toEqual([[{ delivered: 2 }, { lag: { samples: 200, p50: 100, p99: 198, max: 200 } }]]);
  });
});
