import type {
  DefinitionNode,
  DirectiveDefinitionNode,
  DocumentNode,
  SchemaDefinitionNode,
  SchemaExtensionNode,
  Source,
  TypeDefinitionNode,
} from 'graphql';
import {
  GraphQLError,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  OperationTypeNode,
  parse,
  specifiedDirectives,
} from 'graphql';
import { DIRECTIVES_DOCUMENT } from './directives.ts';
import { foldExtension, rootFromExtension } from './extensions.ts';
import type { Problems } from './problems.ts';
import { isRefusedDirective, refuseDirectives } from './refused.ts';
import { isAmplifyType, isRuleDirective, usedRules } from './rules/directives.ts';
import { isKnownScalar, KNOWN_SCALARS } from './scalars.ts';

/** Names of the root operation types: the usual ones unless a `schema { … }` says otherwise. */
export interface RootNames {
  readonly query: string;
  readonly mutation: string;
  readonly subscription: string;
}

/** The user's file in parts, each node with its place; what Tablecast defines itself is taken out. */
export interface SchemaDocument {
  /** Type name → definition with its extensions folded in, in the order of the file. */
  readonly types: ReadonlyMap<string, TypeDefinitionNode>;
  /** Directives of the user's own. */
  readonly directives: readonly DirectiveDefinitionNode[];
  /** Names of the directives of rules in use. */
  readonly rules: ReadonlySet<string>;
  readonly roots: RootNames;
  /** The `schema { … }` as written, if it was. */
  readonly schemaNode?: SchemaDefinitionNode;
  /** What could not be placed (repeated names, extensions of nothing): kept for validation to report. */
  readonly misplaced: readonly DefinitionNode[];
}

/** Reads a file's definitions; a syntax error is thrown as the only problem, all else is collected. */
export function readDocument(source: Source, problems: Problems): SchemaDocument {
  const document = refuseDirectives(parseSource(source, problems), problems);
  const types = new Map<string, TypeDefinitionNode>();
  const directives: DirectiveDefinitionNode[] = [];
  const misplaced: DefinitionNode[] = [];
  const schemaNodes: (SchemaDefinitionNode | SchemaExtensionNode)[] = [];
  for (const definition of document.definitions) {
    if (isTypeDefinitionNode(definition)) {
      if (isOurs(definition, problems) || isAmplifyType(definition, document)) continue;
      if (types.has(definition.name.value)) misplaced.push(definition);
      else types.set(definition.name.value, definition);
    } else if (definition.kind === Kind.DIRECTIVE_DEFINITION) {
      if (!isReservedDirective(definition.name.value)) directives.push(definition);
    } else if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION) {
      schemaNodes.push(definition);
    } else if (
      definition.kind === Kind.OPERATION_DEFINITION ||
      definition.kind === Kind.FRAGMENT_DEFINITION
    ) {
      problems.add(`expected type definitions, got ${described(definition.kind)}`, definition);
    }
  }
  const roots = rootNames(schemaNodes);
  foldExtensions(document, roots, types, misplaced, problems);
  const schemaNode = mergeSchemaNodes(schemaNodes, misplaced);
  const rules = usedRules(document);
  return { types, directives, rules, roots, misplaced, ...(schemaNode ? { schemaNode } : {}) };
}

function parseSource(source: Source, problems: Problems): DocumentNode {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    problems.addError(error);
    problems.throwIfAny();
    throw error;
  }
}

/** True for `scalar AWSDate` and its like, which exported schemas may or may not hold. */
function isOurs(definition: TypeDefinitionNode, problems: Problems): boolean {
  const name = definition.name.value;
  const known = isKnownScalar(name);
  if (definition.kind === Kind.SCALAR_TYPE_DEFINITION) {
    if (!known) {
      problems.add(
        `scalar ${name} is not known; known are ${[...KNOWN_SCALARS.keys()].join(', ')}`,
        definition.name,
      );
    }
    return known;
  }
  if (known) {
    problems.add(`${name} is the name of a scalar; expected another name for this type`, definition.name);
  }
  return known;
}

function isReservedDirective(name: string): boolean {
  return (
    isRefusedDirective(name) ||
    isRuleDirective(name) ||
    specifiedDirectives.some((directive) => directive.name === name) ||
    DIRECTIVES_DOCUMENT.definitions.some(
      (ours) => ours.kind === Kind.DIRECTIVE_DEFINITION && ours.name.value === name,
    )
  );
}

function foldExtensions(
  document: DocumentNode,
  roots: RootNames,
  types: Map<string, TypeDefinitionNode>,
  misplaced: DefinitionNode[],
  problems: Problems,
): void {
  const rootTypes = new Set([roots.query, roots.mutation, roots.subscription]);
  for (const extension of document.definitions) {
    if (!isTypeExtensionNode(extension)) {
      if (extension.kind === Kind.DIRECTIVE_EXTENSION) misplaced.push(extension);
      continue;
    }
    const name = extension.name.value;
    if (extension.kind === Kind.SCALAR_TYPE_EXTENSION) {
      problems.add(`expected scalar ${name} as it is defined, got an extension of it`, extension);
      continue;
    }
    const definition = types.get(name);
    const folded = definition
      ? foldExtension(definition, extension)
      : rootTypes.has(name)
        ? rootFromExtension(extension)
        : undefined;
    if (folded) types.set(name, folded);
    else misplaced.push(extension);
  }
}

function rootNames(nodes: readonly (SchemaDefinitionNode | SchemaExtensionNode)[]): RootNames {
  const named = new Map(
    nodes.flatMap((node) => node.operationTypes ?? []).map((type) => [type.operation, type.type.name.value]),
  );
  return {
    query: named.get(OperationTypeNode.QUERY) ?? 'Query',
    mutation: named.get(OperationTypeNode.MUTATION) ?? 'Mutation',
    subscription: named.get(OperationTypeNode.SUBSCRIPTION) ?? 'Subscription',
  };
}

/** One `schema { … }` out of a definition and its extensions; a second definition is left to validation. */
function mergeSchemaNodes(
  nodes: readonly (SchemaDefinitionNode | SchemaExtensionNode)[],
  misplaced: DefinitionNode[],
): SchemaDefinitionNode | undefined {
  const [first, ...repeated] = nodes.filter((node) => node.kind === Kind.SCHEMA_DEFINITION);
  misplaced.push(...repeated);
  const [anyNode] = nodes;
  if (!anyNode) return undefined;
  const extensions = nodes.filter((node) => node.kind === Kind.SCHEMA_EXTENSION);
  return {
    ...(first ?? { ...anyNode, kind: Kind.SCHEMA_DEFINITION }),
    directives: [first, ...extensions].flatMap((node) => node?.directives ?? []),
    operationTypes: [first, ...extensions].flatMap((node) => node?.operationTypes ?? []),
  };
}

function described(kind: Kind.OPERATION_DEFINITION | Kind.FRAGMENT_DEFINITION): string {
  return kind === Kind.OPERATION_DEFINITION ? 'an operation' : 'a fragment';
}
