import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { writeTypes } from '../../src/cli/types.ts';
import { loadModel } from '../../src/schema/load.ts';
import { ROOT } from '../fixtures/built.ts';
import { sink } from './import-sink.ts';

const page = readFileSync(join(ROOT, 'docs/resolvers.md'), 'utf8');

/** The examples of docs/resolvers.md by the file name in their first line. */
const examples = new Map(
  [...page.matchAll(/```(?:ts|graphql)\n(?:\/\/|#) (\S+)\n([\s\S]*?)```/g)].map(
    ([, name = '', text = '']) => [name, text],
  ),
);

const IMPORT = "import type { Resolvers } from './resolvers-types.ts';\n";
const query = (messages: string) =>
  `${IMPORT}export const wrong: Resolvers = { Query: { messages: ${messages} } };\n`;
const sender = (body: string) =>
  `${IMPORT}export const wrong: Resolvers = { Message: { sender: ${body} } };\n`;

/** Programs with one mistake each; what the compiler must find in it. */
const WRONG = new Map([
  [
    'field',
    [
      `${IMPORT}export const wrong: Resolvers = { Query: { mesages: () => null } };\n`,
      "'mesages' does not exist",
    ],
  ],
  ['type', [`${IMPORT}export const wrong: Resolvers = { Mesage: {} };\n`, "'Mesage' does not exist"]],
  [
    'scalar',
    [`${IMPORT}export const wrong: Resolvers = { Query: { me: () => 7 } };\n`, "'number' is not assignable"],
  ],
  ['non-null', [query('() => ({ messages: [] })'), "'success' is missing"]],
  [
    'item-field',
    [
      query(
        "() => ({ success: true, messages: [{ id: '1', contnt: 'x', senderId: '1', recipientId: '2' }] })",
      ),
      'contnt',
    ],
  ],
  ['argument', [query('(_parent, { user }) => ({ success: user === 1 })'), "'user' does not exist"]],
  ['table', [sender('(_p, _a, { tables }) => tables.Usr.get({ userId: "1" })'), "'Usr' does not exist"]],
  ['key', [sender('(_p, _a, { tables }) => tables.User.get({ id: "1" })'), "'id' does not exist"]],
  [
    'other-table',
    [sender('(_p, _a, { tables }) => tables.Message.get({ id: "1" })'), "not assignable to type 'UserItem'"],
  ],
  ['input', [sender('(_p, _a, { tables }) => tables.User.create({ userId: "1" })'), "'username' is missing"]],
  [
    'filter',
    [
      query(
        'async (_p, _a, { tables }) => ({ success: !!(await tables.Message.list({ filter: { contnt: {} } })) })',
      ),
      "'contnt' does not exist",
    ],
  ],
  ['resolved-field', [sender('({ sender }) => sender ?? null'), "'sender' does not exist"]],
  [
    'subscription',
    [`${IMPORT}export const wrong: Resolvers = { Subscription: {} };\n`, "'Subscription' does not exist"],
  ],
  ['context', [sender('(_p, _a, { nothing }) => nothing'), "'nothing' does not exist"]],
  [
    'callable',
    [
      `${IMPORT}export const wrong: Resolvers = { Query: { me: { resolve: () => null } } };\n`,
      "'resolve' does not exist",
    ],
  ],
] as const);

/** What a program outside of resolvers.ts may do with the types. */
const FURTHER = `import type { OperationContext } from 'tablecast';
import { resolvers } from './resolvers.ts';
import type { MessageItem, ResolverContext } from './resolvers-types.ts';

// A function of the project that takes the package's own context.
export function subject(context: OperationContext): string | undefined {
  return context.identity.claims?.subject;
}
export const both = (context: ResolverContext): string | undefined => subject(context);
export const item: MessageItem = { id: '1', content: 'x', senderId: '1', recipientId: '2' };
export const merged = { ...resolvers };
`;

/** A project of these examples, compiled once: diagnostics by file. */
const folder = mkdtempSync(join(tmpdir(), 'tablecast-types-'));
const diagnostics = new Map<string, string>();

beforeAll(async () => {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, text] of examples) writeFileSync(join(folder, name), text);
  const model = loadModel(examples.get('schema.graphql') ?? '');
  await writeTypes({ model, file: join(folder, 'resolvers-types.ts'), out: sink() });
  writeFileSync(join(folder, 'further.ts'), FURTHER);
  for (const [name, [text]] of WRONG) writeFileSync(join(folder, `wrong-${name}.ts`), text);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: STRICT, include: ['*.ts'] }),
  );
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = { cwd: folder, reject: false, timeout: 150_000, stdin: 'ignore' } as const;
  const { stdout } = await execa(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], options);
  let file = '';
  for (const line of stdout.split('\n')) {
    file = /^(\S+?)\(\d+,\d+\): error/.exec(line)?.[1] ?? file;
    diagnostics.set(file, `${diagnostics.get(file) ?? ''}${line}\n`);
  }
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** At least as strict as a project of somebody's may be. */
const STRICT = {
  ...{ target: 'ES2022', lib: ['ES2023'], module: 'NodeNext', moduleResolution: 'NodeNext', types: ['node'] },
  ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
  ...{ noPropertyAccessFromIndexSignature: true, noImplicitOverride: true, verbatimModuleSyntax: true },
  ...{ isolatedModules: true, erasableSyntaxOnly: true, allowImportingTsExtensions: true },
  ...{ skipLibCheck: true, noEmit: true },
  paths: { tablecast: [join(ROOT, 'src/index.ts')], 'tablecast/publish': [join(ROOT, 'src/publish.ts')] },
};

describe('the types that `tablecast types` writes', () => {
  test('compile under strict settings', () => {
    expect(diagnostics.get('resolvers-types.ts')).toBeUndefined();
  });

  test('the page has the examples this test is about', () => {
    expect([...examples.keys()]).toEqual([
      ...['schema.graphql', 'resolvers.ts', 'hooks.ts', 'login.ts', 'typing.ts', 'nightly.ts'],
    ]);
  });

  test.each([...examples.keys()].filter((name) => name.endsWith('.ts')))(
    'the example %s of docs/resolvers.md compiles',
    (name) => expect(diagnostics.get(name)).toBeUndefined(),
  );

  test('the context of resolvers is one of the package, for functions that take that', () => {
    expect(diagnostics.get('further.ts')).toBeUndefined();
  });

  test.each([...WRONG.keys()])('the compiler finds the mistake in wrong-%s.ts', (name) => {
    const [, expected = ''] = WRONG.get(name) ?? [];
    expect(diagnostics.get(`wrong-${name}.ts`)).toContain(expected);
  });
});
