import { alternatives } from '../filter/alternatives.ts';
import { parseCanonicalFilter } from '../filter/canonical.ts';
import type { ShapeNames } from '../filter/expression.ts';
import { imageFilterKeys } from '../filter/image-keys.ts';
import { filterKey } from '../filter/keys.ts';
import { chooseShapes } from '../filter/shapes.ts';
import type { RelaySettings } from './context.ts';
import type { TypedChange } from './deliver/intake.ts';
import { triggerImages } from './deliver/judge.ts';
import type { ExplainedSubscription } from './explain-subscription.ts';

/** One filter key that a subscription is kept under, and whether the change looks there. */
export interface LookupExplanation {
  /** Fields whose values make the key; none: everybody looks there. */
  readonly shape: ShapeNames;
  readonly filterKey: string;
  /** The images whose values make the same key; none: the subscription is not found by this one. */
  readonly foundBy: readonly ('new' | 'old')[];
}

/**
 * The filter keys of a subscription, and which of the change's images lead to them. A key only finds: where none leads
 * to it, its equalities fail, and so does the filter. None at all for a filter that nothing can match.
 * @param inUse shapes in use on the field when it subscribed
 */
export function explainLookups(
  { settings }: { readonly settings: Pick<RelaySettings, 'maxKeysPerSubscription'> },
  typed: TypedChange,
  { field, candidate }: ExplainedSubscription,
  inUse: readonly ShapeNames[],
): LookupExplanation[] {
  const expression = parseCanonicalFilter(candidate.filter);
  if (!expression) return [];
  const images = triggerImages(field, typed);
  const chosen = chooseShapes(alternatives(expression, { max: settings.maxKeysPerSubscription }), inUse);
  return chosen.map(({ names, equalities }) => {
    const key = filterKey(field.name, equalities);
    const foundBy = images
      .filter(({ image }) => {
        const { known, guessed } = imageFilterKeys(field.name, names, image, typed.type);
        return known.includes(key) || guessed.includes(key);
      })
      .map(({ side }) => side);
    return { shape: names, filterKey: key, foundBy };
  });
}
