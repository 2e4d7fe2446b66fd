import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { relayTableRequests } from '../../../src/deploy/relay-table.ts';
import {
  type DynamoDBLocal,
  LOCAL_CREDENTIALS,
  LOCAL_REGION,
  startDynamoDBLocal,
} from '../../../src/testing/dynamodb-local.ts';
import type { BenchCase, CaseReport, CaseRow, TargetRow } from '../case.ts';
import { NOT_INSTALLED } from '../figures.ts';
import { arePeersInstalled, peersFolder } from '../peers/install.ts';
import { measureGls } from '../requests/gls.ts';
import { measureOperations, type OperationCost, type RelayOperation } from '../requests/operations.ts';

const SUBSCRIPTIONS = [1, 10, 100] as const;
const START_TIMEOUT_MS = 60_000;

type Costs = ReadonlyMap<RelayOperation, OperationCost>;

/** Of a connection with so many subscriptions. */
interface Measured {
  readonly subscriptions: number;
  readonly own: Costs;
  readonly gls: Costs | undefined;
}

/** Counted, so measured once, whatever the number of rounds is. */
export const requests: BenchCase = {
  name: 'requests',
  about: 'DynamoDB requests and units of connect, init, subscribe, complete and disconnect (P11)',
  isDefault: true,
  async run({ progress, signal }) {
    const local = await startDynamoDBLocal({ startTimeoutMs: START_TIMEOUT_MS, signal });
    try {
      const measured: Measured[] = [];
      for (const subscriptions of SUBSCRIPTIONS) {
        signal.throwIfAborted();
        progress(`${subscriptions} subscriptions`);
        measured.push(await measure(local, subscriptions));
      }
      return reportOf(measured);
    } finally {
      await local.stop();
    }
  },
};

async function measure({ endpoint }: DynamoDBLocal, subscriptions: number): Promise<Measured> {
  const client = new DynamoDBClient({
    endpoint,
    region: LOCAL_REGION,
    credentials: { ...LOCAL_CREDENTIALS },
  });
  try {
    const tableName = `relay-${subscriptions}`;
    await client.send(new CreateTableCommand(relayTableRequests(tableName).create));
    // First, for a counter on the client would count what makes its tables.
    const gls = arePeersInstalled()
      ? await measureGls(peersFolder(), client, endpoint, `gls-${subscriptions}`, subscriptions)
      : undefined;
    const own = await measureOperations(DynamoDBDocumentClient.from(client), tableName, subscriptions);
    return { subscriptions, own, gls };
  } finally {
    client.destroy();
  }
}

const NOTHING: OperationCost = { requests: {}, readUnits: 0, writeUnits: 0 };

const costOf = (costs: Costs | undefined, operation: RelayOperation) => costs?.get(operation) ?? NOTHING;

const requestsOf = (cost: OperationCost) => Object.values(cost.requests).reduce((sum, one) => sum + one, 0);

/** Operations in the order of their names, whichever of them it was. */
function together(...costs: readonly OperationCost[]): OperationCost {
  const counts = new Map<string, number>();
  for (const [name, count] of costs.flatMap((cost) => Object.entries(cost.requests)))
    counts.set(name, (counts.get(name) ?? 0) + count);
  return {
    requests: Object.fromEntries(counts),
    readUnits: costs.reduce((sum, cost) => sum + cost.readUnits, 0),
    writeUnits: costs.reduce((sum, cost) => sum + cost.writeUnits, 0),
  };
}

const connecting = (costs: Costs | undefined) => together(costOf(costs, 'connect'), costOf(costs, 'init'));

/** `1 BatchWriteItem + 1 UpdateItem: 4 WRU, 0 RRU` */
function text(cost: OperationCost): string {
  const asked = Object.entries(cost.requests).map(([name, count]) => `${count} ${name}`);
  return `${asked.join(' + ') || 'none'}: ${cost.writeUnits} WRU, ${cost.readUnits} RRU`;
}

/** `3 requests, 2 WRU` */
const short = (cost: OperationCost) => `${requestsOf(cost)} requests, ${cost.writeUnits} WRU`;

/** One under a filter key and one SUB for each subscription, ID and LIVE. */
const rowsOf = (subscriptions: number) => 2 * subscriptions + 2;

/** Of graphql-lambda-subscriptions 6.0.0, where it is not installed: as this case measured it. */
const GLS_SUBSCRIBE: OperationCost = {
  requests: { GetItem: 2, PutItem: 1 },
  readUnits: 1,
  writeUnits: 6,
};
const GLS_COMPLETE: OperationCost = {
  requests: { GetItem: 1, DeleteItem: 1 },
  readUnits: 0.5,
  writeUnits: 6,
};

