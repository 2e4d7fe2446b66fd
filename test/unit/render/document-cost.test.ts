import { describe, expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { documentCost } from '../../../src/render/document-cost.ts';

const costOf = (text: string) => documentCost(parse(text));

describe('the cost of a document', () => {
  test('is that of its fragments inlined', () => {
    expect(costOf('{ a { b { c } x: d @skip(if: true) } }')).toEqual({
      depth: 3,
      nodes: 4,
      aliases: 1,
      directives: 1,
      introspects: false,
      objects: 2,
    });
    const fragments = `fragment F on T @f { x: b { c } y: c @skip(if: true) }`;
    expect(costOf(`{ a { ...F @g ...F } ... on T @h { d } } ${fragments}`)).toEqual({
      depth: 3,
      nodes: 11,
      aliases: 4,
      directives: 6,
      introspects: false,
      objects: 2,
    });
  });

  test('counts the directives of an operation and of its variables', () => {
    expect(costOf('query ($a: Int @x, $b: Int @y @z) @w { a }').directives).toBe(4);
  });

  test('is the most of any operation, not their sum, and of a fragment that nobody spreads', () => {
    expect(costOf('query A { x: a } query B { x: a y: a { b } }')).toMatchObject({
      aliases: 2,
      depth: 2,
      nodes: 3,
    });
    expect(costOf('{ a } fragment F on T { x: a { b { c } } }')).toMatchObject({
      aliases: 1,
      nodes: 3,
      depth: 1,
    });
  });

  test('has one level for introspection, however deep that is, and for what stands beside it its own', () => {
    expect(costOf('{ __schema { types { fields { name } } } }')).toMatchObject({
      depth: 1,
      introspects: true,
    });
    expect(costOf('{ ...F } fragment F on Query { __type(name: "T") { name { a } } a { b } }')).toMatchObject(
      {
        depth: 2,
        introspects: true,
      },
    );
    expect(costOf('{ a: __typename }').introspects).toBe(false);
    // Where no schema has it, as long as nothing has validated that.
    for (const text of [
      '{ a { b: __schema { c } } }',
      'mutation { a { ... on T { ...F } } } fragment F on T { __type }',
    ])
      expect(costOf(text).introspects).toBe(true);
  });

  test('takes the work of reading the text, where inlining would take all there is', () => {
    const doubling = Array.from(
      { length: 100 },
      (_, n) => `fragment F${n} on T { ...F${n + 1} ...F${n + 1} }`,
    );
    let read = 0;
    const document = parse(`{ ...F0 } ${doubling.join(' ')} fragment F100 on T { a: b }`);
    const { aliases, nodes } = documentCost(document, () => {
      read += 1;
    });
    expect(read).toBe(202);
    expect(aliases).toBe(2 ** 100);
    expect(nodes).toBeGreaterThan(2 ** 100);
  });

  test('counts fields with selections as often as they are written, whatever spreads them', () => {
    expect(
      costOf('{ a { b { c } ...F ...F } } fragment F on T { d { e } } query B { f { g } }').objects,
    ).toBe(4);
  });

  test('counts each fragment of a name that several have', () => {
    const many = 'x: a { b } '.repeat(30);
    for (const text of [
      `{ a } fragment F on T { ${many} } fragment F on T { a }`,
      `{ a } fragment F on T { a } fragment F on T { ${many} }`,
    ])
      expect(costOf(text)).toMatchObject({ aliases: 30, nodes: 60, objects: 30 });
  });

  test('ends where fragments spread themselves, or are not there', () => {
    const all = Array.from({ length: 20 }, (_, n) => `...F${n}`).join(' ');
    const circle = Array.from({ length: 20 }, (_, n) => `fragment F${n} on T { ${all} }`).join(' ');
    expect(Number.isFinite(costOf(`{ ...F0 ...Missing } ${circle}`).nodes)).toBe(true);
    expect(costOf('{ ...toString ...constructor }')).toMatchObject({ nodes: 2 });
  });
});
