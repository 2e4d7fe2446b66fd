import type { FieldDefinitionNode, ObjectTypeDefinitionNode } from 'graphql';
import { Kind } from 'graphql';
import type { AccessRule } from '../access.ts';
import type { Problems } from '../problems.ts';
import type { StoredType } from '../stored-types.ts';
import { DEFAULT_RULE } from './appsync.ts';
import type { FieldRules } from './canonical.ts';
import { areStatic, objectRules, rootRules } from './checks.ts';
import { amplifyFed, isUsedBeside, objectsInItems, onlyInAmplifyTypes } from './reach.ts';
import type { MarksByPath, RuleSources } from './read.ts';
import type { Marks } from './written.ts';

/** The rules of one field; `undefined` where it has none. */
type ReadField = (path: string, field: FieldDefinitionNode) => readonly AccessRule[] | undefined;

/**
 * `Type.field` → the rules of what is no item: of root fields, of the fields of objects inside items and of results, and
 * of fields that resolvers answer. What is written on a type counts for each of its fields that has none of its own.
 * @param isAppSync whether what is unmarked is for the default modes
 */
export function modelFields(
  sources: RuleSources,
  marks: MarksByPath,
  isAppSync: boolean,
  problems: Problems,
): FieldRules {
  const roots = new Set(Object.values(sources.document.roots));
  const tables = new Map(sources.tables.map((type) => [type.name, type]));
  const payloads = new Map(sources.payloads.map((type) => [type.name, type]));
  const nested = objectsInItems(sources);
  const fed = amplifyFed(sources, marks);
  const parts = onlyInAmplifyTypes(sources, marks);

  const fields = new Map<string, readonly AccessRule[]>();
  for (const object of sources.types.values()) {
    if (object.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const readField = readerOf(object);
    for (const field of object.fields ?? []) {
      const path = `${object.name.value}.${field.name.value}`;
      const rules = readField(path, field);
      if (rules) fields.set(path, rules);
    }
  }
  return fields;

  function readerOf({ name: { value: name } }: ObjectTypeDefinitionNode): ReadField {
    const ofType = marks.get(name);
    if (roots.has(name)) {
      return (path) => {
        const [at, own] = written(path, name);
        if (own) return rootRules(at, own, problems);
        return isAppSync && !fed.has(path) ? [DEFAULT_RULE] : undefined;
      };
    }
    const table = tables.get(name);
    if (table) return resolvedReader(table);
    const payload = payloads.get(name);
    if (payload && !nested.has(name)) {
      const readResolved = resolvedReader(payload);
      const isBeside = isUsedBeside(sources, name);
      return (path, field) => readResolved(path, field) ?? (isBeside ? staticRules(path, ofType) : undefined);
    }
    const isPart = sources.generated.has(name) || parts.has(name);
    return (path) => {
      const [at, own] = written(path, name);
      if (own) return objectRules(at, own, problems);
      return isAppSync && !isPart ? [DEFAULT_RULE] : undefined;
    };
  }

  function written(path: string, typeName: string): readonly [at: string, Marks | undefined] {
    const own = marks.get(path);
    return own ? [path, own] : [typeName, marks.get(typeName)];
  }

  /** Of types whose items have rules of their own: whatever is stored is guarded by those. */
  function resolvedReader({ resolved }: StoredType): ReadField {
    return (path, field) => {
      const own = resolved.has(field.name.value) ? marks.get(path) : undefined;
      return own && objectRules(path, own, problems);
    };
  }

  /** Of what is published, where it is a result beside. There is no rule for results among those that look at an item. */
  function staticRules(path: string, ofType: Marks | undefined): readonly AccessRule[] | undefined {
    const own = marks.get(path) ?? ofType;
    if (!own) return isAppSync ? [DEFAULT_RULE] : undefined;
    return areStatic(own) ? own.rules.map(({ rule }) => rule) : undefined;
  }
}
