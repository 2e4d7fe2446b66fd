import { type GuessedType, grouped, guessType, seenIn } from './guess.ts';
import { capitalised, fieldNames, freeName } from './names.ts';
import type { MapSummary } from './summary.ts';

/** One field, as it will be written. */
export interface FieldLine {
  readonly name: string;
  /** Written with `@attribute` when it is not the field's name. */
  readonly attribute: string;
  readonly type: string;
  readonly comment?: string;
}

/** The object types made for maps, and the names that are used up. */
export interface ObjectTypes {
  /** SDL of each, in the order they were made. */
  readonly made: string[];
  readonly taken: Set<string>;
  /** False: maps are AWSJSON, and no object type is made. */
  readonly nested: boolean;
}

/**
 * A fresh collection for a table type.
 * @param nested whether maps may have types of their own
 */
export function createObjectTypes(typeName: string, nested: boolean): ObjectTypes {
  const generated = [
    `${typeName}Change`,
    `${typeName}Connection`,
    ...['Create', 'Update', 'Delete'].map((action) => `${action}${typeName}Input`),
    'ChangeKind',
  ];
  return { made: [], taken: new Set([typeName, `${typeName}Input`, ...generated]), nested };
}

/** Fields for what was seen in items or maps: those most of them have first, then by name. */
export function sampledFields(
  owner: string,
  { members, count }: MapSummary,
  nameOf: (attribute: string) => string,
  thing: 'item' | 'map',
  types: ObjectTypes,
): readonly FieldLine[] {
  const attributes = [...members].sort(
    ([oneName, one], [otherName, other]) => seenIn(other) - seenIn(one) || (oneName < otherName ? -1 : 1),
  );
  return attributes.map(([attribute, summary]) => {
    const name = nameOf(attribute);
    const { type, because } = guessType(summary);
    const seen = grouped(seenIn(summary));
    return {
      name,
      attribute,
      type: typeText(`${owner}${capitalised(name)}`, type, types),
      comment: `guessed from ${seen} of ${counted(count, thing)}: ${because}`,
    };
  });
}

/** `1 item`, `1,000 items`. */
export function counted(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** SDL of an object type; `directives` stands behind its name. */
export function printObjectType(name: string, directives: string, fields: readonly FieldLine[]): string {
  const lines = fields.map(({ name: field, attribute, type, comment }) => {
    const stored = attribute === field ? '' : ` @attribute(name: ${JSON.stringify(attribute)})`;
    return `  ${field}: ${type}${stored}${comment === undefined ? '' : ` ${commentLine(comment)}`}`;
  });
  return `type ${name}${directives === '' ? '' : ` ${directives}`} {\n${lines.join('\n')}\n}`;
}

/** A comment of one line, whatever is in the text. */
export function commentLine(text: string): string {
  return `# ${text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')}`;
}

function typeText(wanted: string, type: GuessedType, types: ObjectTypes): string {
  if (type.kind === 'scalar') return type.name;
  if (type.kind === 'object') return types.nested ? objectType(wanted, type.members, types) : 'AWSJSON';
  const inner = typeText(wanted, type.of, types);
  return type.of.kind === 'object' && !types.nested ? 'AWSJSON' : `[${inner}]`;
}

function objectType(wanted: string, members: MapSummary, types: ObjectTypes): string {
  const name = freeTypeName(wanted, types);
  const names = fieldNames(members.members.keys(), false);
  const fields = sampledFields(name, members, names.nameOf, 'map', types);
  types.made.push(printObjectType(name, '', fields));
  return name;
}

/** Its input type, named after it, must be free too. */
function freeTypeName(wanted: string, { taken }: ObjectTypes): string {
  let name = freeName(wanted, taken);
  while (taken.has(`${name}Input`)) name = freeName(`${name}Value`, taken);
  taken.add(name);
  taken.add(`${name}Input`);
  return name;
}
