import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { accessText, parseAccess } from '../../../src/adapters/dynamodb/access-text.ts';
import { candidateOf, placeRows } from '../../../src/adapters/dynamodb/subscription-rows.ts';
import { filterKey } from '../../../src/filter/keys.ts';
import { subscriptionOf } from '../../contract/registry-samples.ts';

const fields = fc.array(fc.tuple(fc.string(), fc.option(fc.string(), { nil: null })), { minLength: 1 });
const access = fc
  .tuple(fc.string(), fc.boolean(), fc.option(fields, { nil: undefined }))
  .map(([rules, isPartial, withheld]) => ({
    rules,
    ...(isPartial && { isPartial: true as const }),
    ...(withheld && { fields: withheld }),
  }));

describe('what the rules came to, in a row', () => {
  test('any of it is read again as it was', () => {
    fc.assert(
      fc.property(access, (granted) => {
        expect(parseAccess(accessText(granted))).toEqual(granted);
      }),
    );
  });

  test.each([
    'x',
    '{}',
    '[]',
    '["r"]',
    '["r",2]',
    '[1,0]',
    '["r",0,{}]',
    '["r",1,[["a"]]]',
    '["r",1,[["a",1]]]',
    '["r",1,["a"]]',
    'null',
  ])('%s is not taken for it', (text) => {
    expect(parseAccess(text)).toBeUndefined();
  });

  test('C6 a row whose rules cannot be read is served under no rules, and so not at all, but told', () => {
    const sample = subscriptionOf('c1', 's1', {
      options: { access: { rules: 'r', fields: [['Todo.secret', null]] } },
    });
    const placement = { names: [], filterKey: filterKey(sample.field, new Map()), shard: 0, shards: 1 };
    const [row = {}] = placeRows(sample, 'h'.repeat(22), 'n'.repeat(16), [placement], 400);
    expect(candidateOf(row)?.candidate.options).toEqual(sample.options);
    expect(candidateOf({ ...row, g: '["r"]' })?.candidate.options).toEqual({ access: { rules: '' } });
  });
});
