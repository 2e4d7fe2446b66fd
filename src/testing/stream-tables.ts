import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../relay/ports.ts';
import { streamErrors } from './stream-failures.ts';
import { createLineage, type LineageSettings, type StreamLineage } from './stream-lineage.ts';
import type { FakeStreams, FakeTableOptions, StreamChange } from './stream-options.ts';
import { placeOfKey, streamsRecord } from './stream-records.ts';
import { createSequenceNumbers, type StreamShard } from './stream-shards.ts';

const REGION = 'us-east-1';

export interface StreamTablesSettings extends Omit<LineageSettings, 'numbers'> {
  readonly clock: Clock;
  readonly creationGranularityMs: number;
}

/** The tables, their streams, and the writes to them. Methods do what was due before they look. */
export interface StreamTables extends Pick<FakeStreams, 'write' | 'disable' | 'enable'> {
  create: FakeStreams['createTable'];
  drop(table: string): void;
  newest(table: string): StreamLineage;
  /** Those that are gone included, in order of creation. */
  streamsOf(table: string): readonly StreamLineage[];
  byArn(arn: string | undefined): { readonly stream: StreamLineage; readonly table: string };
  byShard(shardId: string): { readonly stream: StreamLineage; readonly shard: StreamShard };
}

interface Table extends FakeTableOptions {
  readonly name: string;
  readonly settings: LineageSettings;
  readonly streams: StreamLineage[];
}

export function createStreamTables(settings: StreamTablesSettings): StreamTables {
  const { clock, random, creationGranularityMs } = settings;
  const tables = new Map<string, Table>();
  const streams = new Map<string, { readonly stream: StreamLineage; readonly table: string }>();
  let events = 0;

  const known = (name: string): Table => {
    const table = tables.get(name);
    if (!table) throw streamErrors.tableNotFound(name);
    for (const stream of table.streams) stream.tend(clock.now());
    return table;
  };

  const newest = (name: string): StreamLineage => {
    const stream = known(name).streams.at(-1);
    if (!stream) throw new Error(`expected a table with a stream, got ${name}`);
    return stream;
  };

  const arnOf = (table: string, label: string) =>
    `arn:aws:dynamodb:${REGION}:000000000000:table/${table}/stream/${label}`;

  /** Labels are times to the millisecond; two streams of one table never share one. */
  const newLabel = (table: string, at: number): string => {
    const label = new Date(at).toISOString().slice(0, -1);
    return streams.has(arnOf(table, label)) ? newLabel(table, at + 1) : label;
  };

  const begin = (table: Table, options: FakeTableOptions): string => {
    const { shards = table.shards ?? 1, viewType = table.viewType ?? 'NEW_AND_OLD_IMAGES' } = options;
    if (!Number.isInteger(shards) || shards < 1)
      throw new Error(`expected at least one shard, got ${shards}`);
    const now = clock.now();
    const label = newLabel(table.name, now);
    const arn = arnOf(table.name, label);
    const stream = createLineage({ arn, label, viewType, shards, now }, table.settings);
    table.streams.push(stream);
    streams.set(arn, { stream, table: table.name });
    return arn;
  };

  const shardFor = (table: Table, stream: StreamLineage, change: StreamChange): StreamShard => {
    const name = table.partitionKey ?? Object.keys(change.keys)[0] ?? '';
    const value = Object.hasOwn(change.keys, name) ? change.keys[name] : undefined;
    if (!value) throw new Error('expected a change with its partition key among its keys, got one without');
    const place = placeOfKey(value);
    const shard = stream.open.find(({ to }) => place < to);
    if (!shard) throw new Error('expected an open shard for every key');
    return shard;
  };

  const newEventId = () => {
    events += 1;
    const noise = [0, 0, 0].map(() => hex(random.integer(2 ** 32))).join('');
    return `${noise}${hex(events)}`;
  };

  return {
    create(name, options = {}) {
      if (tables.has(name)) throw new Error(`expected a new table, got ${name}, which there is`);
      const table: Table = {
        ...options,
        name,
        settings: { ...settings, numbers: createSequenceNumbers(random) },
        streams: [],
      };
      tables.set(name, table);
      return begin(table, options);
    },
    drop(name) {
      const stream = newest(name);
      if (stream.enabled) stream.disable(clock.now());
      tables.delete(name);
    },
    newest,
    streamsOf: (name) => known(name).streams,
    byArn(arn) {
      const found = streams.get(arn ?? '');
      found?.stream.tend(clock.now());
      if (!found || found.stream.gone) throw streamErrors.streamNotFound(arn);
      return found;
    },
    byShard(shardId) {
      for (const { stream } of streams.values()) {
        stream.tend(clock.now());
        const shard = stream.shard(shardId);
        if (shard) return { stream, shard };
      }
      throw streamErrors.shardNotFound(shardId);
    },
    disable(name) {
      const stream = newest(name);
      if (!stream.enabled) throw new Error(`expected a table with its stream on, got ${name}`);
      stream.disable(clock.now());
    },
    enable(name, options = {}) {
      const table = known(name);
      if (newest(name).enabled) throw new Error(`expected a table with its stream off, got ${name}`);
      table.settings.numbers.renew();
      return begin(table, options);
    },
    write(name, change) {
      const table = known(name);
      const stream = newest(name);
      const { newImage, oldImage } = change;
      if (newImage && oldImage && isDeepStrictEqual(newImage, oldImage)) return undefined;
      if (!stream.enabled) return undefined;
      const shard = shardFor(table, stream, change);
      const number = table.settings.numbers.next(shard.prefix);
      const sequenceNumber = String(number);
      const at = clock.now();
      const createdAt = new Date(Math.floor(at / creationGranularityMs) * creationGranularityMs);
      const eventId = newEventId();
      const place = { eventId, sequenceNumber, region: REGION, viewType: stream.viewType, createdAt };
      const record = streamsRecord(change, place);
      const bytes = record.dynamodb?.SizeBytes ?? 0;
      shard.entries.push({ record, sequenceNumber, number, at, bytes, handedOut: false });
      shard.lastNumber = number;
      return { eventId, sequenceNumber, streamArn: stream.arn, shardId: shard.id, at };
    },
  };
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}
