import fc from 'fast-check';
import type { Attribute, Image } from '../../../src/change/change.ts';
import { canonicalFilter, parseCanonicalFilter } from '../../../src/filter/canonical.ts';
import { compareCodePoints } from '../../../src/filter/codepoint.ts';
import { compareDecimals, normaliseDecimal } from '../../../src/filter/decimal.ts';
import type { Condition, Expression, Operator, Value } from '../../../src/filter/expression.ts';
import { takesOperator } from '../../../src/filter/operators.ts';
import { comparisonOf } from '../../../src/filter/value.ts';
import type { FieldModel, TableType } from '../../../src/schema/model.ts';
import { image } from './todo.ts';

/** Few and short, so that operands and items meet; both sides of the surrogates, empty, and texts of numbers. */
const text = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'b', 'できる', '\uFF5A', '😀', 'a😀', 'é', 'e\u0301', '5', '-0.5', 'YQ=='),
  fc.string({ unit: fc.constantFrom('a', 'b', '\uFFFD', '😀', '\u{10FFFF}'), maxLength: 3 }),
);

const BIG = '12345678901234567890123456789012345678';
const number = fc.oneof(
  fc.constantFrom(
    '0',
    '5',
    '-5',
    '10',
    '9',
    '0.5',
    '-0.5',
    BIG,
    `0.${BIG}`,
    `-${BIG}`,
    `${BIG.slice(0, -1)}9`,
  ),
  fc.constantFrom(canonical('1e-130'), canonical('9.9e125'), canonical('-1e-130')),
  fc.integer({ min: -12, max: 12 }).map((tenths) => canonical(`${tenths}e-1`)),
);

function canonical(number: string): string {
  const text = normaliseDecimal(number);
  if (text === undefined) throw new Error(`expected a DynamoDB number, came ${number}`);
  return text;
}

/** The same number as someone else may have written it. */
const respelt = number.chain((plain) =>
  fc.constantFrom(
    plain,
    plain.includes('.') ? `${plain}0` : `${plain}.0`,
    plain === '0' ? '-0' : `${plain}e0`,
  ),
);

const bytes = fc.constantFrom('YQ==', 'YWI=', '');
const nothing = fc.constant<Attribute>({ NULL: true });

/** Attributes that no text field shows as text: for comparisons with DynamoDB, which reads only S as S. */
const neitherTextNorNumber: fc.Arbitrary<Attribute> = fc.oneof(
  nothing,
  fc.boolean().map((value) => ({ BOOL: value })),
  fc.constant({ M: image([['a', { S: 'a' }]]) }),
);

const ofText: fc.Arbitrary<Attribute> = fc.oneof(
  text.map((value) => ({ S: value })),
  fc.uniqueArray(text, { minLength: 1, maxLength: 3 }).map((value) => ({ SS: value })),
  list(
    fc.oneof(
      text.map((value) => ({ S: value })),
      neitherTextNorNumber,
    ),
  ),
);

const ofNumber: fc.Arbitrary<Attribute> = fc.oneof(
  respelt.map((value) => ({ N: value })),
  fc.uniqueArray(number, { minLength: 1, maxLength: 3 }).map((value) => ({ NS: value })),
  list(respelt.map((value) => ({ N: value }))),
);

const ofBytes: fc.Arbitrary<Attribute> = fc.oneof(
  bytes.map((value) => ({ B: value })),
  fc.uniqueArray(bytes, { minLength: 1 }).map((value) => ({ BS: value })),
  list(bytes.map((value) => ({ B: value }))),
);

function list(elements: fc.Arbitrary<Attribute>): fc.Arbitrary<Attribute> {
  return fc.array(elements, { maxLength: 3 }).map((value) => ({ L: value }));
}

export interface ImageOptions {
  /** Leaves out N and B under text fields: DynamoDB calls them wrong-typed where the API shows text. */
  readonly asDynamoDBSees?: boolean;
  /** Field names that get no attribute. */
  readonly without?: ReadonlySet<string>;
}

/** Items of a type: attributes right, wrong-typed, NULL or missing, and one that the type does not know. */
export function images(type: TableType, options: ImageOptions = {}): fc.Arbitrary<Image> {
  const attributes = [...type.fields.values()]
    .filter(({ name }) => !options.without?.has(name))
    .map((field) =>
      fc
        .option(attributeFor(field, options.asDynamoDBSees === true), { freq: 4, nil: undefined })
        .map((value) => [field.attribute, value] as const),
    );
  return fc
    .tuple(...attributes)
    .map((entries) =>
      image([
        ...entries.flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
        ['other', { S: 'a' }],
      ]),
    );
}

function attributeFor(field: FieldModel, asDynamoDBSees: boolean): fc.Arbitrary<Attribute> {
  const any = fc.oneof(neitherTextNorNumber, ofText, ofNumber, ofBytes);
  switch (comparisonOf(field.kind)) {
    case 'text':
      return asDynamoDBSees
        ? fc.oneof({ weight: 4, arbitrary: ofText }, neitherTextNorNumber)
        : fc.oneof({ weight: 3, arbitrary: ofText }, any);
    case 'number':
      return fc.oneof({ weight: 3, arbitrary: ofNumber }, any);
    case 'boolean':
      return fc.oneof({ weight: 3, arbitrary: neitherTextNorNumber }, any);
    default:
      return any;
  }
}

