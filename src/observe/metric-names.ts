/** How one metric of the port is called and measured in CloudWatch. */
export interface MetricDefinition {
  /** CloudWatch's name of it. */
  readonly name: string;
  readonly unit: 'Count' | 'Milliseconds';
}

/** Names of the port (docs/operations.md) whose CloudWatch name is not the same words in capitals, or no count. */
const DEFINITIONS: ReadonlyMap<string, MetricDefinition> = new Map([
  ['lag', { name: 'Lag', unit: 'Milliseconds' }],
  ['post.retried', { name: 'Retried', unit: 'Count' }],
  ['connection.gone', { name: 'Gone', unit: 'Count' }],
  ['connection.flooded', { name: 'Flooded', unit: 'Count' }],
  ['connection.slow', { name: 'Slow', unit: 'Count' }],
  ['connection.rolled-over', { name: 'RolledOver', unit: 'Count' }],
  ['connection.uninitialised', { name: 'Uninitialised', unit: 'Count' }],
  ['payload.too-large', { name: 'TooLarge', unit: 'Count' }],
  ['overflow.skipped', { name: 'Skipped', unit: 'Count' }],
  ['record.poison', { name: 'Poison', unit: 'Count' }],
  ['worker.iterator-age', { name: 'WorkerIteratorAge', unit: 'Milliseconds' }],
  ['record.outdated', { name: 'Outdated', unit: 'Count' }],
]);

/** `delivered` → `Delivered`, `ended.SLOW_CONSUMER` → `EndedSlowConsumer`: the words of the name in capitals, but for a few. */
export function metricDefinition(portName: string): MetricDefinition {
  return DEFINITIONS.get(portName) ?? { name: capitals(portName), unit: 'Count' };
}

function capitals(portName: string): string {
  return portName
    .split(/[^A-Za-z0-9]+/)
    .map((word) => {
      const rest = word.slice(1);
      return word.charAt(0).toUpperCase() + (word === word.toUpperCase() ? rest.toLowerCase() : rest);
    })
    .join('');
}
