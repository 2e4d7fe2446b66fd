import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';

/**
 * Selections of an operation once its fragments are inlined: what it may cost to run, however short its text. Each
 * fragment is counted once. The document must be valid, so that no fragment spreads itself.
 */
export function countNodes(document: DocumentNode, operation: OperationDefinitionNode): number {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition.selectionSet);
    }
  }
  const counted = new Map<string, number>();

  function count(set: SelectionSetNode): number {
    let nodes = 0;
    for (const selection of set.selections) {
      nodes += 1;
      if (selection.kind === Kind.FRAGMENT_SPREAD) nodes += countFragment(selection.name.value);
      else if (selection.selectionSet) nodes += count(selection.selectionSet);
    }
    return nodes;
  }

  function countFragment(name: string): number {
    const known = counted.get(name);
    if (known !== undefined) return known;
    const set = fragments.get(name);
    const nodes = set ? count(set) : 0;
    counted.set(name, nodes);
    return nodes;
  }

  return count(operation.selectionSet);
}
