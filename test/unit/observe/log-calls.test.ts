import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { LOG_FIELDS } from '../../../src/observe/log-fields.ts';

const ROOT = join(import.meta.dirname, '../../..');
const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);

/** Values of an interface that a line takes in whole: file and name → interface. */
const WHOLE = new Map([
  ['src/relay/gap.ts lost', 'LostBatch'],
  ['src/relay/keepalive.ts report', 'KeepAliveReport'],
  ['src/adapters/dynamodb-streams/gap.ts gap', 'Gap'],
  ['src/relay/revoke-connections.ts report', 'RevocationReport'],
]);
/** What is handed on as it came, by functions whose callers are looked at in its stead. */
const HANDED_ON = new Set([
  'src/relay/deliver/intake.ts what',
  'src/adapters/dynamodb-streams/outage.ts entry',
]);

/** Words that are made elsewhere: by the callers of `outage.met`, looked at here, and of names in schema and configuration. */
const TOLD_ELSEWHERE = [
  /^src\/adapters\/dynamodb-streams\/outage\.ts:\d+ message$/,
  /^src\/compose\/authenticator\.ts:\d+ message$/,
];

const sources = ['src', 'handlers']
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  // The pages in the browser, and the tools for tests, log nothing of the relay.
  .filter(({ parentPath }) => !/src[\\/](console|testing)/.test(parentPath))
  .map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const file = relative(ROOT, path).replaceAll('\\', '/');
    return { file, text: readFileSync(path, 'utf8') };
  })
  .filter(({ text }) => /logger|outage|LostBatch|KeepAliveReport/i.test(text))
  .map(({ file, text }) => ({ file, tree: ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true) }));

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

interface LogCall {
  readonly at: string;
  readonly fields: ts.Expression | undefined;
  readonly words: ts.Expression | undefined;
}

/** Every call of a logger, and of the two functions that hand on to one. */
const calls: readonly LogCall[] = sources.flatMap(({ file, tree }) =>
  [...nodesOf(tree)].flatMap((node) => {
    if (!ts.isCallExpression(node)) return [];
    const at = `${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    const { expression: called, arguments: given } = node;
    if (called.getText() === 'stepOver') return [{ at, fields: given[2], words: undefined }];
    if (/\boutage\.met$/.test(called.getText())) return [{ at, fields: given[1], words: given[2] }];
    const isLevel = ts.isPropertyAccessExpression(called) && LEVELS.has(called.name.text);
    const isLog =
      (isLevel || ts.isElementAccessExpression(called)) && /logger$/i.test(called.expression.getText());
    const isChild = /logger\.child$/i.test(called.getText());
    return isLog || isChild ? [{ at, fields: given[0], words: given[1] }] : [];
  }),
);

/** Names of the fields an expression gives a line; what cannot be told is named with `?`. */
function fieldsOf(expression: ts.Expression | undefined, file: string): readonly string[] {
  if (expression === undefined) return ['?nothing'];
  if (ts.isParenthesizedExpression(expression)) return fieldsOf(expression.expression, file);
  if (ts.isBinaryExpression(expression)) return fieldsOf(expression.right, file);
  if (ts.isConditionalExpression(expression))
    return [...fieldsOf(expression.whenTrue, file), ...fieldsOf(expression.whenFalse, file)];
  if (ts.isIdentifier(expression)) return fieldsOfName(expression.text, file);
  if (!ts.isObjectLiteralExpression(expression)) return [`?${expression.getText()}`];
  return expression.properties.flatMap((property) =>
    ts.isSpreadAssignment(property)
      ? fieldsOf(property.expression, file)
      : [property.name !== undefined && ts.isIdentifier(property.name) ? property.name.text : '?computed'],
  );
}

function fieldsOfName(name: string, file: string): readonly string[] {
  const key = `${file} ${name}`;
  if (HANDED_ON.has(key)) return [];
  const whole = WHOLE.get(key);
  if (whole !== undefined) return membersOf(whole);
  const declared = sources
    .filter((source) => source.file === file)
    .flatMap(({ tree }) => [...nodesOf(tree)])
    .flatMap((node) =>
      ts.isVariableDeclaration(node) && node.name.getText() === name && node.initializer
        ? [node.initializer]
        : [],
    );
  return declared.length === 0 ? [`?${key}`] : declared.flatMap((value) => fieldsOf(value, file));
}

function membersOf(name: string): readonly string[] {
  const members = sources
    .flatMap(({ tree }) => [...nodesOf(tree)])
    .flatMap((node) => (ts.isInterfaceDeclaration(node) && node.name.text === name ? [...node.members] : []))
    .map((member) => member.name?.getText() ?? '?');
  return members.length === 0 ? [`?${name}`] : members;
}

/** True for text that stands in the source, and for a choice between such. */
function isConstant(words: ts.Expression): boolean {
  if (ts.isConditionalExpression(words)) return isConstant(words.whenTrue) && isConstant(words.whenFalse);
  return ts.isStringLiteral(words) || ts.isNoSubstitutionTemplateLiteral(words);
}

describe('C8 secrets: what the code logs', () => {
  const used = calls.map(({ at, fields }) => ({ at, names: fieldsOf(fields, at.split(':')[0] ?? '') }));

  test('every field of every call is in the table of fields', () => {
    expect(calls.length).toBeGreaterThan(80);
    const unknown = used.flatMap(({ at, names }) =>
      names.filter((name) => !LOG_FIELDS.has(name)).map((name) => `${at} ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  test('and every field of the table is in some call', () => {
    const names = new Set(used.flatMap((call) => call.names));
    expect([...LOG_FIELDS.keys()].filter((name) => !names.has(name))).toEqual([]);
  });

  test('words are constants of the source', () => {
    const made = calls.flatMap(({ at, words }) =>
      words && !isConstant(words) ? [`${at} ${words.getText()}`] : [],
    );
    expect(made.filter((call) => !TOLD_ELSEWHERE.some((known) => known.test(call)))).toEqual([]);
  });

  test('no line is made by other means than a logger', () => {
    const loud = sources
      .filter(({ file }) => !file.startsWith('src/cli/'))
      .filter(({ tree }) => /\bconsole\.(log|info|warn|error|debug)\(/.test(tree.text));
    expect(loud.map(({ file }) => file)).toEqual([]);
  });
});
