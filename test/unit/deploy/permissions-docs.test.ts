import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { permissionsOf } from './role-list.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/permissions.md'), 'utf8');

const streamArn = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-01T00:00:00.000';
/** A project with everything that adds a permission: both kinds of table, a resolver at delivery, an event of code. */
const WIDEST = permissionsOf(
  { tables: { Notes: 'managed', Orders: { streamArn } }, fanOut: true },
  `type Note @table(name: "Notes") { id: ID! length: Int @resolved }
   type Order @table(name: "Orders") { id: ID! }
   type Ping { at: String }
   type Subscription { onPing: Ping @published }`,
);

const STAGES = '(prod|graphql|realtime)';
const NAMES: readonly (readonly [name: string, arn: RegExp])[] = [
  ['its log group', /:log-group:\/aws\/lambda\/shop-prod-[a-z]+:\*$/],
  ['relay table', /^TablecastRelayTable\.Arn$/],
  ['your streams', /^TablecastTableNotes\.StreamArn$|\/stream\/2026/],
  ['your tables', /^TablecastTableNotes\.Arn$|:table\/orders$/],
  ['on-failure queue', /^TablecastOnFailureQueue\.Arn$/],
  ['fan-out queue', /^TablecastFanOutQueue\.Arn$/],
  ['fan-out dead letters', /^TablecastFanOutDeadLetterQueue\.Arn$/],
  ['connections', new RegExp(`/${STAGES}/(POST|DELETE)/@connections/\\*$`)],
];

/** What the page calls a resource. */
function nameOf(action: string, resource: string): string {
  const name = NAMES.find(([, arn]) => arn.test(resource))?.[0];
  if (name === undefined)
    throw new Error(`Expected a resource that docs/permissions.md names, got ${resource}`);
  return name === 'your tables' && /:(Put|Update|Delete)Item$/.test(action) ? `${name} with writes` : name;
}

test('docs/permissions.md lists every permission of every function, and none that it has not', () => {
  const rows = PAGE.split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(
      (cells) => cells.length === 6 && /^`[a-z]+`$/.test(cells[1] ?? '') && /`[a-z-]+:/.test(cells[2] ?? ''),
    );
  const told = rows.flatMap(([, name = '', actions = '', resources = '', because = '']) => {
    expect(because).not.toBe('');
    return [...actions.matchAll(/`([^`]+)`/g)].flatMap(([, action]) =>
      resources.split(', ').map((resource) => `${name.replaceAll('`', '')} ${action} ${resource}`),
    );
  });
  const held = WIDEST.map(({ functionName, action, resource }) => {
    return `${functionName} ${action} ${nameOf(action, resource)}`;
  });
  expect(told.length).toBeGreaterThan(70);
  expect(new Set(told).size).toBe(told.length);
  expect([...told].sort()).toEqual([...new Set(held)].sort());
});

test('what may be written is the managed table, and not the existing one', () => {
  const writes = WIDEST.filter(
    ({ action, resource }) => nameOf(action, resource) === 'your tables with writes',
  );
  expect(new Set(writes.map(({ resource }) => resource))).toEqual(new Set(['TablecastTableNotes.Arn']));
});

test('docs/permissions.md knows the word for each resource it names', () => {
  for (const [name] of NAMES) expect(PAGE).toMatch(new RegExp(`\\| [^|]*${name}[^|]* \\|`));
});
