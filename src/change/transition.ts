import type { Change, Image } from './change.ts';

/** What a change does to the set of items that a filter selects. */
export type Transition =
  | { readonly kind: 'ENTER'; readonly item: Image }
  | { readonly kind: 'UPDATE'; readonly item: Image; readonly previous: Image }
  | { readonly kind: 'LEAVE'; readonly previous: Image };

/**
 * Enter, update or leave: the old and the new image match no/yes → ENTER, yes/yes → UPDATE, yes/no → LEAVE, no/no →
 * `undefined`. An image that is not there does not match. A LEAVE carries nothing of the new image, as the subscriber
 * may no longer read it.
 * @param matches the whole predicate of one subscription; called at most once for each image
 */
export function transition(change: Change, matches: (image: Image) => boolean): Transition | undefined {
  const previous = matching(change.oldImage, matches);
  const item = matching(change.newImage, matches);
  if (item) return previous ? { kind: 'UPDATE', item, previous } : { kind: 'ENTER', item };
  return previous && { kind: 'LEAVE', previous };
}

function matching(image: Image | undefined, matches: (image: Image) => boolean): Image | undefined {
  return image && matches(image) ? image : undefined;
}
