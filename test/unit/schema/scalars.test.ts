import { describe, expect, test } from '@jest/globals';
import { GraphQLError, parseValue } from 'graphql';
import { CUSTOM_SCALARS } from '../../../src/schema/scalars.ts';

interface Format {
  readonly scalar: string;
  readonly accepted: readonly string[];
  readonly refused: readonly string[];
}

const FORMATS: readonly Format[] = [
  {
    scalar: 'AWSDate',
    accepted: ['2026-08-01', '2024-02-29', '1970-01-01Z', '1970-01-01-07:00', '1970-01-01+05:30:12'],
    refused: [
      '2026-02-29',
      '2026-02-30',
      '2026-13-01',
      '2026-00-10',
      '26-01-01',
      '2026-1-1',
      '2026-01-01T',
      '2026-01-01+24:00',
      '',
    ],
  },
  {
    scalar: 'AWSTime',
    accepted: ['12:30', '12:30:24', '12:00:34.5', '12:00:34.123456789', '12:30:24-07:00', '23:59:59.999Z'],
    refused: ['24:00', '12:60', '12:30:60', '1:30', '12', '12:30:24.', '12:30 Z', '12:30\n'],
  },
  {
    scalar: 'AWSDateTime',
    accepted: [
      '1970-01-01T12:30:00.000Z',
      '1970-01-01T12:00:00-07:00',
      '1970-01-01T12:30+05:30:12',
      '1970-01-01T12:00Z',
    ],
    refused: [
      '1970-01-01T12:30:00.000',
      '1970-01-01 12:30:00Z',
      '1970-02-30T12:30:00Z',
      '1970-01-01',
      '1970-01-01Z',
      'now',
    ],
  },
  {
    scalar: 'AWSEmail',
    accepted: ['user@example.com', "o'neil+tag@mail.example.co.jp", '利用者@例え.jp', 'root@localhost'],
    refused: ['user', '@example.com', 'user@', 'user@example..com', 'user@.com', 'a b@example.com', 'a@b@c'],
  },
  {
    scalar: 'AWSURL',
    accepted: ['https://www.example.com/a?b=c#d', 'mailto:user@example.com', 'http://[::1]:8000/'],
    refused: ['www.example.com', '/path', 'http://', ''],
  },
  {
    scalar: 'AWSPhone',
    accepted: ['+81 3-1234-5678', '555-555-1212', '(555) 555-1212', '110'],
    refused: ['12', '+', 'five', '+1234567890123456', '555--', '5555x'],
  },
  {
    scalar: 'AWSIPAddress',
    accepted: [
      ...['127.0.0.1', '0.0.0.0', '255.255.255.255/32', '10.0.0.0/8'],
      ...[
        '::',
        '::1',
        '2001:db8::ff00:42:8329',
        '1:2:3:4:5:6:7:8',
        '1::8',
        'fe80::/10',
        '::ffff:192.0.2.1',
        '1:2:3:4:5:6:192.0.2.1/128',
      ],
    ],
    refused: [
      ...['256.0.0.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.4/33', '1.2.3.4/', '1.2.3.4/8/8', ''],
      ...[
        '1:2:3:4:5:6:7',
        '1:2:3:4:5:6:7:8:9',
        '1::2::3',
        '1:2:3:4:5:6:7::8',
        ':::',
        ':1',
        '1:',
        'g::',
        '12345::',
        '::/129',
        '1.2.3.4::',
      ],
    ],
  },
  {
    scalar: 'AWSJSON',
    accepted: ['{"a":1}', '[]', 'null', '"text"', '1e400', ' true '],
    refused: ['{a:1}', '', 'undefined', "{'a':1}", '{"a":1}}'],
  },
];

function scalar(name: string) {
  const found = CUSTOM_SCALARS.get(name);
  if (!found) throw new Error(`expected a scalar ${name}`);
  return found;
}

describe.each(FORMATS)('$scalar', ({ scalar: name, accepted, refused }) => {
  test.each(accepted)('takes %j as it is, from a variable and in a document', (text) => {
    expect(scalar(name).parseValue(text)).toBe(text);
    expect(scalar(name).parseLiteral(parseValue(JSON.stringify(text)))).toBe(text);
  });

  test.each(refused)('refuses %j without repeating it', (text) => {
    const parse = () => scalar(name).parseValue(text);
    expect(parse).toThrow(GraphQLError);
    expect(parse).toThrow(new RegExp(`^${name} expected .*, got other text\\.$`));
    expect(() => scalar(name).parseLiteral(parseValue(JSON.stringify(text)))).toThrow(GraphQLError);
  });

  test('refuses what is no text', () => {
    expect(() => scalar(name).parseValue(5)).toThrow(`${name} expected text, got number.`);
    expect(() => scalar(name).parseValue({})).toThrow(`${name} expected text, got object.`);
    expect(() => scalar(name).parseLiteral(parseValue('5'))).toThrow(`${name} expected text, got IntValue.`);
  });
});

