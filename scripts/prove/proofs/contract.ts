import { batchResponse } from '../../../src/relay/deliver/batch-response.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import { CASES } from '../contract/cases.ts';
import { type HandlerOf, runCase } from '../contract/run.ts';
import type { Proof } from '../proof.ts';
import { replayCommand } from '../replay.ts';

/** As handlers/stream.ts has it, on a context that is given: the same cases run through that very file in the unit tests. */
const handlerOf: HandlerOf = (context) => {
  const deliver = createDeliver(context);
  return async ({ Records }, lambda) => {
    const outcome = await deliver(Records, { remainingMs: () => lambda.getRemainingTimeInMillis() });
    return batchResponse(outcome);
  };
};

/** T18: what the stream handler answers in every documented case of ReportBatchItemFailures, and what Lambda then does. */
export const proof: Proof = {
  id: 'T18',
  claim: 'every outcome of a batch is answered as Lambda documents it, and nothing is lost by the answer',
  async run({ size, seed, signal, progress }) {
    const trace: string[] = [];
    let held = 0;
    for (const contract of CASES) {
      signal.throwIfAborted();
      progress(contract.name);
      const faults = await runCase(contract, handlerOf);
      if (faults.length === 0) held += 1;
      trace.push(...faults.map((fault) => `${contract.name}: ${fault}`));
    }
    const named = CASES.filter(({ verdict, by }) => typeof verdict === 'object' && by === undefined).length;
    return {
      holds: trace.length === 0,
      figure: `${held} of ${CASES.length} cases answered as documented; ${named} of them name the record to come again`,
      measures: { cases: CASES.length, held },
      ...(trace.length > 0 && { trace: [...trace, replayCommand('T18', size, seed)] }),
    };
  },
};
