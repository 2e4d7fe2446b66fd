import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import { TablecastError } from '../../errors.ts';
import type { Clock } from '../../relay/ports.ts';
import { type StreamsApi, streamsFault } from './api.ts';
import { createBackoff } from './backoff.ts';
import type { Invoke } from './batch.ts';
import { type Checkpoints, memoryCheckpoints } from './checkpoints.ts';
import { messageOf } from './deliver-batch.ts';
import { type OnGap, tellGap } from './gap.ts';
import { createOutage } from './outage.ts';
import type { ReadDeps } from './read-shard.ts';
import { readStream } from './read-stream.ts';

/** The newest stream of the table, or undefined while the table has none (no such table, or its stream is off). */
export type ResolveStream = (signal: AbortSignal) => Promise<string | undefined>;

export interface StreamReaderOptions {
  readonly api: StreamsApi;
  readonly resolveStream: ResolveStream;
  readonly invoke: Invoke;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Where a reader without checkpoints begins. Default `LATEST`. */
  readonly startAt?: 'LATEST' | 'TRIM_HORIZON';
  /** Wait after an empty page, ms. Default 200. */
  readonly pollIntervalMs?: number;
  /** Records in a page, and so in one invocation, 1 to 1000. Default 100. */
  readonly batchSize?: number;
  /** Bytes of JSON an invocation takes; a page beyond it is split. Default 6 000 000, under Lambda's 6 MB. */
  readonly maxBatchBytes?: number;
  /** What ApproximateCreationDateTime is rounded down to, ms. Default 1 000 (AWS); DynamoDB Local: 60 000. */
  readonly creationGranularityMs?: number;
  /** Default: in memory. */
  readonly checkpoints?: Checkpoints;
  /** Told of records that were lost before delivery (24 h trim, stream replaced); again, until it resolves. */
  readonly onGap?: OnGap;
  /** For jitter. Default Math.random. */
  readonly random?: () => number;
}

export interface StreamReader {
  /**
   * Resolves once places are held in every open shard: whatever is written from then on is delivered.
   * @throws TablecastError `STREAM_UNUSABLE` when the table has no stream; `CONFIG_INVALID` when already started.
   */
  start(): Promise<void>;
  /**
   * Takes no new page, waits up to `graceMs` (default 2 000) for the invocation under way, then breaks it off.
   * What was not acknowledged is delivered again by the next reader with the same checkpoints. Idempotent.
   */
  stop(graceMs?: number): Promise<void>;
}

/** A table's stream may be off for as long as it takes to put it on again. */
const RESOLVE_BACKOFF = { baseMs: 200, capMs: 3_000 };

/**
 * Reads a table's stream as Lambda's event source mapping does: at least once, in order within a shard, parents
 * before children, partial failures honoured, nothing skipped. When the stream is switched off and on it drains the
 * old one first; when DynamoDB has lost it (a restarted emulator) it goes on with the table's new one. Streams after
 * the first are read from their oldest record.
 */
export function createStreamReader(options: StreamReaderOptions): StreamReader {
  const { clock, logger, resolveStream } = options;
  const stopping = new AbortController();
  const abandoning = new AbortController();
  // Each shard waits on them.
  setMaxListeners(0, stopping.signal, abandoning.signal);
  const deps: Omit<ReadDeps, 'streamArn'> & { readonly checkpoints: Checkpoints } = {
    api: options.api,
    invoke: options.invoke,
    checkpoints: options.checkpoints ?? memoryCheckpoints(),
    clock,
    logger,
    batchSize: options.batchSize ?? 100,
    maxBatchBytes: options.maxBatchBytes ?? 6_000_000,
    pollIntervalMs: options.pollIntervalMs ?? 200,
    creationGranularityMs: options.creationGranularityMs ?? 1_000,
    random: options.random ?? Math.random,
    onGap: options.onGap ?? (() => {}),
    ending: { stopping: stopping.signal, abandoning: abandoning.signal },
    outage: createOutage(logger, clock),
  };
  let running: Promise<void> | undefined;

  async function run(firstArn: string, positioned: () => void): Promise<void> {
    let arn: string | undefined = firstArn;
    let startAt = options.startAt ?? 'LATEST';
    while (arn !== undefined) {
      logger.info({ event: 'reader.stream', streamArn: arn, startAt }, 'reading a stream');
      const outcome = await readStream(startAt, { ...deps, streamArn: arn }, positioned);
      if (outcome === 'stopped') break;
      if (outcome === 'lost') {
        deps.outage.allOver();
        await tellGap({ streamArn: arn, cause: 'stream-replaced' }, deps, stopping.signal);
      }
      arn = await successor(arn, outcome);
      startAt = 'TRIM_HORIZON';
    }
    positioned();
  }

  /** Waits until the table has another stream, or, after a loss, the same one again. */
  async function successor(arn: string, outcome: 'drained' | 'lost'): Promise<string | undefined> {
    const backoff = createBackoff(RESOLVE_BACKOFF, deps.random);
    let told = false;
    while (!stopping.signal.aborted) {
      try {
        const next = await resolveStream(stopping.signal);
        deps.outage.over('table');
        if (next !== undefined && (next !== arn || outcome === 'lost')) return next;
        if (!told)
          logger.warn(
            { event: 'reader.stream_off', streamArn: arn },
            'the table has no stream to read; waiting',
          );
        told = true;
      } catch (error) {
        if (!stopping.signal.aborted) resolveFailed(error);
      }
      await clock.sleep(backoff.next(), stopping.signal);
    }
    return undefined;
  }

  function resolveFailed(error: unknown): void {
    const entry = { event: 'reader.resolve_error', detail: messageOf(error) };
    deps.outage.met('table', entry, 'looking for the stream failed; trying again');
  }

  async function firstStream(): Promise<string | undefined> {
    const backoff = createBackoff(RESOLVE_BACKOFF, deps.random);
    while (!stopping.signal.aborted) {
      try {
        const arn = await resolveStream(stopping.signal);
        deps.outage.over('table');
        if (arn !== undefined) return arn;
        throw new TablecastError('STREAM_UNUSABLE', 'expected a table with its stream on, and it has none');
      } catch (error) {
        if (stopping.signal.aborted) break;
        if (error instanceof TablecastError || streamsFault(error) !== 'transient') throw error;
        resolveFailed(error);
        await clock.sleep(backoff.next(), stopping.signal);
      }
    }
    return undefined;
  }

  return {
    async start() {
      if (running)
        throw new TablecastError(
          'CONFIG_INVALID',
          'expected one start of a stream reader, and it came twice',
        );
      let begun = () => {};
      running = new Promise((resolve) => {
        begun = resolve;
      });
      try {
        const arn = await firstStream();
        if (arn === undefined) return;
        await new Promise<void>((positioned) => {
          running = run(arn, positioned);
        });
      } finally {
        begun();
      }
    },
    async stop(graceMs = 2_000) {
      stopping.abort();
      if (!running) return;
      const deadline = setTimeout(() => abandoning.abort(), graceMs);
      await running;
      clearTimeout(deadline);
    },
  };
}
