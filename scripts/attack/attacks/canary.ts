import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { relayTableRequests } from '../../../src/deploy/relay-table.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../../src/testing/dynamodb-local.ts';
import { withDynamoDB } from '../../prove/live/dynamodb.ts';
import type { Proof } from '../../prove/proof.ts';
import { type CanaryReport, runCanary } from '../canary/run.ts';

const TABLE = 'canary-relay';

/** T19: a text of its own in every input, looked for in every log line and every row of the relay table. */
export const attack: Proof = {
  id: 'T19',
  claim:
    'no credential, variable, item or frame is in a log line, and no credential or item in the relay table',
  async run({ signal, progress }) {
    progress('in memory');
    const memory = await runCanary({});
    const stored = await withDynamoDB(signal, (endpoint) => {
      progress('on DynamoDB Local');
      return onDynamoDB(endpoint);
    });
    const trace = [
      ...memory.trace,
      ...stored.trace,
      ...(stored.rows === 0 ? ['expected rows, got none'] : []),
    ];
    return {
      holds: trace.length === 0,
      figure: `${memory.released + stored.released} canaries: found ${trace.length} in ${memory.lines + stored.lines} log lines and ${stored.rows} rows (${memory.delivered + stored.delivered} payloads delivered)`,
      measures: {
        canaries: memory.released + stored.released,
        found: trace.length,
        lines: memory.lines + stored.lines,
        rows: stored.rows,
      },
      ...(trace.length > 0 && { trace }),
    };
  },
};

async function onDynamoDB(endpoint: string): Promise<CanaryReport> {
  const raw = new DynamoDBClient({ endpoint, region: LOCAL_REGION, credentials: { ...LOCAL_CREDENTIALS } });
  try {
    await raw.send(new CreateTableCommand(relayTableRequests(TABLE).create));
    return await runCanary({
      createRegistry: (clock) =>
        createDynamoDBRegistry({ client: DynamoDBDocumentClient.from(raw), tableName: TABLE, clock }),
      rows: async () => {
        const { Items = [] } = await raw.send(new ScanCommand({ TableName: TABLE, ConsistentRead: true }));
        return Items.map((item) => JSON.stringify(item));
      },
    });
  } finally {
    raw.destroy();
  }
}
