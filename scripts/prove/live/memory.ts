/** What a process holds after a full collection. */
export interface MemoryReport {
  /** Bytes. */
  readonly heapUsed: number;
  /** Bytes of buffers and the like. */
  readonly external: number;
  /** Bytes of memory as the system sees it. */
  readonly rss: number;
  /** Open files and sockets; undefined where the system does not tell. */
  readonly descriptors: number | undefined;
}

export interface Sample {
  /** Seconds since the first one. */
  readonly at: number;
  readonly value: number;
}

/**
 * Slope of a line through the samples, per second: the median of the slopes between all pairs (Theil and Sen), which a few
 * outliers do not move.
 * @throws RangeError with fewer than two samples
 */
export function slopePerSecond(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((one, index) =>
    samples.slice(index + 1).map((other) => (other.value - one.value) / (other.at - one.at)),
  );
  const sorted = slopes.filter(Number.isFinite).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError(`expected two samples at least, got ${samples.length}`);
  return middle;
}
