import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** What an operation comes to once its fragments are inlined, however short its text. */
export interface DocumentCost {
  /** Levels of selections; below `__schema` and `__type` none is counted. */
  readonly depth: number;
  /** Fields, spreads and inline fragments. Infinite where counting them would be. */
  readonly nodes: number;
  readonly aliases: number;
  readonly directives: number;
  readonly introspects: boolean;
  /** Fields with selections, in the text of the whole document. */
  readonly objects: number;
}

const NOTHING: DocumentCost = {
  depth: 0,
  nodes: 0,
  aliases: 0,
  directives: 0,
  introspects: false,
  objects: 0,
};
const INTROSPECTION_FIELDS: ReadonlySet<string> = new Set(['__schema', '__type']);

/**
 * The most of each that any one operation or fragment of a document comes to. The document need not be valid: it is
 * counted before it is validated, which is what costs. Every fragment is counted once, so that the work is that of
 * reading the text; one that spreads itself, which validation refuses, counts as nothing where it does.
 * @param count is called for each selection read, for tests
 */
export function documentCost(document: DocumentNode, count: () => void = () => {}): DocumentCost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  /** By definition and not by name: several may have one. `undefined` while it is being counted. */
  const counted = new Map<FragmentDefinitionNode, DocumentCost | undefined>();
  let objects = 0;

  function ofFragment(fragment: FragmentDefinitionNode | undefined): DocumentCost {
    if (!fragment) return NOTHING;
    if (counted.has(fragment)) return counted.get(fragment) ?? NOTHING;
    counted.set(fragment, undefined);
    const cost = plus(ofSet(fragment.selectionSet), directivesOf(fragment));
    counted.set(fragment, cost);
    return cost;
  }

  function ofSet(set: SelectionSetNode): DocumentCost {
    return set.selections.map(ofSelection).reduce(plus, NOTHING);
  }

  function ofSelection(node: SelectionNode): DocumentCost {
    count();
    const own = { ...NOTHING, nodes: 1, directives: node.directives?.length ?? 0 };
    if (node.kind === Kind.FRAGMENT_SPREAD) return plus(own, ofFragment(fragments.get(node.name.value)));
    const inner = node.selectionSet ? ofSet(node.selectionSet) : NOTHING;
    if (node.kind === Kind.INLINE_FRAGMENT) return plus(own, inner);
    if (node.selectionSet) objects += 1;
    const introspects = INTROSPECTION_FIELDS.has(node.name.value);
    const { aliases, nodes, directives } = plus(own, inner);
    return {
      depth: introspects ? 1 : inner.depth + 1,
      nodes,
      aliases: aliases + (node.alias ? 1 : 0),
      directives,
      introspects: introspects || inner.introspects,
      objects: 0,
    };
  }

  let most = NOTHING;
  for (const definition of document.definitions) {
    // How deep a fragment is counts where it is spread, which may be below `__schema`.
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      most = greater(most, { ...ofFragment(definition), depth: 0 });
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const variables = (definition.variableDefinitions ?? []).map(directivesOf).reduce(plus, NOTHING);
    const own = plus(directivesOf(definition), variables);
    most = greater(most, plus(own, ofSet(definition.selectionSet)));
  }
  return { ...most, objects };
}

function directivesOf(node: { readonly directives?: readonly unknown[] | undefined }): DocumentCost {
  return { ...NOTHING, directives: node.directives?.length ?? 0 };
}

/** Both beside each other. */
function plus(a: DocumentCost, b: DocumentCost): DocumentCost {
  return {
    depth: Math.max(a.depth, b.depth),
    nodes: a.nodes + b.nodes,
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    introspects: a.introspects || b.introspects,
    objects: 0,
  };
}

function greater(a: DocumentCost, b: DocumentCost): DocumentCost {
  return {
    depth: Math.max(a.depth, b.depth),
    nodes: Math.max(a.nodes, b.nodes),
    aliases: Math.max(a.aliases, b.aliases),
    directives: Math.max(a.directives, b.directives),
    introspects: a.introspects || b.introspects,
    objects: 0,
  };
}
