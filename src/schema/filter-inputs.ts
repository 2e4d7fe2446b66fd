import type { StoredField, StoredType } from './stored-types.ts';

/** A generated definition. */
export interface Generated {
  readonly name: string;
  readonly sdl: string;
  /** What it was generated for, in words. */
  readonly origin: string;
  /** Name of the type it was generated for, where that may be one of the user's. */
  readonly owner?: string;
  /** True where the user's own may say otherwise what can be null, and add fields marked `@resolved`. */
  readonly nullable?: true;
}

/** The argument of a subscription or a list that takes a filter input. */
export const FILTER_ARGUMENT = 'filter';

const EQUALITY = ['ne', 'eq'];
const ORDER = [...EQUALITY, 'le', 'lt', 'ge', 'gt'];
const MEMBERSHIP = ['contains', 'notContains'];

/** Operands are the type itself, but for these. */
const OPERAND = new Map([
  ['between', (type: string) => `[${type}]`],
  ['in', (type: string) => `[${type}]`],
  ['attributeExists', () => 'Boolean'],
]);

const TEXT_OPERATORS = [...ORDER, ...MEMBERSHIP, 'between', 'beginsWith', 'in', 'attributeExists'];
const NUMBER_OPERATORS = [...ORDER, ...MEMBERSHIP, 'between', 'in', 'attributeExists'];
const EQUALITY_OPERATORS = [...EQUALITY, 'in', 'attributeExists'];
const LIST_OPERATORS = [...MEMBERSHIP, 'attributeExists'];

/** The operator inputs AppSync writes into every schema it makes of a table, in AppSync's order of operators. */
const APPSYNC_INPUTS: readonly Generated[] = [
  operatorInput('String', TEXT_OPERATORS),
  operatorInput('ID', TEXT_OPERATORS),
  operatorInput('Int', NUMBER_OPERATORS),
  operatorInput('Float', NUMBER_OPERATORS),
  operatorInput('Boolean', EQUALITY_OPERATORS),
];

/** Name of the filter input of a table type. */
export function filterInputName(typeName: string): string {
  return `Table${typeName}FilterInput`;
}

/** True for the name of one of the five operator inputs that AppSync has too. */
export function isAppSyncInput(name: string): boolean {
  return APPSYNC_INPUTS.some((input) => input.name === name);
}

/** Filter inputs of table types and published ones, and the operator inputs their fields need. */
export function filterInputs(types: readonly StoredType[]): readonly Generated[] {
  const filters: Generated[] = [];
  const operators = [...APPSYNC_INPUTS];
  for (const type of types) {
    const fields: string[] = [];
    for (const field of type.fields.values()) {
      const operator = fieldOperators(field);
      if (!operator) continue;
      fields.push(`${field.name}: ${operator.name}`);
      if (!operators.some((known) => known.sdl === operator.sdl)) operators.push(operator);
    }
    filters.push(filterInput(type.name, fields));
  }
  return [...filters, ...operators];
}

function filterInput(typeName: string, fields: readonly string[]): Generated {
  const name = filterInputName(typeName);
  const combined = [`and: [${name}!]`, `or: [${name}!]`, `not: ${name}`];
  return {
    name,
    origin: `the type ${typeName}`,
    owner: typeName,
    sdl: `
"""Which ${typeName} items: all that is said must hold. An empty list in \`or\` matches none."""
${input(name, [...fields, ...combined])}`,
  };
}

/** Operators of one field; `undefined` for nested objects and lists of lists, which no filter reaches into. */
function fieldOperators(field: StoredField): Generated | undefined {
  if (field.kind === 'Object' || field.listDepth > 1) return undefined;
  if (field.kind === 'JSON') return operatorInput('AWSJSON', ['attributeExists']);
  const operand = field.kind === 'String' ? 'String' : field.typeName;
  if (field.listDepth === 1) return operatorInput(operand, LIST_OPERATORS, 'List');
  switch (field.kind) {
    case 'ID':
    case 'String':
      return operatorInput(operand, TEXT_OPERATORS);
    case 'Int':
    case 'Float':
    case 'Decimal':
      return operatorInput(operand, NUMBER_OPERATORS);
    case 'Boolean':
    case 'Enum':
      return operatorInput(operand, EQUALITY_OPERATORS);
    default:
      return field.kind satisfies never;
  }
}

function operatorInput(operand: string, operators: readonly string[], suffix = ''): Generated {
  const name = `Table${operand}${suffix}FilterInput`;
  const fields = operators.map((operator) => `${operator}: ${OPERAND.get(operator)?.(operand) ?? operand}`);
  const origin = `fields of type ${suffix ? `[${operand}]` : operand}`;
  return { name, origin, owner: operand, sdl: input(name, fields) };
}

function input(name: string, fields: readonly string[]): string {
  return `input ${name} {\n  ${fields.join('\n  ')}\n}`;
}
