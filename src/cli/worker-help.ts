/** One variable: its name, what it says, and what holds when it is not set. */
type Variable = readonly [name: string, says: string, byDefault: string];

/** Everything `tablecast worker` takes from its environment, as its help and docs/worker.md list it. */
export const WORKER_VARIABLES: readonly (readonly [group: string, variables: readonly Variable[]])[] = [
  [
    'The project',
    [
      ['TABLECAST_SCHEMA', 'schema file', 'schema.graphql'],
      [
        'TABLECAST_RESOLVERS',
        'file with resolvers of your own',
        'resolvers.ts, .js or .mjs, if there is one',
      ],
      ['TABLECAST_TABLE_NAMES', 'JSON: real name of a table → its name in the schema', 'they are the same'],
    ],
  ],
  [
    'AWS',
    [
      ['AWS_REGION', 'region of the tables and of the API', 'us-east-1'],
      ['TABLECAST_RELAY_TABLE', 'relay table: SERVICE-STAGE-tablecast-relay of a deploy', 'tablecast-relay'],
      ['TABLECAST_API_ID', 'id of the WebSocket API', 'none: this or the next is needed'],
      ['TABLECAST_CONNECTIONS_ENDPOINT', 'where to post instead, such as a local gateway', 'that of the API'],
      ['TABLECAST_URL_SUFFIX', 'domain of the API', 'amazonaws.com'],
      ['DYNAMODB_ENDPOINT', 'DynamoDB and its streams elsewhere, such as DynamoDB Local', 'AWS'],
    ],
  ],
  [
    'The worker',
    [
      ['TABLECAST_WORKER_PORT', 'port of /healthz, 0 for a free one', '8080'],
      ['TABLECAST_WORKER_HOST', 'address /healthz listens on', '0.0.0.0'],
      ['TABLECAST_WORKER_LEASE_MS', 'until a shard of a dead worker is taken over', '10000'],
      ['TABLECAST_WORKER_POLL_MS', 'wait after a page that was not full', '250'],
      ['TABLECAST_WORKER_BATCH_SIZE', 'records in a page', '100'],
      ['TABLECAST_WORKER_GRACE_MS', 'time to finish in after SIGTERM', '25000'],
      ['TABLECAST_WORKER_STALE_MS', 'until a shard that gets no further is a problem', '120000'],
      ['TABLECAST_WORKER_START_AT', 'where the first worker ever begins: LATEST or TRIM_HORIZON', 'LATEST'],
    ],
  ],
  [
    'Delivery',
    [
      ['TABLECAST_LEAVE', 'what LEAVE tells of an item: image or keys', 'image'],
      [
        'TABLECAST_STREAM_GRANULARITY_MS',
        'what records round their time to; 60000 on DynamoDB Local',
        '1000',
      ],
      ['TABLECAST_CLOCK_SKEW_MS', 'how far clocks may differ', '5000'],
      ['TABLECAST_POSTS_PER_SECOND', 'most requests a second to @connections', '10000'],
      ['TABLECAST_TRANSPORT', 'lean; https: Node’s own HTTP client posts; sdk: the AWS SDK’s', 'lean'],
      [
        'TABLECAST_WARM_ROWS',
        'rows from which on those of a filter key are kept in memory; 0: never',
        '1000',
      ],
      ['TABLECAST_WARM_MAX_ROWS', 'rows kept in memory, of all keys', '100000'],
    ],
  ],
  [
    'Logs and metrics',
    [
      ['TABLECAST_LOG_LEVEL', 'trace, debug, info, warn, error, fatal or silent', 'info'],
      ['TABLECAST_EXPLAIN_LOG', 'on: logs why a change was or was not delivered, and to whom', 'off'],
      ['TABLECAST_METRICS', 'emf (CloudWatch reads them from the log), log, or off', 'emf'],
      ['TABLECAST_WORKER_METRICS_MS', 'period at which they are written', '60000'],
      ['TABLECAST_METRICS_NAMESPACE', 'CloudWatch namespace', 'Tablecast'],
      ['TABLECAST_SERVICE', 'dimension service', 'tablecast'],
      ['TABLECAST_STAGE', 'dimension stage', 'none'],
    ],
  ],
];

/** What `tablecast worker --help` says after its options. */
export function workerHelp(): string {
  const width = Math.max(...WORKER_VARIABLES.flatMap(([, group]) => group.map(([name]) => name.length)));
  const groups = WORKER_VARIABLES.map(([group, variables]) =>
    [
      `${group}:`,
      ...variables.map(
        ([name, says, byDefault]) => `  ${name.padEnd(width)}  ${says} (default: ${byDefault})`,
      ),
    ].join('\n'),
  );
  return `\nEverything comes from the environment, credentials as the AWS command line finds them.\n\n${groups.join('\n\n')}

SIGTERM: the pages under way are finished and the shards handed over; exit 0. A second one, or time running out: exit 1.

Example:
  TABLECAST_RELAY_TABLE=todos-dev-tablecast-relay TABLECAST_API_ID=a1b2c3d4e5 tablecast worker`;
}
