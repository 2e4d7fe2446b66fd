import { TablecastError } from '../../../src/errors.ts';
import type { RelaySettings } from '../../../src/relay/context.ts';
import { SUBSCRIBERS, type World } from './world.ts';

/** What Lambda makes of the first answer: all done, from the record at a place on again, or the whole batch again. */
export type Verdict = 'success' | 'failure' | { readonly from: number };

/** One way an invocation may go, and what the handler must answer. */
export interface ContractCase {
  readonly name: string;
  readonly verdict: Verdict;
  /** `threw`: the handler rejects. `unnamed`: the record that failed has no sequence number. Default: it names the record. */
  readonly by?: 'threw' | 'unnamed';
  /** Makes what goes wrong; it is healed after the first invocation. */
  readonly trouble?: (world: World) => void;
  /** Default: three items created. */
  readonly records?: (world: World) => readonly unknown[];
  readonly settings?: Partial<RelaySettings>;
  /** Default: all of {@link SUBSCRIBERS}. */
  readonly subscribers?: readonly string[];
  /** Those of them whose frames are not to be expected: gone, ended, or sent a stand-in. */
  readonly excused?: readonly string[];
}

const down = () => Promise.reject(new TablecastError('REGISTRY_UNAVAILABLE', 'down'));
const three = (world: World) => ['1', '2', '3'].map((id) => world.created(id));
const [first = '', second = ''] = SUBSCRIBERS;

/** Every subscriber is posted `times` frames before the outcome, and the outcome from then on. */
function afterPosts(world: World, times: number, outcome: 'forbidden' | 'internalError' | 'throttled'): void {
  for (const id of SUBSCRIBERS) {
    world.connections.script(id, ...Array<'sent'>(times).fill('sent'));
    world.connections.default(id, outcome);
  }
}

/** Time runs out once so many posts were made. */
function lateAfter(world: World, posts: number): void {
  const before = world.connections.posts;
  world.remainingMs = () => (world.connections.posts - before < posts ? 60_000 : 100);
}

const withoutNumber = (record: Record<string, unknown>) => {
  const dynamodb = Object.fromEntries(Object.entries(record['dynamodb'] ?? {}));
  return { ...record, dynamodb: { ...dynamodb, SequenceNumber: undefined } };
};

const DONE: readonly ContractCase[] = [
  { name: 'all delivered', verdict: 'success' },
  { name: 'nobody subscribes', verdict: 'success', subscribers: [] },
  { name: 'an empty batch', verdict: 'success', records: () => [] },
  { name: 'poison alone', verdict: 'success', records: () => [null, 7, { dynamodb: 1 }, {}] },
  {
    name: 'poison between good records',
    verdict: 'success',
    records: (world) => [null, world.created('1'), { eventID: 'x' }, world.created('2'), []],
  },
  {
    name: 'a table that no type has',
    verdict: 'success',
    records: (world) => [
      {
        ...world.created('1'),
        eventSourceARN: 'arn:aws:dynamodb:eu-west-1:000000000000:table/Other/stream/1',
      },
    ],
    excused: SUBSCRIBERS,
  },
  {
    name: 'records older than any connection, with the relay table down',
    verdict: 'success',
    trouble: (world) => world.breakRegistry({ candidates: down, document: down }),
    records: (world) => [world.created('1', { at: Date.now() - 3 * 3_600_000 })],
    excused: SUBSCRIBERS,
  },
  {
    name: 'a payload too large',
    verdict: 'success',
    records: (world) => [world.created('1', { title: 'x'.repeat(200_000) }), world.created('2')],
  },
  {
    name: 'one connection gone',
    verdict: 'success',
    trouble: (world) => world.connections.close(first),
    excused: [first],
  },
  ...(['throttled', 'bufferFull', 'internalError', 'hang', 'reset'] as const).map(
    (outcome): ContractCase => ({
      name: `one connection that always gives ${outcome}`,
      verdict: 'success',
      trouble: (world) => world.connections.default(first, outcome),
      excused: [first],
    }),
  ),
  ...(['throttled', 'internalError', 'errorAfterDelivery', 'reset'] as const).map(
    (outcome): ContractCase => ({
      name: `every connection gives ${outcome} once`,
      verdict: 'success',
      trouble: (world) => {
        for (const id of SUBSCRIBERS) world.connections.script(id, outcome);
      },
    }),
  ),
  {
    name: 'the rows of who has gone cannot be removed',
    verdict: 'success',
    trouble: (world) => {
      world.connections.close(first);
      world.breakRegistry({ close: down, reap: down });
    },
    excused: [first],
  },
];

