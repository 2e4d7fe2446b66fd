import { describe, expect, test } from '@jest/globals';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
import type { Expression, Value } from '../../../src/filter/expression.ts';
import { revokeMatching } from '../../../src/relay/revoke.ts';
import { JOE, NOTHING, revokeWorld } from './revoke-world.ts';

describe('S10 revoking by filter', () => {
  const is = (field: string, ...values: Value[]): Expression => ({
    kind: 'condition',
    field,
    fieldKind: 'ID',
    operator: values.length === 1 ? 'eq' : 'in',
    values,
  });
  const not = (of: Expression): Expression => ({ kind: 'not', of });
  const and = (...of: Expression[]): Expression => ({ kind: 'and', of });
  const or = (...of: Expression[]): Expression => ({ kind: 'or', of });

  test.each<[string, Expression, boolean]>([
    ['its own equality', is('room', '2'), true],
    ['another value', is('room', '3'), false],
    ['one of several values', is('room', '1', '2', '3'), true],
    ['one of very many', is('room', ...Array.from({ length: 100 }, (_, n) => `${n}`)), true],
    ['a forced part', and(is('owner', 'jane'), or(is('room', '2'), is('room', '9'))), true],
    ['a negation', not(is('room', '2')), false],
    ['no equality at all', and(), false],
    ['text that a number would be', is('room', '02'), false],
  ])('ends who holds the equality: %s', async (_, filter, ends) => {
    const world = revokeWorld();
    await world.open('a', { identity: JOE });
    await world.subscribe('a', '1', { filter: canonicalFilter(filter) });
    await world.subscribe('a', 'of another field', {
      filter: canonicalFilter(filter),
      field: 'onDeleteTodo',
    });
    const equalities = new Map([['room', '2']]);
    const report = await world.clock.run(
      revokeMatching(world.context, { field: 'onCreateTodo', equalities }),
    );
    expect(report).toEqual({ ...NOTHING, connections: 1, operations: ends ? 1 : 0, closed: 0 });
    expect(await world.idsOn('a')).toEqual(ends ? ['of another field'] : ['1', 'of another field']);
    expect(world.frames('a').map(({ id }) => id)).toEqual(ends ? ['1'] : []);
    expect(world.connections.isOpen('a')).toBe(true);
    // No mark: it was the subscription that was revoked.
    if (ends) expect(await world.subscribe('a', '1', { filter: canonicalFilter(filter) })).toBe('active');
  });

  test('of a table all its fields end, and of another none; several equalities hold together', async () => {
    const world = revokeWorld();
    await world.open('a', { identity: JOE });
    const both = canonicalFilter(and(is('room', '2'), is('author', 'x')));
    await world.subscribe('a', 'create', { filter: both });
    await world.subscribe('a', 'delete', { filter: both, field: 'onDeleteTodo' });
    await world.subscribe('a', 'note', { filter: both, field: 'onCreateNote', table: 'Notes' });
    await world.subscribe('a', 'half', { filter: canonicalFilter(is('room', '2')) });
    const equalities = new Map([
      ['room', '2'],
      ['author', 'x'],
    ]);
    await world.clock.run(revokeMatching(world.context, { table: 'Todos', equalities }));
    expect(await world.idsOn('a')).toEqual(['half', 'note']);
    await world.clock.run(revokeMatching(world.context, { table: 'Todos', equalities: new Map() }));
    expect(await world.idsOn('a')).toEqual(['note']);
  });
});
