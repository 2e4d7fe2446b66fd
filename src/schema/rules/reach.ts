import { Kind } from 'graphql';
import { appliedDirective } from '../directives.ts';
import type { StoredType } from '../stored-types.ts';
import { unwrap } from '../stored-types.ts';
import type { MarksByPath, RuleSources } from './read.ts';

/**
 * Root fields, as `Type.field`, that a table answers or feeds, or code publishes, whose type has its rules in Amplify's
 * words: those guard it, and no mode of AppSync's is asked for beside.
 */
export function amplifyFed(sources: RuleSources, marks: MarksByPath): ReadonlySet<string> {
  const { roots } = sources.document;
  const fed = [
    ...sources.operations.map(({ root, name, type }) => [`${roots[root]}.${name}`, type] as const),
    ...sources.subscriptions.map(({ name, type }) => [`${roots.subscription}.${name}`, type] as const),
  ];
  return new Set(fed.flatMap(([path, type]) => (isAmplify(type, marks) ? [path] : [])));
}

/** The object types that are inside items, or inside what is published, by name; what is published may be among them. */
export function objectsInItems({ tables, payloads, nested }: RuleSources): ReadonlyMap<string, StoredType> {
  const stored = [...tables, ...payloads, ...nested];
  const held = new Set(stored.flatMap((type) => [...type.fields.values()].map(({ typeName }) => typeName)));
  return new Map(stored.filter(({ name }) => held.has(name)).map((type) => [type.name, type]));
}

/** Names of the object types that are inside items of such types, and of no others: they are part of those items. */
export function onlyInAmplifyTypes(sources: RuleSources, marks: MarksByPath): ReadonlySet<string> {
  const nested = objectsInItems(sources);
  const holders = [...sources.tables, ...sources.payloads];
  const others = inside(
    holders.filter((type) => !isAmplify(type, marks)),
    nested,
  );
  const held = inside(
    holders.filter((type) => isAmplify(type, marks)),
    nested,
  );
  return new Set([...held].filter((name) => !others.has(name)));
}

/** Whether a published type is also what another field returns, on its own or as one of several types. */
export function isUsedBeside({ types, document }: RuleSources, name: string): boolean {
  const { subscription } = document.roots;
  return [...types.values()].some((type) => {
    if (type.kind === Kind.UNION_TYPE_DEFINITION) return type.types?.some((each) => each.name.value === name);
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) return false;
    if (type.name.value === name && (type.interfaces ?? []).length > 0) return true;
    const fields = type.fields?.filter((field) => unwrap(field.type).typeName === name);
    return fields?.some((field) => type.name.value !== subscription || !appliedDirective(field, 'published'));
  });
}

function isAmplify({ name }: StoredType, marks: MarksByPath): boolean {
  return marks.get(name)?.words === 'amplify';
}

function inside(
  holders: readonly StoredType[],
  nested: ReadonlyMap<string, StoredType>,
): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [...holders];
  for (let type = queue.pop(); type; type = queue.pop()) {
    for (const { typeName } of type.fields.values()) {
      const next = nested.get(typeName);
      if (!next || found.has(typeName)) continue;
      found.add(typeName);
      queue.push(next);
    }
  }
  return found;
}
