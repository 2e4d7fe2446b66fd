import {
  BatchGetCommand,
  type BatchGetCommandOutput,
  type BatchWriteCommand,
  type BatchWriteCommandOutput,
  DeleteCommand,
  type DeleteCommandOutput,
  GetCommand,
  type GetCommandOutput,
  PutCommand,
  type PutCommandOutput,
  QueryCommand,
  type QueryCommandOutput,
  UpdateCommand,
  type UpdateCommandOutput,
} from '@aws-sdk/lib-dynamodb';
import type {
  DocumentClient,
  DocumentCommand,
  DocumentOutput,
} from '../../../src/adapters/dynamodb/document-client.ts';
import type { SeededRandom } from '../../../src/testing/random.ts';
import { isLeaseUpdate } from './checkpoint-watch.ts';
import { type CallFaults, requestError } from './faults.ts';
import type { SimulatedProcess } from './process.ts';

/** Of queries that are not strongly consistent. */
const STALE = 0.2;
/** How long a caller waits for an answer that never comes, ms. */
const TIMEOUT_MS = 1_000;

export interface TableClientParts {
  readonly table: DocumentClient;
  readonly process: SimulatedProcess;
  readonly faults: CallFaults;
  readonly random: SeededRandom;
  /** Of the world: a request goes on whatever becomes of its process. */
  readonly sleep: (ms: number) => Promise<void>;
  /** True while the table takes no requests from anybody. */
  readonly isDown: () => boolean;
  /** A request failed. */
  readonly failed: () => void;
  /** Of one write of a lease: how long it is on its way, 0 for no time worth telling. */
  readonly lateMs: () => number;
  /** An update was carried out, whether its process learns of it or not. */
  readonly updated: (command: UpdateCommand, output: UpdateCommandOutput) => void;
}

/** One process's way to the relay table, with what can happen to a request and to the process on that way. */
export class TableClient implements DocumentClient {
  readonly #parts: TableClientParts;

  constructor(parts: TableClientParts) {
    this.#parts = parts;
  }

  send(command: GetCommand): Promise<GetCommandOutput>;
  send(command: PutCommand): Promise<PutCommandOutput>;
  send(command: UpdateCommand): Promise<UpdateCommandOutput>;
  send(command: DeleteCommand): Promise<DeleteCommandOutput>;
  send(command: QueryCommand): Promise<QueryCommandOutput>;
  send(command: BatchGetCommand): Promise<BatchGetCommandOutput>;
  send(command: BatchWriteCommand): Promise<BatchWriteCommandOutput>;
  send(command: DocumentCommand): Promise<DocumentOutput> {
    const { table } = this.#parts;
    if (command instanceof GetCommand) return this.#through(() => table.send(command));
    if (command instanceof PutCommand) return this.#through(() => table.send(command));
    if (command instanceof UpdateCommand) return this.#through(() => this.#update(command));
    if (command instanceof DeleteCommand) return this.#through(() => table.send(command));
    if (command instanceof QueryCommand) {
      return command.input.ConsistentRead === true
        ? this.#through(() => table.send(command))
        : this.#through(() => this.#staleQuery(command));
    }
    if (command instanceof BatchGetCommand) return this.#through(() => table.send(command));
    return this.#through(() => table.send(command));
  }

  async #update(command: UpdateCommand): Promise<UpdateCommandOutput> {
    const { lateMs, sleep } = this.#parts;
    const ms = isLeaseUpdate(command) ? lateMs() : 0;
    if (ms > 0) await sleep(ms);
    const output = await this.#parts.table.send(command);
    this.#parts.updated(command, output);
    return output;
  }

  /** One that is not strongly consistent may miss what was written a moment ago: here it misses all of it, now and then. */
  async #staleQuery(command: QueryCommand): Promise<QueryCommandOutput> {
    const { table, random } = this.#parts;
    const fresh = await table.send(command);
    return random.chance(STALE) ? { $metadata: {}, Items: [], Count: 0 } : fresh;
  }

  #through(request: () => Promise<DocumentOutput>): Promise<DocumentOutput> {
    const { process, faults, random, sleep, isDown, failed } = this.#parts;
    return process.awaits(async () => {
      const fault = isDown() ? 'throttled' : faults.request();
      if (fault) failed();
      switch (fault) {
        case undefined:
          return request();
        case 'crashBefore':
          process.kill('before a request');
          throw new Error('it is dead and does not learn of this');
        case 'crashAfter': {
          const output = await request();
          process.kill('after a request');
          return output;
        }
        case 'timeoutAfter':
          await request();
          await sleep(TIMEOUT_MS);
          throw requestError(fault, random);
        case 'timeoutBefore':
          await sleep(TIMEOUT_MS);
          throw requestError(fault, random);
        case 'throttled':
          throw requestError(fault, random);
        default:
          return fault satisfies never;
      }
    });
  }
}