const AGAIN: readonly ContractCase[] = [
  ...(['shapes', 'candidates', 'document'] as const).map(
    (method): ContractCase => ({
      name: `the relay table is down when ${method} are read`,
      verdict: { from: 0 },
      trouble: (world) => world.breakRegistry({ [method]: down }),
    }),
  ),
  {
    name: 'the relay table is down, and the first record has no sequence number',
    verdict: 'failure',
    by: 'unnamed',
    trouble: (world) => world.breakRegistry({ shapes: down }),
    records: (world) => [withoutNumber(world.created('1')), ...three(world)],
  },
  ...(['forbidden', 'internalError', 'unavailable', 'throttled', 'hang', 'reset'] as const).map(
    (outcome): ContractCase => ({
      name: `the gateway gives everyone ${outcome}`,
      verdict: { from: 0 },
      trouble: (world) => world.connections.outage(outcome),
    }),
  ),
  ...(['forbidden', 'internalError', 'throttled'] as const).map(
    (outcome): ContractCase => ({
      name: `everyone gets ${outcome} from the middle record on, and the gateway itself does`,
      verdict: { from: 1 },
      trouble: (world) => {
        afterPosts(world, 1, outcome);
        // Who is not known is asked about to find out whether the gateway is at work.
        world.connections.default('AAAAAAAAAAAAAAA=', outcome);
      },
    }),
  ),
  {
    name: 'everyone gets forbidden at the last record',
    verdict: { from: 2 },
    trouble: (world) => afterPosts(world, 2, 'forbidden'),
  },
  {
    name: 'one connection gives forbidden: the configuration, never a client',
    verdict: { from: 0 },
    trouble: (world) => world.connections.default(second, 'forbidden'),
  },
  {
    name: 'poison first, then the gateway gives forbidden',
    verdict: { from: 2 },
    trouble: (world) => world.connections.outage('forbidden'),
    records: (world) => [null, {}, ...three(world)],
  },
  {
    name: 'time runs out before the first post',
    verdict: { from: 0 },
    trouble: (world) => {
      let asked = 0;
      world.remainingMs = () => {
        asked += 1;
        return asked === 1 ? 60_000 : 100;
      };
    },
  },
  {
    name: 'time runs out at the middle record',
    verdict: { from: 1 },
    trouble: (world) => lateAfter(world, SUBSCRIBERS.length),
  },
  {
    name: 'time runs out before everyone had the first record',
    verdict: { from: 0 },
    trouble: (world) => lateAfter(world, 2),
    settings: { maxConcurrentPosts: 1 },
  },
  {
    name: 'time runs out and the place cannot be saved',
    verdict: { from: 0 },
    trouble: (world) => {
      lateAfter(world, 2);
      world.breakRegistry({ savePlace: down });
    },
    settings: { maxConcurrentPosts: 1 },
  },
  {
    name: 'the place of an earlier invocation cannot be read',
    verdict: { from: 0 },
    trouble: (world) => world.breakRegistry({ readPlace: down }),
    settings: { maxConcurrentPosts: 1 },
  },
  {
    name: 'our own code stumbles while it looks up',
    verdict: { from: 0 },
    trouble: (world) => world.breakRegistry({ candidates: () => Promise.reject(new TypeError('a defect')) }),
  },
  {
    name: 'our own code stumbles while it sends',
    verdict: 'failure',
    by: 'threw',
    trouble: (world) => world.breakTransport({ post: () => Promise.reject(new TypeError('a defect')) }),
  },
];

/** Success and failure in every documented form, and every way to come to it. */
export const CASES: readonly ContractCase[] = [...DONE, ...AGAIN];
