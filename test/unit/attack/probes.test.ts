import { expect, test } from '@jest/globals';
import { runOrigins } from '../../../scripts/attack/attacks/origins.ts';
import { runRegexes } from '../../../scripts/attack/attacks/regexes.ts';
import { runFlood } from '../../../scripts/attack/flood/run.ts';
import { runPollution } from '../../../scripts/attack/pollution/run.ts';
import { findIn } from '../../../scripts/attack/regexes/find.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { open } from '../../../src/relay/open.ts';
import { receive } from '../../../src/relay/receive.ts';

test('S1 no trick with Origin gets past the list', async () => {
  expect(await runOrigins()).toMatchObject({ letIn: 0, trace: [] });
});

test('a list that is compared by the end of a host is caught', async () => {
  const { letIn, trace } = await runOrigins((context, upgrade) => {
    const [origin = ''] = upgrade.origins ?? [];
    const origins = origin.endsWith('app.example.com') ? ['https://app.example.com'] : upgrade.origins;
    return open(context, { ...upgrade, ...(origins && { origins }) });
  });
  expect(letIn).toBeGreaterThan(2);
  expect(trace).toContain('a host that ends alike: expected 403, got 200');
});

test('S13 no name reaches a prototype; a relay that copies what a client names into an object is caught', async () => {
  expect(await runPollution({ every: 11 })).toMatchObject({ polluted: 0, isSame: true, trace: [] });
  const merge = (into: object, from: object) => {
    for (const key of Object.keys(from)) {
      const [old, value]: unknown[] = [Reflect.get(into, key), Reflect.get(from, key)];
      if (isObject(old) && isObject(value)) merge(old, value);
      else Reflect.set(into, key, value);
    }
  };
  const report = await runPollution({
    every: 23,
    receive: (context, frame) => {
      const value: unknown = JSON.parse(frame.body ?? '{}');
      if (isObject(value)) merge({}, value);
      return receive(context, frame);
    },
  });
  expect(report.polluted).toBeGreaterThan(0);
  expect(Reflect.ownKeys(Object.prototype)).not.toContain('tablecastPolluted');
});

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

test('S14 an expression that backtracks is caught, one that does not is not, and so is one made at run time', () => {
  const found = findIn(
    'a.ts',
    [
      'const bad = /^(\\w+\\s?)*:$/; const slow = /\\s+$/;',
      "const NAME = '[a-z]+'; const good = new RegExp('^' + NAME);",
      'export const from = (text: string) => new RegExp(text);',
    ].join('\n'),
  );
  expect(found.made).toEqual(['a.ts:3']);
  const { regexes } = found;
  expect(regexes.map(({ regex }) => regex.source)).toEqual(['^(\\w+\\s?)*:$', '\\s+$', '^[a-z]+']);
  const report = runRegexes(found);
  expect(report).toMatchObject({ expressions: 3, slow: 2 });
  expect(report.trace[1]).toMatch(/^a\.ts:1: .* takes Infinity times as long/);
  expect(report.trace[2]).toMatch(/^a\.ts:1: .* takes \d+ times as long/);
});

test.each(['graphql-transport-ws', 'apollo', 'appsync'] as const)(
  'S12 a flooder of %s is refused and cut, and the others lose nothing',
  async (dialect) => {
    const { faults, complete, taken } = await runFlood({ ...FLOOD, dialect });
    expect(faults).toEqual([]);
    expect(complete).toBe(20);
    expect(taken).toBeLessThan(DEFAULT_LIMITS.framesPerMinute * 1.2);
  },
);

test('a relay that counts nobody’s frames is caught', async () => {
  const limits = { ...DEFAULT_LIMITS, framesPerMinute: 1e9 };
  const { faults } = await runFlood({ ...FLOOD, dialect: 'apollo', world: { settings: { limits } } });
  expect(faults.join('\n')).toContain('expected its socket to be cut');
});

const FLOOD = { others: 20, changes: 32, framesPerChange: 40, signal: new AbortController().signal };
