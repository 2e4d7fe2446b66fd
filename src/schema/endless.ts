import { print } from 'graphql';
import type { Problems } from './problems.ts';
import type { StoredField, StoredType } from './stored-types.ts';

/** An object that must hold another of its own type has no end: no item could be read or written. */
export function checkEnds(stored: readonly StoredType[], problems: Problems): void {
  const types = new Map(stored.map((type) => [type.name, type]));
  for (const type of stored) {
    for (const field of type.fields.values()) {
      if (!isHeld(field) || !leadsTo(type.name, field, types)) continue;
      problems.add(
        `${type.name}.${field.name}: expected a type that can be null or empty, as it leads back to ${type.name}, ` +
          `got ${print(field.node.type)}`,
        field.node.type,
      );
    }
  }
}

function leadsTo(typeName: string, from: StoredField, types: ReadonlyMap<string, StoredType>): boolean {
  const seen = new Set<string>();
  const queue = [from.typeName];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (name === typeName) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    for (const field of types.get(name)?.fields.values() ?? []) if (isHeld(field)) queue.push(field.typeName);
  }
  return false;
}

function isHeld(field: StoredField): boolean {
  return field.kind === 'Object' && field.nonNull && field.listDepth === 0;
}
