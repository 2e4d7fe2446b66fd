import { printFailure } from './project.ts';

/** A line of a stack. The functions are bundled: it names a place in a bundle, the framework or Node, none of a project. */
const STACK_FRAME = /^\s+at .*(?::\d+:\d+\)?|\(<anonymous>\))$/;

/** Lines of a message. */
const MOST_LINES = 25;

/**
 * What the gateway printed last, for a message: without stacks and the framework's own frame, and each thing once, for
 * a handler that fails says so at every try. At most the last 25 lines.
 * @param lines as printed, without their ends
 */
export function gatewayOutput(lines: readonly string[]): string {
  const told = printFailure(lines.filter((line) => !STACK_FRAME.test(line)).join('\n'));
  return [...new Set(told.split('\n'))].slice(-MOST_LINES).join('\n');
}
