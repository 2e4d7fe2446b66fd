import type { DocumentNode, GraphQLSchema } from 'graphql';
import { concatAST, Kind, Source, validateSchema } from 'graphql';
import { validateSDL } from 'graphql/validation/validate.js';
import { assembleModel } from './assemble.ts';
import { buildCompleted, checkDefaults, completeDocument } from './build.ts';
import { completeTypes } from './completion.ts';
import type { SchemaDocument } from './document.ts';
import { readDocument } from './document.ts';
import { checkEnds } from './endless.ts';
import { checkEntities } from './entities.ts';
import { connectionNames, generatedOutputNames } from './generated-types.ts';
import type { Model } from './model.ts';
import { readOperations } from './operations.ts';
import { checkPlacement } from './placement.ts';
import { printDefinitions } from './print.ts';
import { Problems } from './problems.ts';
import { readPayloads } from './published.ts';
import { resolvedFields } from './resolved-fields.ts';
import { attachImageResolvers } from './resolvers.ts';
import { attachGuards } from './rules/guarded-fields.ts';
import { readRules } from './rules/read.ts';
import type { StoredType, TypeNames } from './stored-types.ts';
import { readNestedTypes } from './stored-types.ts';
import { readSubscriptions } from './subscriptions.ts';
import { readTables, tableTypeNames } from './tables.ts';

/** Options of `loadModel`. */
export interface LoadOptions {
  /** File name in problems. Default `schema.graphql`. */
  readonly file?: string;
}

/**
 * The completed, executable API of a user's schema file (DESIGN §1): the types as written, and for each type marked
 * `@table` its queries, mutations and subscriptions with their inputs and pages. Fields the user wrote by hand win over
 * generated ones of their names. Types the user wrote of generated names must be parts of them, as an AppSync export has
 * them; filter inputs and pages are filled up, the inputs of mutations are kept as they are written.
 * Rules of access are read into the model, and the fields they guard are null where a context has no guards.
 * @throws {SchemaError} with every problem of the file, each with line and column
 */
export function loadModel(sdl: string, options: LoadOptions = {}): Model {
  const source = new Source(sdl, options.file ?? 'schema.graphql');
  const problems = new Problems(source);
  const document = readDocument(source, problems);

  const tableNames = tableTypeNames(document);
  const names: TypeNames = {
    document,
    tables: tableNames,
    connections: connectionNames(tableNames),
    generated: generatedOutputNames(tableNames),
  };
  const tables = readTables(names, problems);
  const nested = readNestedTypes(tables, names, problems);
  const payloads = readPayloads(names, problems);
  const published = [...payloads.values()].map((payload) => payload.type);
  const publishedNested = readNestedTypes(published, names, problems);
  const stored = withoutRepeats([...tables, ...nested, ...published, ...publishedNested]);
  checkEnds(stored, problems);
  checkEntities(tables, problems);
  checkPlacement(document, new Set(stored.map((type) => type.name)), problems);

  const operations = readOperations(document, tables);
  const filtered = [...payloads.values()].filter((payload) => payload.filtered);
  const types = completeTypes(
    { document, tables, nested, filtered: withoutRepeats(filtered.map(({ type }) => type)), operations },
    problems,
  );
  const subscription = types.get(document.roots.subscription);
  const fields = subscription?.kind === Kind.OBJECT_TYPE_DEFINITION ? (subscription.fields ?? []) : [];
  const subscriptions = readSubscriptions(fields, tables, payloads, problems);

  const rules = readRules(
    {
      document,
      types,
      tables,
      payloads: withoutRepeats(published),
      nested: withoutRepeats([...nested, ...publishedNested]),
      generated: new Set([...names.connections, ...names.generated]),
      operations,
      subscriptions,
    },
    problems,
  );

  const completed = completeDocument(document, types);
  const schema = buildValid(completed, document, problems);
  attachImageResolvers(schema, stored);
  const model = assembleModel({
    schema,
    tables,
    operations,
    subscriptions,
    resolved: resolvedFields(document, stored, operations),
    rules,
    sdl: printDefinitions(completed),
  });
  attachGuards(model);
  return model;
}

/** One type may be inside items and published too. */
function withoutRepeats(types: readonly StoredType[]): readonly StoredType[] {
  return [...new Map(types.map((type) => [type.name, type])).values()];
}

/** Throws all problems there are by now, GraphQL's own rules included. */
function buildValid(completed: DocumentNode, document: SchemaDocument, problems: Problems): GraphQLSchema {
  const misplaced: DocumentNode = { kind: Kind.DOCUMENT, definitions: document.misplaced };
  const errors = validateSDL(concatAST([completed, misplaced]));
  for (const error of errors) problems.addError(error);
  // Types cannot be built of names that are not defined.
  if (errors.length > 0) problems.throwIfAny();
  const schema = buildCompleted(completed);
  for (const error of validateSchema(schema)) problems.addError(error);
  checkDefaults(schema, problems);
  problems.throwIfAny();
  return schema;
}
