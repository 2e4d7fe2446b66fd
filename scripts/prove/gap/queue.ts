import { TablecastError } from '../../../src/errors.ts';
import { batchResponse } from '../../../src/relay/deliver/batch-response.ts';
import {
  createEventSourceMapping,
  type EventSourceMappingSettings,
  type StreamRecord,
} from '../../../src/testing/event-source-mapping.ts';
import { createGapWorld, type GapWorld, judgeTold, TABLE, type Told } from './world.ts';

/** One way for changes to be lost; everything on a virtual clock. */
export interface Scenario {
  readonly name: string;
  /** How many gaps it is: none where everything can still be read. */
  readonly gaps: 0 | 1;
  run(random: () => number): Promise<Told>;
}

const ARN = `arn:aws:dynamodb:us-east-1:000000000000:table/${TABLE}/stream/2026-01-01T00:00:00.000`;

function created(world: GapWorld, n: number): StreamRecord {
  const Keys = { id: { S: `lost-${n}` } };
  const record = {
    eventID: `event-${n}`,
    eventName: 'INSERT',
    eventSourceARN: ARN,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(world.clock.now() / 1_000),
      Keys,
      NewImage: Keys,
      SequenceNumber: String(1_000 + n),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
  return record;
}

/**
 * Three changes that the event source mapping gives up while @connections denies everything, and the queue's handler
 * that works off the message once it answers again.
 */
function givenUp(
  settings: EventSourceMappingSettings,
  trouble: (world: GapWorld) => void,
  atHandler: (world: GapWorld) => void,
) {
  return async (random: () => number) => {
    const world = await createGapWorld(random);
    const { clock, deliver } = world;
    let messages = 0;
    const mapping = createEventSourceMapping<StreamRecord>({
      clock,
      handler: async ({ Records }, lambda) =>
        batchResponse(await deliver(Records, { remainingMs: () => lambda.getRemainingTimeInMillis() })),
      settings: { reportBatchItemFailures: true, functionTimeoutMs: 300_000, ...settings },
      async onFailure(message) {
        messages += 1;
        await world.connectLater();
        atHandler(world);
        await world.onFailure(message);
      },
    });
    mapping.push([created(world, 1), created(world, 2), created(world, 3)]);
    trouble(world);
    const { discarded } = await clock.run(mapping.drain());
    const told = await judgeTold(world, { gaps: 1, laterIsTold: false });
    return messages === 1 && discarded[0]?.sequenceNumbers.length === 3
      ? told
      : { ...told, faults: [...told.faults, `expected one batch of 3 to be given up, got ${messages}`] };
  };
}

const outage = ({ connections }: GapWorld) => connections.outage('forbidden');
const healed = ({ connections }: GapWorld) => connections.outage(undefined);

/** Lambda path: what is given up goes to the on-failure queue. */
export const QUEUE_SCENARIOS: readonly Scenario[] = [
  { name: 'retries exhausted', gaps: 1, run: givenUp({ maximumRetryAttempts: 2 }, outage, healed) },
  { name: 'records too old', gaps: 1, run: givenUp({ maximumRecordAgeInSeconds: 60 }, outage, healed) },
  {
    name: 'the gap handler fails half-way',
    gaps: 1,
    run: givenUp({ maximumRetryAttempts: 2 }, outage, (world) => {
      healed(world);
      const { registry } = world.relay.context;
      const subscriptions = registry.subscriptions.bind(registry);
      let failures = 1;
      registry.subscriptions = async (connectionId) => {
        if (connectionId !== 'affected-3' || failures === 0) return subscriptions(connectionId);
        failures -= 1;
        throw new TablecastError('REGISTRY_UNAVAILABLE', 'throttled');
      };
    }),
  },
  {
    name: 'the gateway is still down when the gap handler begins',
    gaps: 1,
    run: givenUp({ maximumRetryAttempts: 2 }, outage, (world) => {
      world.clock.sleep(45_000).then(() => healed(world));
    }),
  },
];
