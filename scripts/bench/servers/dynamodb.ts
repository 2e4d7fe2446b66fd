/**
 * Child process: a fake DynamoDB, so that what it takes is not charged to who asks. It holds each program's rows as that
 * program itself would have written them, and answers its own queries: 1 MB pages before any filter, units by the rule.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCpuClock } from './cpu-clock.ts';
import { algTable, glsTable } from './dynamodb/peer-rows.ts';
import { answer } from './dynamodb/protocol.ts';
import { relayTable } from './dynamodb/relay-table.ts';
import type { Table } from './dynamodb/table.ts';
import type { DynamoDBReply, DynamoDBRequest } from './messages.ts';
import { tableName } from './table-names.ts';

/** What an answer is taken to be worth on AWS, in ms: a full page, one of 50 items, one item (assumed, not measured). */
const SLOW = { page: 25, limitedPage: 6, item: 4 } as const;

const reply = (message: DynamoDBReply) => process.send?.(message);
const tables = new Map<string, Table>();
let isSlow = false;
let requests = 0;
let readUnits = 0;
let byOperation = new Map<string, number>();
const cpu = createCpuClock();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    const operation = String(request.headers['x-amz-target']).replace('DynamoDB_20120810.', '');
    const body = Buffer.concat(chunks).toString('utf8');
    requests += 1;
    byOperation.set(operation, (byOperation.get(operation) ?? 0) + 1);
    const end = (status: number, text: string) => {
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(text),
        'x-amzn-requestid': `BENCH${requests}`,
      });
      response.end(text);
    };
    try {
      const { text, units } = await answer(tables, operation, body);
      readUnits += units;
      if (!isSlow) end(200, text);
      else if (operation !== 'Query') setTimeout(end, SLOW.item, 200, text);
      else setTimeout(end, body.includes('"Limit":') ? SLOW.limitedPage : SLOW.page, 200, text);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      const isCondition = name === 'ConditionalCheckFailedException';
      if (!isCondition) console.error(`fake DynamoDB: ${operation}: ${message}`);
      end(400, JSON.stringify({ __type: isCondition ? name : 'ValidationException', message }));
    }
  });
});
server.keepAliveTimeout = 60_000;

async function seed(request: Extract<DynamoDBRequest, { kind: 'seed' }>): Promise<void> {
  const { layout, cell, sinkHost } = request;
  const name = tableName(layout, cell);
  if (tables.has(name)) return;
  if (layout === 'tablecast') tables.set(name, await relayTable(cell, name));
  else tables.set(name, layout === 'gls' ? glsTable(cell, sinkHost) : algTable(cell, sinkHost));
}

process.on('message', async (request: DynamoDBRequest) => {
  switch (request.kind) {
    case 'listen':
      server.listen(0, '127.0.0.1', () =>
        reply({ kind: 'listening', port: (server.address() as AddressInfo).port }),
      );
      return;
    case 'seed':
      await seed(request);
      reply({ kind: 'ok' });
      return;
    case 'serve':
      isSlow = request.isSlow;
      reply({ kind: 'ok' });
      return;
    default:
      reply({
        kind: 'taken',
        requests,
        readUnits,
        byOperation: Object.fromEntries(byOperation),
        cpuMs: cpu.lap(),
      });
      requests = 0;
      readUnits = 0;
      byOperation = new Map();
  }
});
process.on('disconnect', () => process.exit(0));
