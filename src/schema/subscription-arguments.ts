import type { FieldDefinitionNode, InputValueDefinitionNode } from 'graphql';
import { print } from 'graphql';
import { appliedDirective, readMatchesDirective } from './directives.ts';
import { FILTER_ARGUMENT, filterInputName } from './filter-inputs.ts';
import type { FieldKind } from './model.ts';
import type { Problems } from './problems.ts';
import { KNOWN_SCALARS } from './scalars.ts';
import type { StoredField, StoredType } from './stored-types.ts';
import { unwrap } from './stored-types.ts';

const TEXT: ReadonlySet<FieldKind> = new Set<FieldKind>(['ID', 'String']);

/** Argument kind → field kinds that hold every value the argument can have. */
const NUMBERS: ReadonlyMap<FieldKind, ReadonlySet<FieldKind>> = new Map<FieldKind, ReadonlySet<FieldKind>>([
  ['Int', new Set<FieldKind>(['Int', 'Float', 'Decimal'])],
  ['Float', new Set<FieldKind>(['Float', 'Decimal'])],
  ['Decimal', new Set<FieldKind>(['Decimal'])],
]);

/** Argument name → field name, without `filter`, which is compared with no field. What does not fit is a problem and left out. */
export function readArguments(
  node: FieldDefinitionNode,
  type: StoredType,
  problems: Problems,
): ReadonlyMap<string, string> {
  const compared = new Map<string, string>();
  for (const argument of node.arguments ?? []) {
    const name = argument.name.value;
    const path = `${node.name.value}(${name}:)`;
    if (name === FILTER_ARGUMENT) checkFilter(path, argument, type, problems);
    else {
      const field = readArgument(path, argument, type, problems);
      if (field) compared.set(name, field.name);
    }
  }
  return compared;
}

function checkFilter(
  path: string,
  argument: InputValueDefinitionNode,
  type: StoredType,
  problems: Problems,
): void {
  const expected = filterInputName(type.name);
  const { typeName, listDepth } = unwrap(argument.type);
  if (typeName !== expected || listDepth > 0) {
    problems.add(`${path}: expected the type ${expected}, got ${print(argument.type)}`, argument.type);
  }
  const matches = appliedDirective(argument, 'matches');
  if (matches) problems.add(`${path}: expected no @matches on a filter, got ${print(matches)}`, matches);
}

function readArgument(
  path: string,
  argument: InputValueDefinitionNode,
  type: StoredType,
  problems: Problems,
): StoredField | undefined {
  const matches = appliedDirective(argument, 'matches');
  const name = readMatchesDirective(argument, problems) ?? argument.name.value;
  const field = type.fields.get(name);
  if (!field) {
    const known = [...type.fields.keys()].join(', ');
    const cure = matches ? '' : '; @matches(field: "…") names a field that is called differently';
    problems.add(
      `${path}: expected a field of ${type.name} (${known}), got ${name}${cure}`,
      matches ?? argument.name,
    );
    return undefined;
  }
  if (field.listDepth > 0 || field.kind === 'Object') {
    problems.add(
      `${path}: expected a field with a single scalar or enum value to compare with, ` +
        `got ${type.name}.${name}: ${print(field.node.type)}`,
      matches ?? argument.name,
    );
    return undefined;
  }
  if (!fits(argument, field)) {
    problems.add(
      `${path}: expected a type that fits ${type.name}.${name}: ${print(field.node.type)}, got ${print(argument.type)}`,
      argument.type,
    );
  }
  return field;
}

/** The field's own type, another text type for text, or a number type all of whose values the field's holds. */
function fits(argument: InputValueDefinitionNode, field: StoredField): boolean {
  const { typeName, listDepth } = unwrap(argument.type);
  if (listDepth > 0) return false;
  if (typeName === field.typeName) return true;
  const kind = KNOWN_SCALARS.get(typeName);
  if (!kind) return false;
  return (TEXT.has(kind) && TEXT.has(field.kind)) || NUMBERS.get(kind)?.has(field.kind) === true;
}
