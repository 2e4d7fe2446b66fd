import { expect, test } from '@jest/globals';
import { describeLine } from '../../../src/cli/live.ts';

test('decisions, where they are logged, show on the screen of start: whose, and which conditions failed', () => {
  const line = { event: 'delivery.decision', field: 'onCreateTodo', connectionId: 'c', clientId: '1' };
  const skipped = { verdict: 'skipped', reason: 'filter', clauses: ['new: title eq', 'new: priority gt'] };
  expect(describeLine(JSON.stringify({ ...line, ...skipped }))).toBe(
    '  onCreateTodo of c: skipped (filter: new: title eq, new: priority gt)',
  );
  expect(describeLine(JSON.stringify({ ...line, verdict: 'owed', reason: 'ENTER' }))).toBe(
    '  onCreateTodo of c: owed (ENTER)',
  );
});

test('a line of metrics is nothing for the screen', () => {
  expect(describeLine('{"_aws":{"Timestamp":1},"service":"tablecast","Delivered":1}')).toBeUndefined();
});
