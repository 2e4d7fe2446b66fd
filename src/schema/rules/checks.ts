import { print } from 'graphql';
import type { AccessRule } from '../access.ts';
import { READ_OPERATIONS } from '../access.ts';
import type { Problems } from '../problems.ts';
import type { StoredField, StoredType } from '../stored-types.ts';
import { withoutRepeats } from './canonical.ts';
import type { Marks, WrittenRule } from './written.ts';

/** The rules of a type's items, or of one of its fields: those that look at an item must find a field of it. */
export function itemRules(type: StoredType, { rules }: Marks, problems: Problems): readonly AccessRule[] {
  for (const { rule, node, field } of rules) {
    if (rule.kind !== 'owner' && rule.kind !== 'groupsField') continue;
    const problem = fieldProblem(type, rule.field);
    if (problem) problems.add(`@auth: ${problem}`, field ?? node);
  }
  return rulesOf(rules);
}

/**
 * The rules of one stored field: who may not read it is given null in its place, whatever the operation.
 * @param isKey whether the field is of the type's key
 */
export function storedFieldRules(
  type: StoredType,
  field: StoredField,
  marks: Marks,
  isKey: boolean,
  problems: Problems,
): readonly AccessRule[] {
  const path = `${type.name}.${field.name}`;
  if (isKey) {
    problems.add(
      `${path}: expected rules on a field that is not of the key, as whoever may read an item may read its key; ` +
        `got ${print(marks.node)}`,
      marks.node,
    );
  } else if (field.nonNull) {
    problems.add(
      `${path}: expected a type that can be null, as who may not read the field is given null, got ${print(field.node.type)}`,
      field.node.type,
    );
  }
  checkReads(path, marks.rules, problems);
  return itemRules(type, marks, problems);
}

/**
 * Every update sets the writer to who made it, whatever the rules of that field say. Where a rule lets in whom the field
 * names, one that lets others update the item would make each of them such a one by their first update.
 * @param marks those of the writer's field, where it has some
 */
export function checkWriter(
  { name, writer }: Pick<StoredType, 'name'> & { readonly writer?: string },
  rules: readonly AccessRule[],
  ofFields: readonly AccessRule[],
  marks: Marks | undefined,
  problems: Problems,
): void {
  if (!marks) return;
  const looksAtWriter = (rule: AccessRule) => 'field' in rule && rule.field === writer;
  const isOpen = rules.some(
    (rule) => rule.operations.has('update') && !(rule.kind === 'owner' && looksAtWriter(rule)),
  );
  if (!isOpen || ![...rules, ...ofFields].some(looksAtWriter)) return;
  problems.add(
    `${name}.${writer}: expected @table(writer:) to name a field that no rule compares with claims, as whoever may ` +
      `update an item becomes its writer, whatever the rules of that field are; got ${print(marks.node)} on it`,
    marks.node,
  );
}

/** The rules of a field of a root type: the field is itself what they allow. */
export function rootRules(path: string, { rules }: Marks, problems: Problems): readonly AccessRule[] {
  for (const { operations } of rules) {
    if (!operations) continue;
    problems.add(
      `${path}: expected a rule without operations, as this field is an operation itself, got some`,
      operations,
    );
  }
  return staticRules(path, rules, problems);
}

/**
 * The rules of a field, or of all fields, of what is no item: of objects inside items, and of what resolvers return. Of
 * objects inside items they are about what is written, too.
 */
export function objectRules(path: string, { rules }: Marks, problems: Problems): readonly AccessRule[] {
  checkReads(path, rules, problems);
  return staticRules(path, rules, problems);
}

/** Whether rules can be judged without an item. */
export function areStatic({ rules }: Marks): boolean {
  return rules.every(({ rule }) => isStatic(rule));
}

/** A field is one of every payload and answer there is: it cannot be told in one and withheld in another. */
function checkReads(path: string, rules: readonly WrittenRule[], problems: Problems): void {
  for (const { rule, node, operations } of rules) {
    const read = READ_OPERATIONS.filter((operation) => rule.operations.has(operation));
    if (read.length === 0 || read.length === READ_OPERATIONS.length) continue;
    problems.add(
      `${path}: expected the rule of a field to allow all of ${READ_OPERATIONS.join(', ')} (read) or none of them, ` +
        `got ${read.join(', ')} without the others`,
      operations ?? node,
    );
  }
}

function staticRules(path: string, rules: readonly WrittenRule[], problems: Problems): readonly AccessRule[] {
  for (const { rule, node, field } of rules) {
    if (isStatic(rule)) continue;
    const got = rule.kind === 'owner' ? 'allow: owner' : 'groupsField';
    problems.add(
      `${path}: expected rules of allow: public, private, custom or groups with their names, as there is no item here ` +
        `to look at, got ${got}`,
      field ?? node,
    );
  }
  return rulesOf(rules);
}

function isStatic({ kind }: AccessRule): boolean {
  return kind === 'anyone' || kind === 'groups';
}

function rulesOf(rules: readonly WrittenRule[]): readonly AccessRule[] {
  return withoutRepeats(rules.map(({ rule }) => rule));
}

/** Only text compares with claims, alone or in a list. An enum's values are the schema's, and nobody's name. */
function fieldProblem(type: StoredType, name: string): string | undefined {
  const field = type.fields.get(name);
  if (!field) {
    const got = type.resolved.has(name) ? 'one that a resolver answers' : 'none';
    const texts = [...type.fields].filter(
      ([, { typeName, listDepth }]) => typeName === 'String' && listDepth < 2,
    );
    const there = texts
      .slice(0, 5)
      .map(([text]) => text)
      .join(', ');
    const other = there === '' ? '' : `, or name one that is there: ${there}`;
    const cure = type.resolved.has(name) ? '' : `; add "${name}: String" to it${other}`;
    return `expected ${type.name} to have a stored field ${name}, which the rule compares with claims, got ${got}${cure}`;
  }
  if (['ID', 'String'].includes(field.typeName) && field.listDepth < 2) return undefined;
  return (
    `expected ${type.name}.${name}, which the rule compares with claims, to be an ID or a String, or a list of them, ` +
    `got ${print(field.node.type)}`
  );
}
