import { isDeepStrictEqual } from 'node:util';
import { systemClock as clock } from '../../../src/adapters/clock.ts';
import { lambdaRecord } from '../../../src/adapters/dynamodb-streams/lambda-event.ts';
import { createMemoryRegistry } from '../../../src/adapters/memory/registry.ts';
import { batchResponse } from '../../../src/relay/deliver/batch-response.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import { createFakeConnections } from '../../../src/testing/connections.ts';
import { createEventSourceMapping, type StreamRecord } from '../../../src/testing/event-source-mapping.ts';
import { createProofRelay } from '../relay/relay.ts';
import { asSdkRecord, THING_FIELDS, THINGS_ARN, THINGS_SDL } from './records.ts';
import type { Poison, Work } from './work.ts';

/** Whose records they are: Lambda's event source mapping, or a worker that reads with the SDK. */
export type Path = 'lambda' | 'worker';

export interface PoisonReport {
  readonly frames: number;
  readonly goodFrames: number;
  /** Batches that came again, were split or were given up: what a poison that holds its shard leads to. */
  readonly held: number;
  readonly counted: number;
  /** What did not hold, in words. */
  readonly faults: readonly string[];
}

/** Everything that happens is seen here; only good items are seen by the other. */
const EVERYTHING = 'everything=';
const GOOD_ONLY = 'good=';
const BATCH_SIZE = 25;
/** Of log lines that say why a record was stepped over. */
const STEPPED_OVER = new Set(['record.undecodable', 'record.unknown-table', 'record.poison']);

interface Envelope extends StreamRecord {
  readonly content: unknown;
}

/** Puts the work through one of the two paths of the relay, and judges what became of each record. */
export async function runPoison(work: Work, path: Path, random: () => number): Promise<PoisonReport> {
  const connections = createFakeConnections({ clock });
  const registry = createMemoryRegistry({ clock });
  const { transport } = connections;
  const relay = createProofRelay({ sdl: THINGS_SDL, registry, transport, clock, random });
  for (const id of [EVERYTHING, GOOD_ONLY]) {
    connections.open(id);
    await relay.connect(id);
  }
  for (const field of ['onCreateThing', 'onUpdateThing', 'onDeleteThing']) {
    await relay.subscribe(EVERYTHING, field, `subscription { ${field} { ${THING_FIELDS} } }`);
  }
  const filter = '(filter: {kind: {eq: "good"}})';
  const query = `subscription { onChangeThing${filter} { item { id version } } }`;
  await relay.subscribe(GOOD_ONLY, 'good', query);

  const deliver = createDeliver(relay.context);
  const mapping = createEventSourceMapping<Envelope>({
    handler: async ({ Records }, lambda) =>
      batchResponse(
        await deliver(
          Records.map(({ content }) => content),
          { remainingMs: () => lambda.getRemainingTimeInMillis() },
        ),
      ),
    settings: {
      batchSize: BATCH_SIZE,
      reportBatchItemFailures: true,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 3,
    },
    clock,
  });
  mapping.push(
    work.records.map((content, place) => ({
      eventSourceARN: THINGS_ARN,
      dynamodb: { SequenceNumber: String(place) },
      content: path === 'worker' ? asWorkerReads(work, content) : content,
    })),
  );
  const { retries, splits, discarded, done } = await mapping.drain();
  const faults: string[] = [];
  if (done !== work.records.length) faults.push(`expected ${work.records.length} records done, got ${done}`);

  const broken = work.poisons.filter(({ seen }) => seen === undefined).length;
  const counted = relay.counted('gap');
  if (counted !== broken) faults.push(`expected ${broken} records counted, got ${counted}`);
  judgeLogs(work, relay.logs, faults);

  const frames = connections.frames(EVERYTHING).flatMap((text) => parsed(text, faults));
  judgeOdd(path === 'worker' ? work.poisons.map(asSeenByWorker) : work.poisons, frames, faults);
  const everything = frames.filter(({ data }) => data?.['kind'] === 'good').map(({ data }) => data);
  judgeGood(work, everything, 'of everything', faults);
  const good = connections.frames(GOOD_ONLY).flatMap((text) => parsed(text, faults));
  const items = good.map(({ data }) => (isObject(data?.['item']) ? data['item'] : undefined));
  judgeGood(work, items, 'of good ones alone', faults);
  return {
    frames: frames.length + good.length,
    goodFrames: everything.length + items.length,
    held: retries + splits + discarded.length,
    counted,
    faults,
  };
}

