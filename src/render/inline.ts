import {
  astFromValue,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  TypeInfo,
  typeFromAST,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';

type Variables = { readonly [name: string]: unknown };

export type Inlined =
  | {
      readonly ok: true;
      /** Root fields that remain, fragments inlined, `@skip` and `@include` decided. */
      readonly fields: readonly FieldNode[];
      /** One root field as the text of a whole document without arguments at its root, variables substituted. */
      print(root: FieldNode): string;
    }
  | { readonly ok: false; readonly message: string };

/**
 * Turns a validated operation into its selection alone, so that requests which want the same read the same.
 * @param maxNodes bound on the fields that inlining may produce: fragments can double at every level.
 */
export function inlineSelection(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  maxNodes: number,
): Inlined {
  const root = schema.getSubscriptionType();
  if (!root) return { ok: false, message: 'Schema: expected a Subscription type' };
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const inliner = new Inliner(schema, fragments, variables, maxNodes);
  const selection = inliner.inline(operation.selectionSet, root);
  if (inliner.overrun) {
    return { ok: false, message: `Document: expected at most ${maxNodes} fields with its fragments inlined` };
  }
  const fields: FieldNode[] = [];
  for (const node of selection.selections) {
    // Root fragments have the only possible type, so that they were flattened above.
    if (node.kind === Kind.FIELD) fields.push(node);
  }
  return {
    ok: true,
    fields,
    print: (field) => printRoot(substituteVariables(schema, { ...field, arguments: [] }, variables)),
  };
}

function printRoot(root: FieldNode): string {
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation: OperationTypeNode.SUBSCRIPTION,
        selectionSet: { kind: Kind.SELECTION_SET, selections: [root] },
      },
    ],
  };
  return stripIgnoredCharacters(print(document));
}

class Inliner {
  overrun = false;
  private nodes = 0;
  private readonly schema: GraphQLSchema;
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly variables: Variables;
  private readonly maxNodes: number;

  constructor(
    schema: GraphQLSchema,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    variables: Variables,
    maxNodes: number,
  ) {
    this.schema = schema;
    this.fragments = fragments;
    this.variables = variables;
    this.maxNodes = maxNodes;
  }

  inline(set: SelectionSetNode, parent: GraphQLCompositeType): SelectionSetNode {
    const selections = set.selections.flatMap((node) => this.selection(node, parent));
    return { kind: Kind.SELECTION_SET, selections: merged(selections) };
  }

  private selection(node: SelectionNode, parent: GraphQLCompositeType): readonly SelectionNode[] {
    if (this.overrun || !this.isIncluded(node)) return [];
    this.nodes += 1;
    if (this.nodes > this.maxNodes) {
      this.overrun = true;
      return [];
    }
    if (node.kind === Kind.FIELD) return [this.field(node, parent)];
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? this.fragments.get(node.name.value) : node;
    if (!fragment) return [];
    const condition = fragment.typeCondition && typeFromAST(this.schema, fragment.typeCondition);
    const type = isCompositeType(condition) ? condition : parent;
    const inner = this.inline(fragment.selectionSet, type);
    if (type === parent || this.contains(type, parent)) return inner.selections;
    if (inner.selections.length === 0) return [];
    return [
      {
        kind: Kind.INLINE_FRAGMENT,
        typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type.name } },
        selectionSet: inner,
      },
    ];
  }

  private field(node: FieldNode, parent: GraphQLCompositeType): FieldNode {
    const { directives: _decided, ...rest } = node;
    if (!node.selectionSet) return rest;
    const definition =
      isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    const type = definition && getNamedType(definition.type);
    // Unreachable after validation; the selection is then left as it stands.
    if (!isCompositeType(type)) return rest;
    const inner = this.inline(node.selectionSet, type);
    return { ...rest, selectionSet: inner.selections.length > 0 ? inner : NOTHING };
  }

  private isIncluded(node: SelectionNode): boolean {
    if (getDirectiveValues(GraphQLSkipDirective, node, this.variables)?.if === true) return false;
    return getDirectiveValues(GraphQLIncludeDirective, node, this.variables)?.if !== false;
  }

  private contains(abstract: GraphQLCompositeType, type: GraphQLCompositeType): boolean {
    return isInterfaceType(abstract) && isObjectType(type) && this.schema.isSubType(abstract, type);
  }
}

/**
 * Selections of one level with equals made one, as execution would make them: fields by response key (validation has
 * seen to it that they agree), fragments by type. Fragments that double would otherwise grow what is stored, and be
 * too much to validate again.
 */
function merged(selections: readonly SelectionNode[]): readonly SelectionNode[] {
  const distinct = new Map<string, SelectionNode>();
  for (const node of selections) {
    const key = mergeKey(node);
    const known = distinct.get(key);
    distinct.set(key, known ? union(known, node) : node);
  }
  return [...distinct.values()];
}

function mergeKey(node: SelectionNode): string {
  if (node.kind === Kind.FIELD) return node.alias?.value ?? node.name.value;
  // No name holds a dot.
  return `...${node.kind === Kind.FRAGMENT_SPREAD ? node.name.value : node.typeCondition?.name.value}`;
}

function union(first: SelectionNode, second: SelectionNode): SelectionNode {
  if (first.kind === Kind.FRAGMENT_SPREAD || second.kind === Kind.FRAGMENT_SPREAD) return first;
  if (!first.selectionSet || !second.selectionSet) return first;
  const both = [...first.selectionSet.selections, ...second.selectionSet.selections];
  const something = both.filter((node) => node !== NOTHING_FIELD);
  const selectionSet: SelectionSetNode =
    something.length > 0 ? { kind: Kind.SELECTION_SET, selections: merged(something) } : NOTHING;
  return { ...first, selectionSet };
}

function substituteVariables(schema: GraphQLSchema, root: FieldNode, variables: Variables): FieldNode {
  const types = new TypeInfo(schema, schema.getSubscriptionType());
  return visit(
    root,
    visitWithTypeInfo(types, {
      Variable: {
        leave(node) {
          return literal(variables, node.name.value, types.getInputType());
        },
      },
      // An argument or input field whose variable was not given is absent, which is not the same as null.
      Argument: { leave: (node) => (isMissing(node.value) ? null : undefined) },
      ObjectField: { leave: (node) => (isMissing(node.value) ? null : undefined) },
      ListValue: {
        leave: (node) => ({
          ...node,
          values: node.values.map((value) => (isMissing(value) ? { kind: Kind.NULL } : value)),
        }),
      },
    }),
  );
}

function literal(variables: Variables, name: string, type: ReturnType<TypeInfo['getInputType']>): ValueNode {
  if (!Object.hasOwn(variables, name) || !type) return MISSING;
  return astFromValue(variables[name], type) ?? MISSING;
}

/** What is left of a selection that `@skip` and `@include` emptied: valid as a document, and executed to `{}`. */
const NOTHING_FIELD: FieldNode = {
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: '__typename' },
  directives: [
    {
      kind: Kind.DIRECTIVE,
      name: { kind: Kind.NAME, value: GraphQLSkipDirective.name },
      arguments: [
        {
          kind: Kind.ARGUMENT,
          name: { kind: Kind.NAME, value: 'if' },
          value: { kind: Kind.BOOLEAN, value: true },
        },
      ],
    },
  ],
};

const NOTHING: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [NOTHING_FIELD] };

/** Stands for a variable that was not given until its argument is left; no document can hold such a name. */
const MISSING: ValueNode = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: '' } };

function isMissing(value: ValueNode): boolean {
  return value === MISSING;
}
