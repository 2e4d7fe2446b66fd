import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Attribute } from '../../../../src/change/change.ts';
import { imageOf, key, sdlOf } from './sampling.ts';

const page = readFileSync(new URL('../../../../docs/import.md', import.meta.url), 'utf8');

const order = (index: number): Readonly<Record<string, Attribute>> => ({
  shop: { S: `S${index % 3}` },
  number: { N: String(index) },
  'placed-at': { S: `2026-03-${10 + (index % 20)}T08:00:00Z` },
  total: { N: `${index}.95` },
  account: { N: '12345678901234567890' },
  paid: { BOOL: true },
  tags: { SS: ['new'] },
  address: { M: imageOf({ street: { S: 'Ring 1' }, zip: { S: '8010' } }) },
  ...(index < 2 && { not: { S: 'fragile' } }),
  ...(index % 2 === 0 && { extra: { L: [{ S: 'a' }, { N: '1' }] } }),
});

test('docs/import.md shows what the command prints', () => {
  const printed = sdlOf(
    Array.from({ length: 1_000 }, (_, index) => order(index)),
    {
      table: 'my-shop-Orders',
      partitionKey: key('shop'),
      sortKey: key('number', 'N'),
      whole: false,
    },
  );
  const [, example] = /```graphql\n(# Table [\s\S]*?)```/.exec(page) ?? [];
  expect(example).toBe(printed);
});

test('docs/import.md shows the comment on several kinds of item in one table', () => {
  const printed = sdlOf(
    Array.from({ length: 1_000 }, (_, index) => ({
      pk: { S: `a${index}` },
      sk: { S: index < 600 ? `USER#${index}` : `ORDER#${index}` },
    })),
    { table: 'App', partitionKey: key('pk'), sortKey: key('sk') },
  );
  const [, example] = /```graphql\n(# The keys [\s\S]*?)```/.exec(page) ?? [];
  expect(example).not.toBeUndefined();
  expect(printed).toContain(example ?? '');
});