describe('Decimal', () => {
  const decimal = scalar('Decimal');
  const digits = '12345678901234567890.123456789012345678';

  test('keeps all 38 digits, as text, as a literal number and as literal text', () => {
    expect(decimal.parseValue(digits)).toBe(digits);
    expect(decimal.parseLiteral(parseValue(digits))).toBe(digits);
    expect(decimal.parseLiteral(parseValue(`"${digits}"`))).toBe(digits);
    expect(decimal.parseLiteral(parseValue(`-${'9'.repeat(38)}`))).toBe(`-${'9'.repeat(38)}`);
  });

  test('writes equal numbers alike', () => {
    for (const text of ['1.50', '15e-1', '+1.5', '01.5']) expect(decimal.parseValue(text)).toBe('1.5');
    expect(decimal.parseLiteral(parseValue('1.5E0'))).toBe('1.5');
    expect(decimal.parseValue(-0)).toBe('0');
    expect(decimal.parseValue(7)).toBe('7');
  });

  test.each(['1'.repeat(39), '1e126', '1e-131', '', ' 1', '1,5', '0x10', 'NaN', 'Infinity'])(
    'refuses %j',
    (text) => {
      expect(() => decimal.parseValue(text)).toThrow(
        /^Decimal expected a number of at most 38 significant digits/,
      );
    },
  );

  test('refuses numbers that were a double on their way here, and what is no number', () => {
    expect(() => decimal.parseValue(0.1)).toThrow('as text, got a number that may have lost digits.');
    expect(() => decimal.parseValue(2 ** 53)).toThrow('as text, got a number that may have lost digits.');
    expect(() => decimal.parseValue(true)).toThrow('as text, got boolean.');
    expect(() => decimal.parseLiteral(parseValue('true'))).toThrow(
      'Decimal expected a number or text, got BooleanValue.',
    );
  });
});

describe('AWSTimestamp', () => {
  const timestamp = scalar('AWSTimestamp');

  test('takes whole seconds beyond 32 bits', () => {
    expect(timestamp.parseValue(4_102_444_800)).toBe(4_102_444_800);
    expect(timestamp.parseLiteral(parseValue('-4102444800'))).toBe(-4_102_444_800);
  });

  test('refuses fractions, text and numbers that are not exact', () => {
    expect(() => timestamp.parseValue(1.5)).toThrow(GraphQLError);
    expect(() => timestamp.parseValue('1')).toThrow(
      'AWSTimestamp expected a whole number of seconds, got string.',
    );
    expect(() => timestamp.parseLiteral(parseValue('9007199254740993'))).toThrow(GraphQLError);
    expect(() => timestamp.parseLiteral(parseValue('1.5'))).toThrow(
      'AWSTimestamp expected a whole number, got FloatValue.',
    );
  });
});

describe('a value on its way out', () => {
  test('is passed as it is, when it is of the type its scalar is written in', () => {
    for (const [name, { serialize }] of CUSTOM_SCALARS) {
      const value = name === 'Decimal' ? '1.5' : name === 'AWSTimestamp' ? 5 : 'as it is';
      expect(serialize(value)).toBe(value);
    }
  });

  test('is refused otherwise', () => {
    for (const [name, { serialize }] of CUSTOM_SCALARS) {
      if (name === 'AWSJSON') continue;
      expect(() => serialize({ secret: 1 })).toThrow(/^(?!.*secret).*expected.*got object/);
    }
    expect(() => scalar('Decimal').serialize('abc')).toThrow(GraphQLError);
    expect(() => scalar('AWSTimestamp').serialize('5')).toThrow(GraphQLError);
  });

  test('is written as JSON where JSON is asked for', () => {
    const { serialize } = scalar('AWSJSON');
    expect(serialize({ a: [1, null] })).toBe('{"a":[1,null]}');
    expect(serialize(5)).toBe('5');
    expect(serialize('{"a":1}')).toBe('{"a":1}');
    expect(() => serialize(Symbol('secret'))).toThrow('AWSJSON expected a value that JSON has, got symbol.');
  });
});
