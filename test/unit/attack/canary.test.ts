import { expect, test } from '@jest/globals';
import { inLogs, inRows } from '../../../scripts/attack/canary/kinds.ts';
import { type CanaryOptions, logsAll, runCanary } from '../../../scripts/attack/canary/run.ts';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { receive } from '../../../src/relay/receive.ts';
import { DynamoDBTable } from '../../../src/testing/dynamodb-table.ts';

function onModel(planted: CanaryOptions['planted'] = {}) {
  const client = new DynamoDBTable({ tableName: 'relay' });
  return runCanary({
    createRegistry: (clock) => createDynamoDBRegistry({ client, tableName: 'relay', clock }),
    rows: async () => client.rows().map((row) => JSON.stringify(row)),
    planted,
  });
}

test('C8 canaries in every input are in no log line and, of credentials and items, in no row', async () => {
  const report = await onModel();
  expect(report.trace).toEqual([]);
  expect(report.released).toBeGreaterThan(500);
  expect(report.rows).toBeGreaterThan(50);
  expect(report.lines).toBeGreaterThan(100);
  expect(report.delivered).toBeGreaterThan(10);
});

test('a relay that logs the frames it gets is caught', async () => {
  const { trace } = await onModel({
    logger: logsAll,
    receive: (context, frame) => {
      context.logger.info({ event: 'frame', body: frame.body });
      return receive(context, frame);
    },
  });
  expect(trace.join('\n')).toMatch(/in a log line, tweet-credential-/);
});

test('a hook that stores what a client presented is caught in the rows', async () => {
  const { trace } = await onModel({
    project: (project) => ({
      ...project,
      hooks: {
        ...project.hooks,
        connect: ({ params, store }) => store('everything', [...params.values()].map(String)),
      },
    }),
  });
  expect(trace.join('\n')).toMatch(/in a row, tweet-param-/);
});

test('a credential is found in base64 too, wherever it begins, and a filter value may be in a row', () => {
  for (const before of ['', 'a', 'ab', '{"Authorization":"']) {
    const header = Buffer.from(`${before}tweet-credential-7"}`).toString('base64');
    expect(inLogs(`{"header":"${header}"}`)).toHaveLength(1);
  }
  expect(inRows('tweet-value-1 tweet-name-2')).toEqual([]);
  expect(inRows('tweet-value-1 tweet-image-3')).toEqual(['tweet-image-3']);
  expect(inLogs('tweet-value-1')).toEqual(['tweet-value-1']);
});
