import { printFailure } from './project.ts';

/** A line of a stack. The functions are bundled: it names a place in a bundle, the framework or Node, none of a project. */
const STACK_FRAME = /^\s+at .*(?::\d+:\d+\)?|\(<anonymous>\))$/;

/** What the framework tells of a function that ran as it should: one a try, no two alike. */
const INVOCATION = /^\(λ: [\w-]+\) RequestId: .* Billed Duration: /;

/** Lines of a message. */
const MOST_LINES = 25;

/**
 * What the gateway printed last, for a message: without stacks, the framework's own frame and invocations that went well, and
 * each thing once, for a handler that fails says so at every try. At most the last 25 lines.
 * @param lines as printed, without their ends
 */
export function gatewayOutput(lines: readonly string[]): string {
  const told = printFailure(
    lines.filter((line) => !STACK_FRAME.test(line) && !INVOCATION.test(line)).join('\n'),
  );
  return [...new Set(told.split('\n'))].slice(-MOST_LINES).join('\n');
}
