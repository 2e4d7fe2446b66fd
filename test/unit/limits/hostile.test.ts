import { describe, expect, jest, test } from '@jest/globals';
import { parse } from 'graphql';
import { hostileDocuments } from '../../../scripts/attack/hostile/documents.ts';
import { hostileFilters } from '../../../scripts/attack/hostile/filters.ts';
import { alternatives } from '../../../src/filter/alternatives.ts';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
import { readFilter } from '../../../src/filter/read.ts';
import { byteLength, DEFAULT_LIMITS, LIMITS } from '../../../src/protocol/limits.ts';
import { documentCost } from '../../../src/render/document-cost.ts';
import { readOperation } from '../../../src/render/operation.ts';
import { loadModel } from '../../../src/schema/load.ts';

const model = loadModel(
  `type Todo @table(name: "Todos") { id: ID! title: String! priority: Int size: Int owner: Person }
   type Person { name: String boss: Person }`,
  { file: 'schema.graphql' },
);
const requests = [...hostileDocuments(model, DEFAULT_LIMITS)];
const readings = requests.map((request) => ({ ...request, read: readOperation(model, request) }));

describe('documents made to cost as much as they can', () => {
  test('fit into a frame, and are of many kinds: taken, and refused for every reason there is', () => {
    const codes = new Set<unknown>();
    for (const { read, ...request } of readings) {
      expect(byteLength(JSON.stringify(request))).toBeLessThanOrEqual(DEFAULT_LIMITS.frameBytes);
      codes.add(read.ok ? 'ok' : read.errors[0]?.extensions?.['code']);
    }
    expect(requests.length).toBeGreaterThan(70);
    expect(codes).toEqual(
      new Set([
        'ok',
        'BAD_REQUEST',
        'DOCUMENT_TOO_LARGE',
        'GRAPHQL_PARSE_FAILED',
        'GRAPHQL_VALIDATION_FAILED',
        'OPERATION_NOT_SUPPORTED',
      ]),
    );
  });

  test('are read once each to be counted, and inlined no further than the limits', () => {
    for (const { query, name, read: reading } of readings) {
      if (byteLength(query) > DEFAULT_LIMITS.documentBytes) continue;
      let document: ReturnType<typeof parse>;
      try {
        document = parse(query, { maxTokens: DEFAULT_LIMITS.documentTokens });
      } catch {
        continue;
      }
      let read = 0;
      const { nodes } = documentCost(document, () => {
        read += 1;
      });
      expect({ name, isLinear: read <= DEFAULT_LIMITS.documentTokens }).toEqual({ name, isLinear: true });
      if (reading.ok) expect(nodes).toBeLessThanOrEqual(LIMITS.documentNodes);
    }
  });

  test('are stored as what they come to, and no longer than that', () => {
    for (const { read } of readings) {
      if (read.ok) expect(byteLength(read.operation.document)).toBeLessThan(4 * 1024);
    }
  });
});

describe('filters made to cost as much as they can', () => {
  const field = model.subscriptions.get('onCreateTodo');
  if (!field) throw new Error('expected the field onCreateTodo');
  const filters = [...hostileFilters(field.type, DEFAULT_LIMITS)];

  test('are of both kinds: taken, and refused', () => {
    const taken = filters.filter(({ filter }) => readFilter(field, new Map([['filter', filter]])).ok);
    expect(taken.length).toBeGreaterThan(5);
    expect(filters.length - taken.length).toBeGreaterThan(0);
  });

  test.each(filters)('$name: at most 16 alternatives, and work that does not multiply', ({ filter }) => {
    const reading = readFilter(field, new Map([['filter', filter]]));
    if (!reading.ok) {
      expect(reading.message).toMatch(/expected at most \d+/);
      return;
    }
    // Every alternative that is made, kept or not, is written out once.
    const written = jest.spyOn(JSON, 'stringify');
    try {
      expect(alternatives(reading.expression).length).toBeLessThanOrEqual(16);
      expect(written.mock.calls.length).toBeLessThan(20_000);
      written.mockClear();
      expect(canonicalFilter(reading.expression).length).toBeLessThan(64 * 1024);
      expect(written.mock.calls.length).toBeLessThan(60_000);
    } finally {
      written.mockRestore();
    }
  });
});
