import { appliedDirective } from './directives.ts';
import type { EntityCondition } from './model.ts';
import type { Problems } from './problems.ts';
import type { TableDraft } from './tables.ts';

/**
 * Types that share a table must tell their items apart: each says by `where` which are its own, no item can be of
 * two types, and they agree on the table's key. Anything else is a problem of the later type.
 */
export function checkEntities(tables: readonly TableDraft[], problems: Problems): void {
  for (const type of tables) checkCondition(type, problems);
  for (const [table, types] of byTable(tables)) {
    if (types.length < 2) continue;
    for (const type of types) {
      if (type.where) continue;
      const others = types.filter((other) => other !== type).map((other) => other.name);
      problems.add(
        `${type.name} shares the table ${table} with ${others.join(', ')}; expected ` +
          '@table(where: {attribute: "…", equals: "…"}) or beginsWith to tell its items apart, got no where',
        appliedDirective(type.node, 'table'),
      );
    }
    for (const [index, type] of types.entries()) {
      for (const earlier of types.slice(0, index)) checkPair(earlier, type, problems);
    }
  }
}

/** True when no text satisfies both. What is said of two different attributes can always hold at once. */
export function areDisjoint(one: EntityCondition, other: EntityCondition): boolean {
  if (one.attribute !== other.attribute) return false;
  if ('equals' in one) {
    return 'equals' in other ? one.equals !== other.equals : !one.equals.startsWith(other.beginsWith);
  }
  if ('equals' in other) return !other.equals.startsWith(one.beginsWith);
  return !one.beginsWith.startsWith(other.beginsWith) && !other.beginsWith.startsWith(one.beginsWith);
}

function checkPair(earlier: TableDraft, type: TableDraft, problems: Problems): void {
  const place = appliedDirective(type.node, 'table');
  if (earlier.where && type.where && !areDisjoint(earlier.where, type.where)) {
    problems.add(
      `expected ${earlier.name} and ${type.name} to have no item of table ${type.table} in common, ` +
        `got where ${described(earlier.where)} and where ${described(type.where)}`,
      place,
    );
  }
  const [expected, came] = [keyOf(earlier), keyOf(type)];
  if (expected !== undefined && came !== undefined && expected !== came) {
    problems.add(
      `expected ${type.name} to have the key of ${earlier.name}, whose table it shares: ${expected}, got ${came}`,
      place,
    );
  }
}

/** `where` compares text: an attribute that the type itself declares as something else never matches. */
function checkCondition(type: TableDraft, problems: Problems): void {
  const { where } = type;
  if (!where) return;
  const field = [...type.fields.values()].find((each) => each.attribute === where.attribute);
  const isText = !field || (field.listDepth === 0 && ['ID', 'String', 'Enum'].includes(field.kind));
  if (isText) return;
  problems.add(
    `expected @table(where:) of ${type.name} to name a text attribute, got ${field.attribute}, ` +
      `which the field ${field.name} reads as ${field.listDepth > 0 ? 'a list' : field.typeName}`,
    appliedDirective(type.node, 'table'),
  );
}

function byTable(tables: readonly TableDraft[]): ReadonlyMap<string, readonly TableDraft[]> {
  const grouped = new Map<string, TableDraft[]>();
  for (const type of tables) {
    const types = grouped.get(type.table);
    if (types) types.push(type);
    else grouped.set(type.table, [type]);
  }
  return grouped;
}

function keyOf(type: TableDraft): string | undefined {
  return type.keys?.map((name) => type.fields.get(name)?.attribute ?? name).join(', ');
}

function described(where: EntityCondition): string {
  return 'equals' in where
    ? `${where.attribute} equals ${JSON.stringify(where.equals)}`
    : `${where.attribute} begins with ${JSON.stringify(where.beginsWith)}`;
}
