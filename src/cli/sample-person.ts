import type { Example } from '../console/page-info.ts';

/** An attribute by which rules know an item's owner. */
export interface Owner {
  /** Table name as the schema writes it. */
  readonly table: string;
  readonly attribute: string;
  readonly list: boolean;
}

/** Who the lines to paste are by, and whom the pages speak as where the API key is let in nowhere. */
export const SAMPLE_PERSON = 'alice';

/** The example, its sample item the person's who makes it. */
export function owned<E extends Example>(example: E, owners: readonly Owner[]): E {
  const { sample } = example;
  if (!sample) return example;
  const own = owners
    .filter(({ table }) => table === sample.table)
    .map(({ attribute, list }) => {
      const person = { S: SAMPLE_PERSON };
      return [attribute, list ? { L: [person] } : person] as const;
    });
  return { ...example, sample: { ...sample, item: { ...sample.item, ...Object.fromEntries(own) } } };
}