/** Filters over a type's fields with every operator each takes, those of rules among them, up to three groups deep. */
export function expressions(
  type: TableType,
  without: ReadonlySet<string> = new Set(),
): fc.Arbitrary<Expression> {
  const fields = [...type.fields.values()].filter(({ name }) => !without.has(name));
  const leaf: fc.Arbitrary<Expression> = fc.constantFrom(...fields).chain((field) => conditions(field));
  const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 3, arbitrary: leaf },
      { weight: 1, arbitrary: tie('expression').map((of) => ({ kind: 'not', of }) as const) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(
            fc.constantFrom('and' as const, 'or' as const),
            fc.array(tie('expression'), { maxLength: 4 }),
          )
          .map(([kind, of]) => ({ kind, of })),
      },
    ),
  }));
  return expression;
}

/** What rules come to: owners and groups of text fields and lists of text, as they are stored or not. */
export function ruleExpressions(
  type: TableType,
  without: ReadonlySet<string> = new Set(),
): fc.Arbitrary<Expression> {
  const fields = [...type.fields.values()].filter(
    ({ name, kind }) => !without.has(name) && comparisonOf(kind) === 'text',
  );
  const leaf = fc.constantFrom(...fields).chain(ruleCondition);
  const any = fc.array(leaf, { minLength: 1, maxLength: 3 }).map((of): Expression => ({ kind: 'or', of }));
  return fc.oneof(
    leaf,
    any,
    fc.array(any, { minLength: 2, maxLength: 2 }).map((of): Expression => ({ kind: 'and', of })),
  );
}

function ruleCondition(field: FieldModel): fc.Arbitrary<Condition> {
  const { name, kind, list } = field;
  const claims = fc.uniqueArray(text, { minLength: 1, maxLength: 4 });
  return fc.tuple(claims, fc.boolean()).map(([values, asList]) => {
    const operator = list || asList ? 'hasElement' : values.length === 1 ? 'eq' : 'in';
    return { kind: 'condition', field: name, fieldKind: kind, operator, values };
  });
}

const OPERATORS: readonly Operator[] = [
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'between',
  'in',
  'contains',
  'notContains',
  'beginsWith',
  'attributeExists',
  'hasElement',
];

/** Conditions on one field, equality the most frequent: that is what makes keys. */
export function conditions(field: FieldModel): fc.Arbitrary<Condition> {
  const operators = OPERATORS.filter((operator) => takesOperator(field, operator));
  const equality = operators.filter((operator) => ['eq', 'in', 'hasElement'].includes(operator));
  return fc.constantFrom(...operators, ...equality, ...equality).chain((operator) =>
    operandsFor(field, operator).map((values) => ({
      kind: 'condition',
      field: field.name,
      fieldKind: field.kind,
      operator,
      values,
    })),
  );
}

function operandsFor(field: FieldModel, operator: Operator): fc.Arbitrary<Value[]> {
  if (operator === 'attributeExists') return fc.boolean().map((exists) => [exists]);
  const value = valueFor(field);
  const nullable = fc.option(value, { freq: 5, nil: null });
  if (operator === 'in') return fc.array(nullable, { maxLength: 5 });
  if (operator === 'hasElement') return fc.array(value, { maxLength: 3 });
  if (operator === 'between') return fc.tuple(value, value).map((bounds) => bounds.sort(orderOf(field)));
  return (operator === 'eq' || operator === 'ne' ? nullable : value).map((operand) => [operand]);
}

function valueFor({ kind }: FieldModel): fc.Arbitrary<Value> {
  switch (comparisonOf(kind)) {
    case 'text':
      return text;
    case 'number':
      return number;
    case 'boolean':
      return fc.boolean();
    default:
      return fc.constant(null);
  }
}

function orderOf({ kind }: FieldModel): (a: Value, b: Value) => number {
  const compare = comparisonOf(kind) === 'text' ? compareCodePoints : compareDecimals;
  return (a, b) => compare(String(a), String(b));
}

/** Another way of writing the same filter: operands shuffled, repeated, nested, negated twice. */
export function rewritten(expression: Expression): fc.Arbitrary<Expression> {
  const same = rewrittenNode(expression);
  return fc.oneof(
    { weight: 4, arbitrary: same },
    same.map((of): Expression => ({ kind: 'not', of: { kind: 'not', of } })),
    fc
      .constantFrom('and' as const, 'or' as const)
      .chain((kind) => same.map((of): Expression => ({ kind, of: [of] }))),
  );
}

function rewrittenNode(expression: Expression): fc.Arbitrary<Expression> {
  if (expression.kind === 'condition') {
    if (expression.operator !== 'in' && expression.operator !== 'hasElement') return fc.constant(expression);
    return shuffledWithRepeats(expression.values).map((values) => ({ ...expression, values }));
  }
  if (expression.kind === 'not') return rewritten(expression.of).map((of) => ({ kind: 'not', of }));
  const { kind } = expression;
  return fc
    .tuple(...expression.of.map(rewritten))
    .chain((parts) => shuffledWithRepeats(parts))
    .chain((parts) =>
      fc
        .nat(parts.length)
        .map((at) => ({ kind, of: [...parts.slice(at), { kind, of: parts.slice(0, at) }] })),
    );
}

function shuffledWithRepeats<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc
    .tuple(
      fc.shuffledSubarray([...items], { minLength: items.length }),
      fc.subarray([...items], { maxLength: Math.min(1, items.length) }),
    )
    .map(([shuffled, repeated]) => [...shuffled, ...repeated]);
}

/** What a stored filter comes back as. */
export function stored(expression: Expression): Expression {
  const back = parseCanonicalFilter(canonicalFilter(expression));
  if (!back) throw new Error('expected a canonical text to be read back, came none');
  return back;
}
