import { isOriginAllowed, readOrigins } from '../../../src/auth/origins.ts';
import { open as relayOpen } from '../../../src/relay/open.ts';
import type { Proof } from '../../prove/proof.ts';
import { ALLOWED, GOOD, TRICKS } from '../origins/cases.ts';
import { GOOD_KEY } from '../world/credentials.ts';
import { createAttackWorld, STAGE } from '../world/world.ts';

export interface OriginsReport {
  readonly tricks: number;
  readonly letIn: number;
  readonly trace: readonly string[];
}

/**
 * Tries each trick on `$connect` with a good key, so that nothing but the origin can keep it out.
 * @param open in place of the relay's own: how the attack itself is tested
 */
export async function runOrigins(open: typeof relayOpen = relayOpen): Promise<OriginsReport> {
  const world = createAttackWorld();
  const read = readOrigins(ALLOWED);
  if ('invalid' in read) throw new Error(`expected the list to be one, got ${read.invalid}`);
  const trace: string[] = [];
  let letIn = 0;
  let number = 0;
  const statusOf = async (origins: readonly string[], missing: 'allow' | 'refuse') => {
    number += 1;
    const door = { origins: { ...read, missing }, gateway: { claims: [] } };
    const connectionId = `origin-${number}=`;
    const { status } = await open(
      { ...world.context, door },
      {
        connectionId,
        stage: STAGE,
        connectedAt: world.clock.now(),
        headers: new Map([
          ['x-api-key', GOOD_KEY],
          ...origins.slice(0, 1).map((origin) => ['origin', origin] as const),
        ]),
        query: new Map(),
        origins,
      },
    );
    const isRecorded = (await world.context.registry.connection(connectionId)) !== undefined;
    return status === 200 || isRecorded ? 200 : status;
  };
  for (const [what, origins] of [...TRICKS, ['no origin at all', []] as const]) {
    const status = await statusOf(origins, 'refuse');
    if (status === 403) continue;
    letIn += status === 200 ? 1 : 0;
    trace.push(`${what}: expected 403, got ${status}`);
  }
  for (const [what, origins] of [...GOOD, ['no origin, where that is allowed', []] as const]) {
    const status = await statusOf(origins, 'allow');
    if (status !== 200) trace.push(`${what}: expected 200, got ${status}`);
  }
  if (!isOriginAllowed({ allowed: '*', missing: 'refuse' }, ['null']))
    trace.push('*: expected any to be let in');
  return { tricks: TRICKS.length + 1, letIn, trace };
}

/** S1: a page of somebody else that opens a socket with what the browser of a user brings along. */
export const attack: Proof = {
  id: 'S1',
  claim: 'with a list of origins, no other page connects, whatever it sends as Origin',
  async run() {
    const { tricks, letIn, trace } = await runOrigins();
    return {
      holds: trace.length === 0,
      figure: `${tricks} tricks: let in ${letIn}, refused with 403 ${tricks - letIn}; ${GOOD.length + 1} good ones let in`,
      measures: { tricks, letIn },
      ...(trace.length > 0 && { trace }),
    };
  },
};