/** Odd records go through the SDK's shape; what is broken in Lambda's has no other. */
function asWorkerReads({ sdkReadable }: Work, content: unknown): unknown {
  const record = sdkReadable.get(content);
  return record ? lambdaRecord(asSdkRecord(record), THINGS_ARN) : content;
}

/** The SDK has lost whatever an attribute `__proto__` held. */
function asSeenByWorker(poison: Poison): Poison {
  if (!poison.kind.includes('__proto__')) return poison;
  const field = poison.kind.endsWith('in a map') ? 'json' : 'proto';
  return { ...poison, seen: { field, value: field === 'json' ? '{}' : null } };
}

type Fields = Readonly<Record<string, unknown>>;

interface Frame {
  readonly eventId: unknown;
  readonly data: Fields | undefined;
  readonly errors: readonly Fields[];
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function parsed(text: string, faults: string[]): Frame[] {
  try {
    const { type, payload } = JSON.parse(text);
    if (type !== 'next') throw new Error(`expected next, got ${type}`);
    const [data] = Object.values(payload.data);
    return [
      {
        eventId: payload.extensions.eventId,
        data: isObject(data) ? data : undefined,
        errors: payload.errors ?? [],
      },
    ];
  } catch (error) {
    faults.push(`a frame of ${text.length} characters: ${error instanceof Error ? error.message : error}`);
    return [];
  }
}

/** Each odd item was seen once, by whoever subscribed to everything, with the value that was stored. */
function judgeOdd(poisons: readonly Poison[], frames: readonly Frame[], faults: string[]): void {
  const byEvent = new Map<unknown, Frame[]>();
  for (const frame of frames) byEvent.set(frame.eventId, [...(byEvent.get(frame.eventId) ?? []), frame]);
  for (const { kind, eventId, seen } of poisons) {
    if (seen === undefined) continue;
    const [frame, ...more] = byEvent.get(eventId) ?? [];
    if (!frame || more.length > 0) {
      faults.push(`${kind}: expected one frame, got ${frame ? 1 + more.length : 0}`);
    } else if (seen === 'too large') {
      const [error] = frame.errors;
      const code = isObject(error?.['extensions']) ? error['extensions']['code'] : undefined;
      if (code !== 'PAYLOAD_TOO_LARGE')
        faults.push(`${kind}: expected PAYLOAD_TOO_LARGE, got ${String(code)}`);
    } else if ('misfit' in seen) {
      const paths = frame.errors.map(({ path }) => (Array.isArray(path) ? path[1] : undefined));
      if (frame.data?.[seen.misfit] !== null && !Array.isArray(frame.data?.[seen.misfit]))
        faults.push(`${kind}: expected null, got a value`);
      if (!paths.includes(seen.misfit)) faults.push(`${kind}: expected an error at ${seen.misfit}, got none`);
    } else if (frame.errors.length > 0 || !isDeepStrictEqual(frame.data?.[seen.field], seen.value)) {
      faults.push(`${kind}: expected ${seen.field} as it was stored, got another value or an error`);
    }
  }
}

/** Every good change was seen once, each item's in the order they were made. */
function judgeGood(
  work: Work,
  items: readonly (Fields | undefined)[],
  whose: string,
  faults: string[],
): void {
  const seen = new Map<unknown, unknown[]>();
  for (const item of items) seen.set(item?.['id'], [...(seen.get(item?.['id']) ?? []), item?.['version']]);
  if (!isDeepStrictEqual(seen, work.good)) {
    faults.push(`good items, subscriber ${whose}: expected every version once and in order, got others`);
  }
}

/** Each broken record has one line, and no line holds anything of an item. */
function judgeLogs(work: Work, logs: readonly Fields[], faults: string[]): void {
  const lines = logs.filter(({ event }) => typeof event === 'string' && STEPPED_OVER.has(event));
  const broken = work.poisons.filter(({ seen }) => seen === undefined);
  if (lines.length !== broken.length) faults.push(`expected ${broken.length} log lines, got ${lines.length}`);
  for (const { kind, eventId } of broken) {
    const own = eventId === undefined ? 1 : lines.filter((line) => line['eventId'] === eventId).length;
    if (own !== 1) faults.push(`${kind}: expected one log line, got ${own}`);
  }
  if (JSON.stringify(logs).includes(work.secret)) faults.push('expected no value in the logs, got one');
}
