import { describe, expect, test } from '@jest/globals';
import { type Permission, permissionsOf } from './role-list.ts';

const SDL = 'type Order @table(name: "Orders") { id: ID! total: Int }';
const PUBLISHED = `${SDL} type Ping { at: String } type Subscription { onPing: Ping @published }`;
const RESOLVED = 'type Order @table(name: "Orders") { id: ID! total: Int lines: Int @resolved }';
const streamArn = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-01T00:00:00.000';

const PROJECTS: readonly (readonly [name: string, project: readonly Permission[]])[] = [
  [
    'an existing table, which mutations may not write',
    permissionsOf({ tables: { Orders: { streamArn } } }, SDL),
  ],
  [
    'an existing table with writes: true',
    permissionsOf({ tables: { Orders: { streamArn, writes: true } } }, SDL),
  ],
  ['a managed table', permissionsOf({ tables: { Orders: 'managed' } }, SDL)],
  [
    'a fan-out, a field that a resolver answers at delivery, and one that code feeds',
    permissionsOf(
      { tables: { Orders: 'managed' }, fanOut: true },
      RESOLVED.replace('type Order', `${PUBLISHED.slice(SDL.length)} type Order`),
    ),
  ],
  [
    'a worker that reads the streams',
    permissionsOf({ tables: { Orders: 'managed' }, delivery: 'worker' }, SDL),
  ],
];

/** `function`, then the actions it may do and, below them, on what. */
function printed(permissions: readonly Permission[]): string {
  const names = [...new Set(permissions.map(({ functionName }) => functionName))];
  return names
    .map((name) => {
      const own = permissions.filter(({ functionName }) => functionName === name);
      const actionsOn = (resource: string) =>
        own.filter((one) => one.resource === resource).map(({ action }) => action);
      const byActions = new Map<string, string[]>();
      for (const resource of new Set(own.map((one) => one.resource))) {
        const actions = actionsOn(resource).join(' ');
        byActions.set(actions, [...(byActions.get(actions) ?? []), resource]);
      }
      const each = [...byActions].flatMap(([actions, resources]) => [
        `  ${actions}`,
        ...resources.map((one) => `    ${one}`),
      ]);
      return [name, ...each].join('\n');
    })
    .join('\n');
}

const WRITES = /^dynamodb:(BatchWrite|Put|Update|Delete|Transact|PartiQL)/;
const isUsersTable = (resource: string) => /table\/orders$|^TablecastTableOrders\.Arn$/.test(resource);

describe('the roles of the functions', () => {
  test.each(PROJECTS)('with %s', (_, project) => {
    expect(`\n${printed(project)}\n`).toMatchSnapshot();
  });

  test.each(PROJECTS)('with %s: no wildcard but for what has no name before it exists', (_, project) => {
    for (const { action, resource } of project) {
      expect(action).toMatch(/^[a-z-]+:[A-Za-z]+$/);
      const known = resource
        .replace(/(:log-group:\/aws\/lambda\/shop-prod-[a-z]+:)\*$/, '$1')
        .replace(
          /(\$\{WebsocketsApi\}\/(?:prod|graphql|realtime)\/(?:POST|DELETE)\/@connections\/)\*$/,
          '$1',
        );
      expect(known).not.toMatch(/[*?]/);
      expect(known).not.toBe('');
    }
  });

  test.each(PROJECTS)("with %s: nothing that serves no mutation writes a user's table", (_, project) => {
    const writers = project.filter(({ action, resource }) => WRITES.test(action) && isUsersTable(resource));
    const may = new Set(writers.map(({ functionName }) => functionName));
    expect([...may].filter((name) => name !== 'graphql' && name !== 'subscribe')).toEqual([]);
  });

  test.each(PROJECTS)('with %s: the relay table is read by key alone', (_, project) => {
    const scans = project.filter(
      ({ action, resource }) => action === 'dynamodb:Scan' && !isUsersTable(resource),
    );
    expect(scans).toEqual([]);
  });

  test('no function writes an existing table unless its setting says so', () => {
    const writersOf = (index: number) =>
      (PROJECTS[index]?.[1] ?? []).filter(
        ({ action, resource }) => WRITES.test(action) && isUsersTable(resource),
      );
    expect(writersOf(0)).toEqual([]);
    expect(writersOf(1)).toHaveLength(6);
  });
});
