import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';

/** A row as the document client takes and gives it. */
export type TableRow = Record<string, unknown>;

/** What the expressions of one request may refer to. DynamoDB refuses names and values that none of them uses. */
export interface ExpressionInput {
  readonly names: Readonly<Record<string, string>> | undefined;
  readonly values: Readonly<Record<string, unknown>> | undefined;
}

/** What DynamoDB refuses before it looks at any row. */
export function invalid(message: string): DynamoDBServiceException {
  return new DynamoDBServiceException({
    name: 'ValidationException',
    $fault: 'client',
    message,
    $metadata: {},
  });
}

/** Reads its value from a row; `constant` if the value came with the request. */
interface Operand {
  (row: TableRow): unknown;
  readonly constant?: unknown;
}
type Test = (row: TableRow) => boolean;

const TOKEN = /\s*(#\w+|:\w+|\w+|<>|<=|>=|[=<>(),+])/y;

const COMPARISONS = new Map<string, (order: number) => boolean>([
  ['<', (order) => order < 0],
  ['<=', (order) => order <= 0],
  ['>', (order) => order > 0],
  ['>=', (order) => order >= 0],
]);

/**
 * The part of DynamoDB's expression language that the relay table needs: top-level attributes; `=` `<>` `<` `<=` `>`
 * `>=`, `AND` `OR` `NOT`, `attribute_exists`, `attribute_not_exists`, `begins_with`; `SET` with `if_not_exists` and `+`, then
 * `REMOVE`.
 * Anything else throws.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
export function createExpressions({ names, values }: ExpressionInput) {
  const used = new Set<string>();

  const attribute = (token: string): string => {
    if (!token.startsWith('#')) return token;
    used.add(token);
    const name = names?.[token];
    if (name === undefined) throw invalid(`expected ${token} in ExpressionAttributeNames`);
    return name;
  };
  const operandValue = (token: string): unknown => {
    used.add(token);
    if (values === undefined || !(token in values)) {
      throw invalid(`expected ${token} in ExpressionAttributeValues`);
    }
    return values[token];
  };

  const reader = (text: string) => {
    const tokens: string[] = [];
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) tokens.push(match[1] ?? '');
    if (tokens.join('') !== text.replace(/\s+/g, '')) throw invalid(`expected an expression, got ${text}`);
    let at = 0;
    const peek = () => tokens[at]?.toUpperCase();
    const next = () => tokens[at++] ?? '';
    const expect = (token: string) => {
      const came = next();
      if (came.toUpperCase() !== token)
        throw invalid(`expected ${token} in ${text}, got ${came || 'its end'}`);
    };
    const end = () => {
      if (at < tokens.length) throw invalid(`expected the end of ${text}, got ${tokens[at]}`);
    };
    const operand = (): Operand => {
      const token = next();
      if (token === 'if_not_exists') {
        expect('(');
        const name = attribute(next());
        expect(',');
        const otherwise = operand();
        expect(')');
        return (row) => row[name] ?? otherwise(row);
      }
      if (token.startsWith(':')) {
        const value = operandValue(token);
        return Object.assign(() => value, { constant: value });
      }
      const name = attribute(token);
      return (row) => row[name];
    };
    const primary = (): Test => {
      switch (peek()) {
        case 'NOT': {
          next();
          const test = primary();
          return (row) => !test(row);
        }
        case '(': {
          next();
          const test = or();
          expect(')');
          return test;
        }
        case 'ATTRIBUTE_EXISTS':
        case 'ATTRIBUTE_NOT_EXISTS': {
          const wanted = next().toLowerCase() === 'attribute_exists';
          expect('(');
          const name = attribute(next());
          expect(')');
          return (row) => (row[name] !== undefined) === wanted;
        }
        case 'BEGINS_WITH': {
          next();
          expect('(');
          const text = operand();
          expect(',');
          const prefix = operand();
          expect(')');
          return (row) => String(text(row) ?? '').startsWith(String(prefix(row)));
        }
        default:
          return comparison();
      }
    };
    const comparison = (): Test => {
      const left = operand();
      const sign = next();
      const right = operand();
      if (sign === '=') return (row) => equal(left(row), right(row));
      if (sign === '<>') return (row) => !equal(left(row), right(row));
      const holds = COMPARISONS.get(sign);
      for (const { constant } of [left, right]) {
        if (constant === undefined || typeof constant === 'string' || typeof constant === 'number') continue;
        throw invalid(`expected text or a number beside ${sign}, got ${typeof constant}`);
      }
      if (!holds) throw invalid(`expected a comparison in ${text}, got ${sign || 'its end'}`);
      return (row) => {
        const order = compare(left(row), right(row));
        return order !== undefined && holds(order);
      };
    };
    const and = (): Test => joined(primary, 'AND', (a, b) => (row) => a(row) && b(row));
    const or = (): Test => joined(and, 'OR', (a, b) => (row) => a(row) || b(row));
    const joined = (part: () => Test, word: string, join: (a: Test, b: Test) => Test): Test => {
      let test = part();
      while (peek() === word) {
        next();
        test = join(test, part());
      }
      return test;
    };
    return { or, operand, expect, next, peek, end };
  };

  return {
    /** A condition, key condition or filter. Without text it always holds. */
    condition(text: string | undefined): Test {
      if (text === undefined) return () => true;
      const read = reader(text);
      const test = read.or();
      read.end();
      return test;
    },
    /** `SET a = …, b = … + …`, `REMOVE c, d`, or both: every operand is read from the row as it was. */
    update(text: string): (row: TableRow) => TableRow {
      const read = reader(text);
      const changes: { readonly name: string; readonly operand: Operand }[] = [];
      const removed: string[] = [];
      if (read.peek() !== 'REMOVE') {
        read.expect('SET');
        do {
          if (changes.length > 0) read.expect(',');
          const name = attribute(read.next());
          read.expect('=');
          changes.push({ name, operand: sumOf(read) });
        } while (read.peek() === ',');
      }
      if (read.peek() === 'REMOVE') {
        do {
          read.next();
          removed.push(attribute(read.next()));
        } while (read.peek() === ',');
      }
      read.end();
      return (row) => {
        const values = changes.map(({ name, operand }) => [name, operand(row)] as const);
        for (const [, value] of values) {
          if (value === undefined)
            throw invalid('The provided expression refers to an attribute that does not exist');
        }
        const changed = { ...row, ...Object.fromEntries(values) };
        return Object.fromEntries(Object.entries(changed).filter(([name]) => !removed.includes(name)));
      };
    },
    /** Top-level attribute names, parted by commas. */
    projection(text: string | undefined): ((row: TableRow) => TableRow) | undefined {
      if (text === undefined) return undefined;
      const wanted = new Set(text.split(',').map((token) => attribute(token.trim())));
      return (row) => Object.fromEntries(Object.entries(row).filter(([name]) => wanted.has(name)));
    },
    /** Names and values given but not used: a ValidationException on DynamoDB. */
    unused(): string[] {
      return [...Object.keys(names ?? {}), ...Object.keys(values ?? {})].filter((token) => !used.has(token));
    },
  };
}

/** One operand of SET, or two with a `+` between. */
function sumOf(read: { operand(): Operand; peek(): string | undefined; next(): string }): Operand {
  const left = read.operand();
  if (read.peek() !== '+') return left;
  read.next();
  const right = read.operand();
  return (row) => {
    const [a, b] = [left(row), right(row)];
    if (a === undefined || b === undefined) return undefined;
    if (typeof a !== 'number' || typeof b !== 'number')
      throw invalid('An operand in the update expression has an incorrect data type');
    return a + b;
  };
}

/** Text by its UTF-8 bytes, numbers by value; values of different types (or a missing one) have no order. */
function compare(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return undefined;
}

/** A missing attribute equals nothing. */
function equal(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
