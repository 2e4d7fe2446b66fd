import type { Digest } from './digest.ts';

export type SinkRequest =
  | { readonly kind: 'listen'; readonly key: string; readonly cert: string }
  /** Tell what came since the last time, and forget it. */
  | { readonly kind: 'take' };

export type SinkReply =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'taken'; readonly digest: Digest; readonly handshakes: number };

export type VariantName = 'tablecast' | 'transport' | 'sdk-loop';

/** What one child process is to do. */
export interface Assignment {
  readonly variant: VariantName;
  readonly endpoint: string;
  /** Posts under way at once. */
  readonly concurrency: number;
  readonly connections: number;
  /** Changes in one batch; every connection wants each. */
  readonly batchSize: number;
  /** Batches not measured, before those that are. */
  readonly warmUpBatches: number;
  readonly batches: number;
}

export type WorkerReply =
  | { readonly kind: 'warm' }
  | {
      readonly kind: 'measured';
      readonly deliveries: number;
      readonly ms: number;
      readonly cpuMicroseconds: number;
    };
