import { expect, test } from '@jest/globals';
import { runOrders } from '../../../scripts/attack/orders/run.ts';
import { receive } from '../../../src/relay/receive.ts';

const plan = { every: 2, drawn: 0, seed: 1 };

test('C6 no order of two messages runs anything without a credential', async () => {
  const report = await runOrders(plan, () => {});
  expect(report).toMatchObject({ subscriptions: 0, ran: 0, letIn: 0, trace: [] });
  expect(report.orders).toBe(9 * 3 * 90);
});

test('a relay that takes operations without connection_init is caught (CVE-2026-35523)', async () => {
  const report = await runOrders({ ...plan, every: 1 }, () => {}, {
    receive: async (context, frame) => {
      const before = await context.registry.connection(frame.connectionId);
      if (before && !before.initialised && /"(start|subscribe)"/.test(frame.body ?? '')) {
        const identity = { kind: 'anonymous', hash: 'nobody' } as const;
        await context.registry.initialise(frame.connectionId, { identity });
      }
      return receive(context, frame);
    },
  });
  expect(report.subscriptions).toBeGreaterThan(0);
  expect(report.ran).toBeGreaterThan(0);
  expect(report.trace[0]).toMatch(
    /^no subprotocol, graphql-transport-ws: subscribe: a subscription is live$/,
  );
});

test('a relay that runs an operation whose own credential is wrong, for its connection, is caught', async () => {
  const report = await runOrders(plan, () => {}, {
    receive: (context, frame) =>
      receive(context, { ...frame, body: frame.body?.replace(/"authorization":\{[^}]*\}/, '"ignored":1') }),
  });
  expect(report.trace.join('\n')).toContain('init(good), subscribe(wrong): a subscription is live');
});
