import type { Allowed } from '../../auth/access.ts';
import type { Image } from '../../change/change.ts';
import { compilePredicate } from '../../filter/predicate.ts';
import type { TableType } from '../../schema/model.ts';

/** Tells whether an item is among those allowed; `undefined` for what is no stored item, which is where all are. */
export type ItemTest = (image: Image | undefined) => boolean;

/** What is allowed as a test of images. A rule that does not fit the type lets nobody in. */
export function itemTest(allowed: Allowed, type: TableType): ItemTest {
  if (allowed.kind !== 'some') return () => allowed.kind === 'all';
  const compiled = compilePredicate(allowed.where, type);
  return (image) => image !== undefined && compiled.ok && compiled.test(image);
}
