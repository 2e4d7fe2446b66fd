import { beforeAll, expect, jest, test } from '@jest/globals';
import { CASES } from '../../../scripts/prove/contract/cases.ts';
import { runCase } from '../../../scripts/prove/contract/run.ts';
import type { RelayContext } from '../../../src/relay/context.ts';
import type { StreamHandler } from '../../../src/testing/invocation.ts';
import { createTestRelay } from '../../fixtures/relay.ts';

/** The handler makes its context when it is loaded, and looks at it; from then on it is that of the case that runs. */
let current: RelayContext | undefined = createTestRelay().context;
const context = new Proxy(
  {},
  {
    get(_, name) {
      if (!current) throw new Error('expected a case to run, and none does');
      return Reflect.get(current, name);
    },
  },
);
jest.unstable_mockModule('../../../src/compose/delivery.ts', () => ({ composeDelivery: () => context }));

let handler: StreamHandler<unknown>;

beforeAll(async () => {
  // Of a name the compiler does not see: the handler takes more than is made here, an event's records being of any kind.
  const file: string = '../../../handlers/stream.ts';
  const loaded: { handler: StreamHandler<unknown> } = await import(file);
  handler = loaded.handler;
  current = undefined;
});

test.each(CASES)('C2 the stream handler answers as Lambda documents it: $name', async (contract) => {
  const handlerOf = (given: RelayContext): StreamHandler<unknown> => {
    current = given;
    return handler;
  };
  expect(await runCase(contract, handlerOf)).toEqual([]);
});

/** Handlers that are wrong in ways a handler easily is: the table of cases must tell. */
const WRONG: readonly (readonly [what: string, wrong: (right: unknown) => unknown])[] = [
  ['says nothing', () => undefined],
  ['always says that all is done', () => ({ batchItemFailures: [] })],
  ['never names the record', (right) => emptied(right)],
  ['has the whole batch come again by another key', (right) => renamed(right)],
];

test.each(WRONG)('a handler that %s is found out', async (_, wrong) => {
  const cases = CASES.filter(({ verdict, by }) => typeof verdict === 'object' && by === undefined);
  for (const contract of cases.slice(0, 3)) {
    const handlerOf = (given: RelayContext): StreamHandler<unknown> => {
      current = given;
      return async (event, lambda) => wrong(await handler(event, lambda));
    };
    expect(await runCase(contract, handlerOf)).not.toEqual([]);
  }
});

function failuresOf(response: unknown): readonly unknown[] {
  const failures: unknown = Reflect.get(Object(response), 'batchItemFailures');
  return Array.isArray(failures) ? failures : [];
}

function emptied(response: unknown): unknown {
  return { batchItemFailures: failuresOf(response).map(() => ({ itemIdentifier: '' })) };
}

function renamed(response: unknown): unknown {
  return {
    batchItemFailures: failuresOf(response).map((each) => ({
      itemIdentifer: Reflect.get(Object(each), 'itemIdentifier'),
    })),
  };
}
