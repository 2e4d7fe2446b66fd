import type { FieldDefinitionNode, ObjectTypeDefinitionNode, TypeDefinitionNode } from 'graphql';
import { Kind } from 'graphql';
import type { AccessRule, ModelAccess, TypeAccess } from '../access.ts';
import type { SchemaDocument } from '../document.ts';
import type { OperationDraft } from '../operations.ts';
import type { Problems } from '../problems.ts';
import type { StoredType } from '../stored-types.ts';
import type { SubscriptionDraft } from '../subscriptions.ts';
import type { TableDraft } from '../tables.ts';
import { DEFAULT_RULE } from './appsync.ts';
import { claimsOf, type FieldRules, fingerprintOf } from './canonical.ts';
import { checkWriter, itemRules, storedFieldRules } from './checks.ts';
import { appliedRules } from './directives.ts';
import { modelFields } from './model-fields.ts';
import { checkRuleValues } from './values.ts';
import { type Marks, readMarks } from './written.ts';

/** What rules are read from: a file's types as completed, and what is known of them. */
export interface RuleSources {
  readonly document: SchemaDocument;
  /** Completed, the generated among them. */
  readonly types: ReadonlyMap<string, TypeDefinitionNode>;
  readonly tables: readonly TableDraft[];
  /** What is published, each type once. */
  readonly payloads: readonly StoredType[];
  /** Object types inside the items of tables and inside payloads. */
  readonly nested: readonly StoredType[];
  /** Names of the output types that are generated where the user has not written them. */
  readonly generated: ReadonlySet<string>;
  readonly operations: readonly OperationDraft[];
  readonly subscriptions: readonly SubscriptionDraft[];
}

/** All rules of a file. */
export interface SchemaRules {
  /** Type of items, or of what is published → its rules. */
  readonly types: ReadonlyMap<string, TypeAccess>;
  readonly model: ModelAccess;
}

/** `Type` or `Type.field` → the rules written there. */
export type MarksByPath = ReadonlyMap<string, Marks>;

/**
 * The rules of a schema file; `undefined` where it has none at all. With any, what is unmarked is nobody's, or, where
 * the words are AppSync's, for who proves themselves in a default mode.
 */
export function readRules(sources: RuleSources, problems: Problems): SchemaRules | undefined {
  if (sources.document.rules.size === 0) return undefined;
  checkRuleValues([...sources.document.types.values()], problems);
  refuseOnInterfaces(sources.types, problems);
  const objects = [...sources.types.values()].filter(isObjectType);
  const marks = readAll(objects, problems);
  if (marks.size === 0) return undefined;

  const isAppSync = [...marks.values()].some(({ words }) => words === 'appsync');
  const unmarked: readonly AccessRule[] = isAppSync ? [DEFAULT_RULE] : [];
  const items = new Map<string, StoredType & Pick<TableDraft, 'keys' | 'writer'>>([
    ...sources.payloads.map((type) => [type.name, { ...type, keys: undefined }] as const),
    ...sources.tables.map((type) => [type.name, type] as const),
  ]);
  const ofTypes = [...items.values()].map((type) => {
    const own = marks.get(type.name);
    const rules = own ? itemRules(type, own, problems) : unmarked;
    const fields = fieldRules(type, marks, problems);
    const writer = marks.get(`${type.name}.${type.writer}`);
    checkWriter(type, rules, [...fields.values()].flat(), writer, problems);
    return { type, rules, fields };
  });
  const fields = modelFields(sources, marks, isAppSync, problems);
  const all = [
    ...ofTypes.flatMap((each) => [...each.rules, ...[...each.fields.values()].flat()]),
    ...[...fields.values()].flat(),
  ];
  const usesDefault = all.some(({ modes }) => modes === 'default');
  return {
    types: new Map(
      ofTypes.map((each) => [
        each.type.name,
        {
          rules: each.rules,
          fields: each.fields,
          fingerprint: fingerprintOf(each.rules, each.fields, fields),
          ...(usesDefault && { usesDefault }),
        },
      ]),
    ),
    model: {
      fields,
      usesDefault,
      claims: claimsOf(all),
    },
  };
}

function isObjectType(node: TypeDefinitionNode): node is ObjectTypeDefinitionNode {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION;
}

/** An interface is answered by the types that have it, each with its own rules. Of the interface itself validation tells. */
function refuseOnInterfaces(types: ReadonlyMap<string, TypeDefinitionNode>, problems: Problems): void {
  for (const type of types.values()) {
    if (type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const rule of (type.fields ?? []).flatMap(appliedRules)) {
      problems.add(
        `expected @${rule.name.value} on an object type or a field of one, got it on the interface ${type.name.value}`,
        rule,
      );
    }
  }
}

function readAll(objects: readonly ObjectTypeDefinitionNode[], problems: Problems): MarksByPath {
  const marks = new Map<string, Marks>();
  const read = (path: string, node: ObjectTypeDefinitionNode | FieldDefinitionNode) => {
    const found = readMarks(node, problems);
    if (found) marks.set(path, found);
  };
  for (const object of objects) {
    read(object.name.value, object);
    for (const field of object.fields ?? []) read(pathOf(object, field), field);
  }
  return marks;
}

function fieldRules(
  type: StoredType & Pick<TableDraft, 'keys'>,
  marks: MarksByPath,
  problems: Problems,
): FieldRules {
  const fields = new Map<string, readonly AccessRule[]>();
  for (const field of type.fields.values()) {
    const own = marks.get(`${type.name}.${field.name}`);
    if (!own) continue;
    const isKey = type.keys?.some((key) => key === field.name) === true;
    fields.set(field.name, storedFieldRules(type, field, own, isKey, problems));
  }
  return fields;
}

function pathOf(object: ObjectTypeDefinitionNode, field: FieldDefinitionNode): string {
  return `${object.name.value}.${field.name.value}`;
}
