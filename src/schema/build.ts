import type {
  ConstValueNode,
  DefinitionNode,
  DocumentNode,
  GraphQLArgument,
  GraphQLInputField,
  GraphQLScalarType,
  OperationTypeDefinitionNode,
  SchemaDefinitionNode,
  TypeDefinitionNode,
} from 'graphql';
import {
  extendSchema,
  GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  OperationTypeNode,
  parse,
  print,
  valueFromAST,
  visit,
} from 'graphql';
import { DIRECTIVES_DOCUMENT } from './directives.ts';
import type { RootNames, SchemaDocument } from './document.ts';
import type { Problems } from './problems.ts';
import { ruleDefinitions } from './rules/directives.ts';
import { CUSTOM_SCALARS } from './scalars.ts';

/** The completed document: our directives, those of rules and the scalars in use, then the user's definitions and the generated. */
export function completeDocument(
  document: SchemaDocument,
  types: ReadonlyMap<string, TypeDefinitionNode>,
): DocumentNode {
  const directives = DIRECTIVES_DOCUMENT.definitions.filter(
    (node) => node.kind === Kind.DIRECTIVE_DEFINITION,
  );
  return {
    kind: Kind.DOCUMENT,
    definitions: [
      ...directives,
      ...ruleDefinitions(document.rules),
      ...document.directives,
      ...scalarDefinitions([...types.values(), ...document.directives]),
      schemaDefinition(document, types),
      ...types.values(),
    ],
  };
}

/** An executable schema of a completed document; every name in it must be defined. */
export function buildCompleted(document: DocumentNode): GraphQLSchema {
  const scalars = document.definitions.flatMap((definition) => customScalar(definition) ?? []);
  const definitions = document.definitions.filter((definition) => !customScalar(definition));
  const base = new GraphQLSchema({ types: scalars });
  return extendSchema(base, { ...document, definitions }, { assumeValidSDL: true });
}

function customScalar(definition: DefinitionNode): GraphQLScalarType | undefined {
  return definition.kind === Kind.SCALAR_TYPE_DEFINITION
    ? CUSTOM_SCALARS.get(definition.name.value)
    : undefined;
}

/** graphql-js drops a default that does not fit its type without a word; here it is a problem. */
export function checkDefaults(schema: GraphQLSchema, problems: Problems): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) Object.values(type.getFields()).forEach(checkDefault);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) field.args.forEach(checkDefault);
  }

  function checkDefault(input: GraphQLArgument | GraphQLInputField): void {
    const value: ConstValueNode | undefined = input.astNode?.defaultValue;
    if (!value || valueFromAST(value, input.type) !== undefined) return;
    problems.add(`expected the default of ${input.name} to be ${input.type}, got ${print(value)}`, value);
  }
}

function scalarDefinitions(definitions: readonly DefinitionNode[]): readonly DefinitionNode[] {
  const used = new Set<string>();
  for (const definition of definitions) {
    visit(definition, { [Kind.NAMED_TYPE]: (node) => void used.add(node.name.value) });
  }
  return [...CUSTOM_SCALARS.values()]
    .filter((scalar) => used.has(scalar.name))
    .flatMap(({ name, description }) => {
      const sdl = `${JSON.stringify(description)} scalar ${name}`;
      return parse(sdl, { noLocation: true }).definitions;
    });
}

function schemaDefinition(
  { roots, schemaNode }: SchemaDocument,
  types: ReadonlyMap<string, TypeDefinitionNode>,
): SchemaDefinitionNode {
  const written = schemaNode?.operationTypes ?? [];
  const operations: readonly (readonly [OperationTypeNode, keyof RootNames])[] = [
    [OperationTypeNode.QUERY, 'query'],
    [OperationTypeNode.MUTATION, 'mutation'],
    [OperationTypeNode.SUBSCRIPTION, 'subscription'],
  ];
  const added = operations
    .filter(
      ([operation, root]) => types.has(roots[root]) && !written.some((node) => node.operation === operation),
    )
    .map(([operation, root]) => operationType(operation, roots[root]));
  return {
    kind: Kind.SCHEMA_DEFINITION,
    ...schemaNode,
    operationTypes: [...written, ...added],
  };
}

function operationType(operation: OperationTypeNode, typeName: string): OperationTypeDefinitionNode {
  const name = { kind: Kind.NAME, value: typeName } as const;
  return { kind: Kind.OPERATION_TYPE_DEFINITION, operation, type: { kind: Kind.NAMED_TYPE, name } };
}