function targetOf(measured: readonly Measured[]): TargetRow {
  const [first] = measured;
  const { own, gls } = first ?? { own: new Map(), gls: undefined };
  const glsSubscribe = gls?.get('subscribe') ?? GLS_SUBSCRIBE;
  const glsComplete = gls?.get('complete') ?? GLS_COMPLETE;
  const isLess = (mine: OperationCost, theirs: OperationCost) =>
    requestsOf(mine) <= requestsOf(theirs) && mine.writeUnits <= theirs.writeUnits;
  const { BatchWriteItem = 0, UpdateItem = 0, ...more } = connecting(own).requests;
  const checks = [
    BatchWriteItem <= 1 && UpdateItem <= 1 && Object.keys(more).length === 0,
    isLess(costOf(own, 'subscribe'), glsSubscribe),
    isLess(costOf(own, 'complete'), glsComplete),
    ...measured.map(
      (each) =>
        (costOf(each.own, 'disconnect').requests['BatchWriteItem'] ?? 0) <=
        Math.ceil(rowsOf(each.subscriptions) / 25),
    ),
  ];
  const disconnects = (costs: (each: Measured) => Costs | undefined) =>
    measured.map((each) => `S=${each.subscriptions} ${short(costOf(costs(each), 'disconnect'))}`).join(', ');
  return {
    id: 'P11',
    figure:
      'DynamoDB requests and write units of connect + init, subscribe, complete, disconnect (S subscriptions)',
    target:
      'connect + init ≤ 1 BatchWriteItem + 1 UpdateItem · subscribe, complete ≤ GLS · disconnect ⌈rows/25⌉ BatchWriteItem',
    measured: `connect + init ${text(connecting(own))} · subscribe ${short(costOf(own, 'subscribe'))} · complete ${short(costOf(own, 'complete'))} · disconnect ${disconnects((each) => each.own)}`,
    peer: `GLS connect + init ${gls ? text(connecting(gls)) : NOT_INSTALLED} · subscribe ${short(glsSubscribe)} · complete ${short(glsComplete)} · disconnect ${gls ? disconnects((each) => each.gls) : NOT_INSTALLED}`,
    met: checks.every(Boolean),
    command: 'npm run bench -- --case requests',
  };
}

function reportOf(measured: readonly Measured[]): CaseReport {
  const row = (label: string, own: OperationCost, gls?: string): CaseRow => ({
    label,
    figures: new Map([['tablecast', text(own)], ...(gls === undefined ? [] : [['GLS', gls] as const])]),
  });
  const orMissing = (cost: OperationCost | undefined) => (cost ? text(cost) : NOT_INSTALLED);
  const [first] = measured;
  const { own = new Map(), gls = undefined } = first ?? {};
  const alone = (operation: RelayOperation) => row(operation, costOf(own, operation));
  const beside = (operation: RelayOperation) =>
    row(operation, costOf(own, operation), orMissing(gls && costOf(gls, operation)));
  const rows: CaseRow[] = [
    beside('connect'),
    beside('init'),
    alone('init that brings the credential'),
    alone('first sweep after init'),
    alone('first subscribe of a process'),
    beside('subscribe'),
    beside('complete'),
    alone('complete of an id that is not live'),
    ...measured.map((each) =>
      row(
        `disconnect, S=${each.subscriptions}`,
        costOf(each.own, 'disconnect'),
        orMissing(each.gls && costOf(each.gls, 'disconnect')),
      ),
    ),
  ];
  const groups = measured.map(({ subscriptions }) => `S=${subscriptions}`);
  /** Of the whole life of a connection that completes nothing. */
  const life = (costs: Costs | undefined, subscriptions: number) =>
    costs &&
    connecting(costs).writeUnits +
      subscriptions * costOf(costs, 'subscribe').writeUnits +
      costOf(costs, 'disconnect').writeUnits;
  return {
    case: 'requests',
    targets: [targetOf(measured)],
    rows,
    charts: [
      {
        title: 'Write units of a connection with S subscriptions, from connect to disconnect',
        unit: 'WRU',
        groups,
        series: [
          { name: 'tablecast', values: measured.map((each) => life(each.own, each.subscriptions)) },
          { name: 'GLS', values: measured.map((each) => life(each.gls, each.subscriptions)) },
        ],
      },
    ],
    method: METHOD,
  };
}

const METHOD = `Counted on DynamoDB Local with ReturnConsumedCapacity, GLS by its own handler with its own tables and indexes. Exact, so measured once; the same figures are asserted by test/contract/registry-costs.test.ts. A read that finds nothing counts as the smallest there is, as AWS bills it. Each subscription is to a value of its own, an equality of one field. "subscribe" is one of a process that has met the shape and the document before. The row that sweeps read is not told by init but by the first sweep that finds the connection alive: connections that are over by then never pay. "first sweep" is of one such connection, its 64 queries included.
What stands in the way of the rest of P11: complete takes two requests more than GLS at half its write units. It marks the subscription before it deletes its rows, and removes it last, so that whoever dies in between leaves nothing that a change finds but nobody ends; and it looks whether readers hold the rows in memory before the id can be had again. A disconnect of few rows takes two batches where one had room, for a batch is not atomic: a subscription's row never goes in one with the rows it names.`;
