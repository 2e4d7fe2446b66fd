import type { DocumentNode, GraphQLSchema } from 'graphql';
import { concatAST, Kind, Source, validateSchema } from 'graphql';
import { validateSDL } from 'graphql/validation/validate.js';
import { assembleModel } from './assemble.ts';
import { buildCompleted, checkDefaults, completeDocument } from './build.ts';
import { completeTypes } from './completion.ts';
import type { SchemaDocument } from './document.ts';
import { readDocument } from './document.ts';
import { checkEntities } from './entities.ts';
import { generatedOutputNames, SERVICE_FIELD } from './generated-types.ts';
import type { Model } from './model.ts';
import { checkPlacement } from './placement.ts';
import { printDefinitions } from './print.ts';
import { Problems } from './problems.ts';
import { attachImageResolvers, attachServiceResolver } from './resolvers.ts';
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
 * `@table` its filter inputs and subscriptions.
 * @throws {SchemaError} with every problem of the file, each with line and column
 */
export function loadModel(sdl: string, options: LoadOptions = {}): Model {
  const source = new Source(sdl, options.file ?? 'schema.graphql');
  const problems = new Problems(source);
  const document = readDocument(source, problems);

  const tableNames = tableTypeNames(document);
  const names = { document, tables: tableNames, generated: generatedOutputNames(tableNames) };
  const tables = readTables(names, problems);
  const stored = [...tables, ...readNestedTypes(tables, names, problems)];
  checkEntities(tables, problems);
  checkPlacement(document, new Set(stored.map((type) => type.name)), problems);

  const types = completeTypes(document, tables, problems);
  const subscription = types.get(document.roots.subscription);
  const fields = subscription?.kind === Kind.OBJECT_TYPE_DEFINITION ? (subscription.fields ?? []) : [];
  const subscriptions = readSubscriptions(fields, tables, problems);

  const completed = completeDocument(document, types);
  const schema = buildValid(completed, document, problems);
  attachImageResolvers(schema, stored);
  if (!document.types.has(document.roots.query)) attachServiceResolver(schema, SERVICE_FIELD);
  return assembleModel({ schema, tables, subscriptions, sdl: printDefinitions(completed) });
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
