import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { createLiveOutput } from '../../../src/cli/live-output.ts';

const subscribed = JSON.stringify({
  event: 'subscription.started',
  outcome: 'active',
  field: 'onChangeTodo',
});
const noRules = JSON.stringify({ level: 'warn', event: 'access.no_rules', msg: 'no rules' });

function output() {
  const out = new PassThrough({ encoding: 'utf8' });
  const live = createLiveOutput(out);
  return { live, written: () => String(out.read() ?? '').replaceAll(/^.*? {2}/gm, '') };
}

test("what happens while starting is nobody's delivery, and is not told", () => {
  const { live, written } = output();
  live.line(subscribed);
  live.begin();
  expect(written()).toBe('');
  live.line(subscribed);
  expect(written()).toBe('subscribed: onChangeTodo\n');
});

test('what functions say of the rules as they are loaded is told below the screen, once', () => {
  const { live, written } = output();
  live.line(noRules);
  live.line(noRules);
  expect(written()).toBe('');
  live.begin();
  live.line(noRules);
  expect(written()).toBe('warning: no rules\n');
});
