/** What a fresh process is to load and do. */
export interface ColdWork {
  /** URL of a module that exports `handler`. */
  readonly bundle: string;
  /** What its handler is called with. */
  readonly event: object;
}

export interface ColdReply {
  /** From before the bundle was read until everything was accepted. */
  readonly ms: number;
  /** Of that, loading the bundle. */
  readonly loadMs: number;
  /** User and system time meanwhile. */
  readonly cpuMs: number;
}

/** What the two programs without a pipeline are called with: ready frames and where they go. */
export interface PostingEvent {
  readonly endpoint: string;
  readonly connectionIds: readonly string[];
  readonly frame: string;
  readonly concurrency: number;
}
