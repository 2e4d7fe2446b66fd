import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** Bytes this process keeps after the collector has run. */
export function keptBytes(): number {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    const gc: unknown = runInNewContext('gc');
    collect = () => void (typeof gc === 'function' && gc());
  }
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
