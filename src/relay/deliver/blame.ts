import type { SweepContext } from '../context.ts';
import { gatewayAnswers } from '../end.ts';
import { type ChainReport, type SlowConnection, stopAt } from './chain-report.ts';
import type { Chain } from './owed.ts';

/** With this many connections, all of them failing is our fault, not theirs. */
const INFRASTRUCTURE_QUORUM = 3;

/** Why a batch stops whose reader has to let go of its shard. */
const CUT = 'cut short';

/** What is known once every chain is over, or was left. */
export interface ChainsOver {
  readonly report: ChainReport;
  readonly chains: readonly Chain[];
  /** Chains that are done with all they were owed. */
  readonly finished: Set<Chain>;
  /** Whether the gateway took a frame for anyone, or knew that somebody has gone. */
  isAnyoneReached: boolean;
  /** Whether it is not the clients who failed. */
  isOurFault: boolean;
}

/** Judges whose failure it was that some did not keep up: if not theirs, what they missed comes again. */
export async function judgeSlow(
  context: SweepContext,
  over: ChainsOver,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { report, isAnyoneReached } = over;
  const [one] = report.slow.values();
  if (!one) return;
  if (signal?.aborted) return excuse(over, () => CUT);
  const isEveryone = report.slow.size >= INFRASTRUCTURE_QUORUM && !isAnyoneReached;
  if (isEveryone || !(await gatewayAnswers(context, one.target.stage))) {
    excuse(over, ({ detail }) => `the gateway failed: ${detail}`);
  }
}

function excuse(over: ChainsOver, why: (slow: SlowConnection) => string): void {
  const { report, chains, finished } = over;
  for (const chain of chains) {
    const slow = report.slow.get(chain.connectionId);
    if (!slow) continue;
    for (const { record } of slow.undelivered.slice(0, 1)) stopAt(report, record, why(slow));
    finished.delete(chain);
  }
  report.slow.clear();
  over.isOurFault = true;
}

/** How far a batch came that stopped, if saying so is of use to who resumes it. */
export function cutOf({ report, chains, finished, isOurFault }: ChainsOver): ChainReport['cut'] {
  const open = chains.findIndex((chain) => !finished.has(chain));
  const through = chains[(open < 0 ? chains.length : open) - 1]?.connectionId;
  return report.stop && (through !== undefined || !isOurFault) ? { through } : undefined;
}
