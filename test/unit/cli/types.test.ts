import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { writeTypes } from '../../../src/cli/types.ts';
import { loadCodegen } from '../../../src/cli/types-codegen.ts';
import { loadModel } from '../../../src/schema/load.ts';

const SDL = `
enum Mood { HAPPY SAD }
type Message @table(name: "Messages") {
  id: ID!
  content: String!
  price: Decimal
  sentAt: AWSTimestamp
  meta: AWSJSON
  mood: Mood
}`;

async function typesOf(sdl: string): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), 'tablecast-types-')), 'resolvers-types.ts');
  await writeTypes({ model: loadModel(sdl), file, out: nowhere() });
  return readFileSync(file, 'utf8');
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

describe('tablecast types', () => {
  test('maps every scalar to what resolvers get and give, and enums to their names', async () => {
    const text = await typesOf(SDL);
    expect(text).toContain('Decimal: { input: string; output: string; }');
    expect(text).toContain('AWSJSON: { input: string; output: string; }');
    expect(text).toContain('AWSTimestamp: { input: number; output: number; }');
    expect(text).toMatch(/export type Mood =\s+\| 'HAPPY'\s+\| 'SAD';/);
    // No scalar of ours is left to codegen's default.
    expect(text).not.toMatch(/\{ input: (?:any|unknown);/);
  });

  test("types the context: the package's own, with the tables by name", async () => {
    const text = await typesOf(SDL);
    expect(text).toContain("import type { OperationContext } from 'tablecast';");
    expect(text).toMatch(
      /^ {2}readonly Message: ResolverTable<MessageItem, 'id', CreateMessageInput, UpdateMessageInput, TableMessageFilterInput>;$/m,
    );
  });

  test('leaves out what no function resolves: subscriptions and directives', async () => {
    const text = await typesOf(SDL);
    expect(text).toContain('export type QueryResolvers<');
    expect(text).not.toContain('SubscriptionResolvers');
    expect(text).not.toContain('TableDirectiveArgs');
  });

  test('gives way to types of the schema that have a name of its own', async () => {
    const text = await typesOf(`${SDL} type ResolverContext { a: Int } type MessageItem { b: Int }`);
    expect(text.match(/^export type ResolverContext /gm)).toHaveLength(1);
    expect(text).toContain('export type ResolverContext_ = ');
    expect(text).toContain('export type MessageItem_ = Pick<Message, ');
  });

  test('replaces its own file, and never one of somebody else', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tablecast-types-')), 'resolvers-types.ts');
    const model = loadModel(SDL);
    await writeTypes({ model, file, out: nowhere() });
    await writeTypes({ model, file, out: nowhere() });
    writeFileSync(file, 'export const mine = 1;\n');
    await expect(writeTypes({ model, file, out: nowhere() })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`got ${file}, which would be overwritten`),
    });
    expect(readFileSync(file, 'utf8')).toBe('export const mine = 1;\n');
  });

  test('is the same for the same schema', async () => {
    expect(await typesOf(SDL)).toBe(await typesOf(SDL));
  });
});

describe('GraphQL Code Generator', () => {
  test('names the packages to install where it is missing', async () => {
    const names = { typescript: '@graphql-codegen/typescript', resolvers: '@graphql-codegen/not-there' };
    await expect(loadCodegen(names)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message:
        'expected the package @graphql-codegen/not-there for this command, and it is not installed: npm install --save-dev @graphql-codegen/typescript @graphql-codegen/not-there',
    });
  });

  test('refuses a package that is no plugin', async () => {
    await expect(loadCodegen({ typescript: 'node:path', resolvers: 'node:path' })).rejects.toMatchObject({
      message: 'expected node:path to be a plugin of GraphQL Code Generator, and it is not',
    });
  });
});
