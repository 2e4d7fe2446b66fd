import type { PostOutcome } from '../../relay/ports.ts';

/**
 * Reads the outcome of one @connections request from its HTTP status alone: emulators send no error names, and the
 * SDK has no class for 400.
 * @param detail What came, for the outcomes that carry it. Must hold no frame and no credential.
 */
export function outcomeOfStatus(status: number, detail: string): PostOutcome {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  switch (status) {
    case 400:
    case 410:
      return { kind: 'gone' };
    case 401:
    case 403:
      return { kind: 'forbidden', detail };
    case 413:
      return { kind: 'tooLarge' };
    case 429:
      return { kind: 'throttled' };
    default:
      return { kind: 'failed', detail };
  }
}
