import type { Cell, Todo } from '../workload.ts';

/** The programs that are compared. */
export type ProgramName =
  | 'tablecast'
  | 'tablecast-https'
  | 'tablecast-sdk'
  | 'gls'
  | 'gls-tuned'
  | 'alg'
  | 'sdk-loop';

/** Where a program finds its surroundings. */
export interface Surroundings {
  /** Origin of the fake DynamoDB. */
  readonly dynamodb: string;
  /** `host:port` of the sink, which speaks HTTPS. */
  readonly sinkHost: string;
  /** Posts under way at once, of programs that bound them; sockets, of those that do not. */
  readonly concurrency: number;
  /** Posts a second that ours begins at most. */
  readonly perSecond: number;
  /** Folder the peers were installed in. */
  readonly peers: string;
}

/** One program, set up for the subscribers of one cell. */
export interface Program {
  /** Delivers one batch of events to everyone who wants them; resolves when all was accepted. */
  deliver(events: readonly Todo[]): Promise<void>;
  /** Payloads rendered so far; `undefined` of a program that renders nothing. */
  renderings(): number | undefined;
}

/** @returns a maker of programs that share a process, and with it clients and sockets where they would */
export type CreateProgram = (surroundings: Surroundings) => (cell: Cell) => Promise<Program>;
