/**
 * Loaded into a process before its own program (`--import`, with `--expose-gc`): tells its parent, whenever asked, what it
 * holds after a full collection. It keeps nothing alive itself.
 */
import { readdirSync } from 'node:fs';
import type { MemoryReport } from '../live/memory.ts';

function report(): MemoryReport {
  // Twice: what the first one frees may have held finalisers.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, external, rss, descriptors: descriptors() };
}

function descriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

process.on('message', (message) => {
  if (message === 'report') process.send?.(report());
});
process.channel?.unref();
