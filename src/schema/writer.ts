import { print } from 'graphql';
import { appliedDirective } from './directives.ts';
import type { EntityCondition } from './model.ts';
import type { Problems } from './problems.ts';
import type { StoredField, StoredType } from './stored-types.ts';

/** What of an item is decided already, and cannot name its writer. */
interface Settled {
  readonly keys: readonly string[];
  readonly where?: EntityCondition;
}

/**
 * The field `@table(writer:)` names: a single `ID`, `String` or enum value, neither of the key nor what `where` looks
 * at, as the server sets it at every create and update. `undefined` when none is named; one that will not do is a
 * problem.
 */
export function readWriter(
  type: StoredType,
  given: string | undefined,
  settled: Settled,
  problems: Problems,
): string | undefined {
  if (given === undefined) return undefined;
  const directive = appliedDirective(type.node, 'table');
  const place = directive?.arguments?.find((argument) => argument.name.value === 'writer') ?? directive;
  const expected = `expected @table(writer:) of ${type.name} to name`;
  const field = type.fields.get(given);
  if (!field) {
    const known = [...type.fields.keys()].join(', ');
    problems.add(`${expected} one of its stored fields (${known}), got ${given}`, place);
  } else if (!isText(field)) {
    problems.add(
      `${expected} a field of type ID, String or an enum, got ${given}: ${print(field.node.type)}`,
      place,
    );
  } else if (settled.keys.includes(given)) {
    problems.add(`${expected} a field outside the key, as updates set it, got ${given}`, place);
  } else if (settled.where?.attribute === field.attribute) {
    problems.add(`${expected} another field than the one @table(where:) looks at, got ${given}`, place);
  } else return given;
  return undefined;
}

function isText(field: StoredField): boolean {
  return field.listDepth === 0 && (field.kind === 'Enum' || ['ID', 'String'].includes(field.typeName));
}
