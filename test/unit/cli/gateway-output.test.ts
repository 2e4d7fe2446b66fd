import { expect, test } from '@jest/globals';
import { gatewayOutput } from '../../../src/cli/gateway-output.ts';

const FRAME = [
  'Environment: linux, node 20.20.2, osls 4.3.1 (local)',
  'Docs:        github.com/oss-serverless/osls',
  '',
  'Error:',
];

test('a file that does not compile is told by its place and line, without the stack of the bundler', () => {
  const error = [
    '✘ [ERROR] Expected identifier but found ";"',
    '',
    '    resolvers.ts:16:11:',
    '      16 │ const x = {;',
  ];
  const stack = [
    '    at failureErrorWithLog (/x/node_modules/esbuild/lib/main.js:1752:15)',
    '    at responseCallbacks.<computed> (/x/node_modules/esbuild/lib/main.js:886:9)',
    '    at new Promise (<anonymous>)',
    '    at Socket.emit (node:events:524:28)',
  ];
  expect(gatewayOutput([...error, ...FRAME, ...stack])).toBe(
    '✘ [ERROR] Expected identifier but found ";"\n    resolvers.ts:16:11:\n      16 │ const x = {;',
  );
});

test('what a handler prints at every try is told once', () => {
  const attempt = [
    "× Unhandled exception in handler 'connect'.",
    '× Error: at load',
    '      at file:///x/.build/connect.mjs:76:25442',
    '      at async ModuleLoader.import (node:internal/modules/esm/loader:606:24)',
  ];
  expect(gatewayOutput([...attempt, ...attempt, ...attempt])).toBe(
    "× Unhandled exception in handler 'connect'.\n× Error: at load",
  );
});

test('a missing resolver, which functions and resources both tell of, is told once', () => {
  const told = 'Query.spent: expected a resolver in resolvers.ts, got none';
  const rejected = (property: string) =>
    `  - Cannot resolve variable at "${property}": Cannot resolve "${property}" out of "serverless.cjs": Received rejection: ${told}`;
  const lines = [
    ...FRAME,
    'Cannot resolve serverless.yml: Variables resolution errored with:',
    `${rejected('functions')},`,
    rejected('resources'),
  ];
  expect(gatewayOutput(lines)).toBe(told);
});

test('of a gateway that was running for long the last lines are told', () => {
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
  expect(gatewayOutput(lines).split('\n')).toEqual(lines.slice(75));
});
