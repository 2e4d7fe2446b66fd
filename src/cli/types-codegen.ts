import type { CodegenPlugin, Types } from '@graphql-codegen/plugin-helpers';
import { type GraphQLSchema, GraphQLSchema as Schema, specifiedDirectives } from 'graphql';
import { TablecastError } from '../errors.ts';

/** The two plugins of GraphQL Code Generator that the types are made by. */
export interface Codegen {
  readonly typescript: CodegenPlugin;
  readonly resolvers: CodegenPlugin;
}

/** Optional peer dependencies of this package: whoever has no resolvers needs none of it. */
const PACKAGES = {
  typescript: '@graphql-codegen/typescript',
  resolvers: '@graphql-codegen/typescript-resolvers',
} as const;

/**
 * Loads GraphQL Code Generator's plugins.
 * @param names of the packages; others for tests alone
 * @throws TablecastError `CONFIG_INVALID` with the command that installs what is missing
 */
export async function loadCodegen(
  names: Readonly<Record<keyof Codegen, string>> = PACKAGES,
): Promise<Codegen> {
  return { typescript: await load(names.typescript, names), resolvers: await load(names.resolvers, names) };
}

/** Node says ERR_MODULE_NOT_FOUND, a bundler or test runner MODULE_NOT_FOUND. */
const MISSING = /MODULE_NOT_FOUND$/;

async function load(name: string, names: Readonly<Record<string, string>>): Promise<CodegenPlugin> {
  let loaded: unknown;
  try {
    loaded = await import(name);
  } catch (cause) {
    const missing = MISSING.test(textOf(cause, 'code')) && textOf(cause, 'message').includes(`'${name}'`);
    const all = Object.values(names).join(' ');
    const reason = missing
      ? 'is not installed'
      : `cannot be loaded (${textOf(cause, 'message').split('\n', 1).join('')})`;
    throw new TablecastError(
      'CONFIG_INVALID',
      `expected the package ${name} for this command, and it ${reason}: npm install --save-dev ${all}`,
      { cause },
    );
  }
  if (isPlugin(loaded)) return loaded;
  throw new TablecastError(
    'CONFIG_INVALID',
    `expected ${name} to be a plugin of GraphQL Code Generator, and it is not`,
  );
}

function isPlugin(value: unknown): value is CodegenPlugin {
  return (
    typeof value === 'object' && value !== null && 'plugin' in value && typeof value.plugin === 'function'
  );
}

/** Not by `instanceof Error`: an error may be of another realm. */
function textOf(error: unknown, name: string): string {
  return typeof error === 'object' && error !== null ? String(Reflect.get(error, name)) : '';
}

/** What stands in the generated file for each scalar, as resolvers get and give it. */
const SCALARS = {
  ID: 'string',
  Decimal: 'string',
  AWSJSON: 'string',
  AWSDate: 'string',
  AWSTime: 'string',
  AWSDateTime: 'string',
  AWSTimestamp: 'number',
  AWSEmail: 'string',
  AWSURL: 'string',
  AWSPhone: 'string',
  AWSIPAddress: 'string',
} as const;

export interface GenerateOptions {
  readonly schema: GraphQLSchema;
  /** Name of the context's type in the same file. */
  readonly context: string;
  /** Object type → name of the type, in the same file, that stands for its objects before their fields are resolved. */
  readonly objects: ReadonlyMap<string, string>;
}

/** TypeScript for every type of the schema and its resolvers: imports first, then the rest. */
export async function generate(
  codegen: Codegen,
  { schema, context, objects }: GenerateOptions,
): Promise<{ readonly imports: readonly string[]; readonly content: string }> {
  const config = {
    contextType: context,
    namingConvention: 'keep',
    mappers: Object.fromEntries(objects),
    scalars: SCALARS,
    strictScalars: true,
    maybeValue: 'T | null',
    enumsAsTypes: true,
    immutableTypes: true,
    useTypeImports: true,
    makeResolverTypeCallable: true,
  };
  const resolved = withoutSubscriptions(schema);
  const imports: string[] = [];
  const contents: string[] = [];
  for (const plugin of [codegen.typescript, codegen.resolvers]) {
    const output: Types.PluginOutput = await plugin.plugin(resolved, [], config);
    const { prepend = [], content, append = [] } = typeof output === 'string' ? { content: output } : output;
    imports.push(...prepend);
    contents.push(content.trim(), ...append);
  }
  return { imports, content: contents.join('\n\n') };
}

/** No function resolves a subscription: a table's stream feeds it, or `publish()`. Nor a directive. */
function withoutSubscriptions(schema: GraphQLSchema): GraphQLSchema {
  const { types, ...config } = schema.toConfig();
  const root = schema.getSubscriptionType();
  return new Schema({
    ...config,
    subscription: null,
    directives: specifiedDirectives,
    types: types.filter((type) => type !== root),
  });
}
