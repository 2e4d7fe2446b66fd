import type { DeliveryContext } from '../context.ts';
import type { Registry } from '../ports.ts';

/** What finding the subscribers of a change needs. */
export interface MatchContext
  extends Pick<DeliveryContext, 'model' | 'settings' | 'metrics' | 'logger' | 'keySchemes'> {
  readonly registry: Pick<Registry, 'shapes' | 'candidates'>;
}
