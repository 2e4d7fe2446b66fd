import { isKnownScalar } from '../scalars.ts';

/** Names of a GraphQL schema that can be written: letters, digits and `_`, not starting with a digit or `__`. */
const NAME = /^(?!__)[_A-Za-z][_0-9A-Za-z]*$/;

/** Taken by roots, directives and generated types whatever the table is called. */
const RESERVED_TYPES: ReadonlySet<string> = new Set([
  'Query',
  'Mutation',
  'Subscription',
  'ChangeKind',
  'TableWhere',
]);

/** Names that filters use for themselves (DESIGN §1). */
const RESERVED_FIELDS: ReadonlySet<string> = new Set(['filter', 'and', 'or', 'not']);

/** Plurals that end in -ies and lose only the s. */
const IE_PLURALS = /(?:movie|cookie|zombie|selfie|calorie|rookie|prairie|brownie|hoodie|genie)s$/i;

/** Words that are no plurals, whatever they end in. */
const NO_PLURALS = /(?:news|series|species|ss|us|is)$/i;

/** True for a name that can be a type of a schema file: no scalar, root or generated type. */
export function isTypeName(name: string): boolean {
  return NAME.test(name) && !isReservedType(name);
}

function isReservedType(name: string): boolean {
  return isKnownScalar(name) || RESERVED_TYPES.has(name) || /^Table.*FilterInput$/.test(name);
}

/**
 * A type's name from a table's: words joined in PascalCase, the last in the singular where the plural is a plain one,
 * for the API says `getTodo` and `listTodos`. `my-app-Todos` → `MyAppTodo`.
 */
export function typeNameOf(table: string): string {
  const words = wordsOf(table);
  const joined = words.map(capitalised).join('');
  const name = singular(/^[A-Za-z]/.test(joined) ? joined : `T${joined}`);
  return isReservedType(name) ? `${name}Item` : name;
}

/** `Todos` → `Todo`; what is not sure to be a plural stays. */
function singular(name: string): string {
  if (NO_PLURALS.test(name) || name.length < 4) return name;
  if (/[^aeiou]ies$/.test(name) && !IE_PLURALS.test(name)) return `${name.slice(0, -3)}y`;
  if (/(?:sses|shes|ches|xes)$/.test(name)) return name.slice(0, -2);
  return name.endsWith('s') ? name.slice(0, -1) : name;
}

/** Gives each attribute of one object a field name of its own. */
export interface FieldNames {
  /** The attribute's own name where it can be a field's, else one made of it. */
  nameOf(attribute: string): string;
}

/**
 * @param attributes all of the object's: names that can stand as they are keep theirs, whatever comes first
 * @param isTable filters name the fields of a table type, and have a few names of their own
 */
export function fieldNames(attributes: Iterable<string>, isTable: boolean): FieldNames {
  const names = [...attributes];
  const stands = (name: string) => NAME.test(name) && !(isTable && RESERVED_FIELDS.has(name));
  const taken = new Set(names.filter(stands));
  const given = new Map<string, string>();
  for (const attribute of names) {
    if (stands(attribute)) continue;
    const made = madeName(attribute, isTable);
    const name = freeName(made, taken);
    taken.add(name);
    given.set(attribute, name);
  }
  return { nameOf: (attribute) => given.get(attribute) ?? attribute };
}

/** `name`, or with the first number from 2 that makes it free. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}${number}`)) number++;
  return `${name}${number}`;
}

function madeName(attribute: string, isTable: boolean): string {
  const [first = '', ...rest] = wordsOf(attribute);
  const joined = `${lowered(first)}${rest.map(capitalised).join('')}`;
  if (joined === '') return 'attribute';
  if (!/^[A-Za-z]/.test(joined)) return `attribute${joined}`;
  return isTable && RESERVED_FIELDS.has(joined) ? `${joined}Value` : joined;
}

/** Runs of ASCII letters and digits: nothing else may stand in a name. */
function wordsOf(text: string): readonly string[] {
  return text.match(/[0-9A-Za-z]+/g) ?? [];
}

/** The first letter large, the rest as it was. */
export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** `User` → `user`, `SKU` → `sku`, `userID` as it is. */
function lowered(word: string): string {
  return /^[0-9A-Z]+$/.test(word) ? word.toLowerCase() : word.charAt(0).toLowerCase() + word.slice(1);
}
