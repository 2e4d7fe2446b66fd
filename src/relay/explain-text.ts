import type { Change } from '../change/change.ts';
import type { EntityCondition, SubscriptionEvent, SubscriptionField } from '../schema/model.ts';
import type { RelaySettings } from './context.ts';
import type { Explanation } from './explain-result.ts';

/** What an explanation is about, for the words. */
export interface ExplainedThings {
  readonly change: Change;
  readonly field: SubscriptionField;
  readonly settings: Pick<RelaySettings, 'streamGranularityMs' | 'clockSkewMs' | 'maxFrameBytes'>;
}

/** The reason in a sentence or two: names of fields, tables and events, never values. */
export function reasonText(
  explanation: Omit<Explanation, 'text'> & { readonly text?: string },
  { change, field, settings }: ExplainedThings,
): string {
  const { type } = field;
  switch (explanation.reason) {
    case 'delivered':
      return deliveredText(explanation);
    case 'too-large':
      return `Delivered as PAYLOAD_TOO_LARGE: the frame is larger than the ${settings.maxFrameBytes} bytes that can be sent, so the subscriber gets the key of the item instead.`;
    case 'unknown-table':
      return `Not delivered: the schema has no type of table ${change.table}.`;
    case 'other-table':
      return `Not delivered: ${field.name} is about ${type.name} in table ${type.table}, and the change is of table ${change.table}.`;
    case 'other-entity':
      return `Not delivered: neither image is a ${type.name}, for which ${type.where ? whereText(type.where) : 'its table'} is asked.`;
    case 'no-change':
      return 'Not delivered: both images are the same, and DynamoDB writes no stream record for a write that changes nothing.';
    case 'event':
      return `Not delivered: ${field.name} is fired by ${eventsText(field)}, and this is ${eventText(explanation, change, field)}.`;
    case 'older':
      return `Not delivered: the change is older than the subscription, by more than the ${settings.streamGranularityMs} ms that its time is coarse by and the ${settings.clockSkewMs} ms allowed between clocks.`;
    case 'own':
      return `Not delivered: the subscriber made the change itself (${type.writer?.name ?? 'its writer'}), and asked not to be told of its own.`;
    case 'filter':
      return filterText(explanation);
    case 'later':
      return 'Not delivered: the subscription began when the relay was done with the change.';
    case 'expired':
      return 'Not delivered: its connection or its credential had expired before the change came.';
    case 'unusable':
      return `Not delivered: the subscription no longer fits the schema and is ended with SCHEMA_CHANGED (${explanation.text ?? 'its filter'}).`;
    default:
      return explanation.reason satisfies never;
  }
}

function deliveredText({ kind = 'item', payload, images, lookups }: Omit<Explanation, 'text'>): string {
  const what = kind === 'item' ? 'the filter holds for the item' : KIND_TEXT[kind];
  const parts = [`Delivered${kind === 'item' || kind === 'newcomer' ? '' : ` as ${kind}`}: ${what}.`];
  const isFound = lookups.some(({ foundBy }) => foundBy.length > 0);
  if (images.length > 0 && !isFound)
    parts.push('But no filter key finds it: that is a fault of the relay, please report it.');
  if (payload?.isResolved) parts.push('Resolvers answer part of the selection; they are not run here.');
  const errors = payload?.errors.length ?? 0;
  if (errors > 0) parts.push(`The payload has ${errors === 1 ? 'an error' : `${errors} errors`} in it.`);
  return parts.join(' ');
}

const KIND_TEXT = {
  newcomer:
    'the filter holds for the new image, and did not hold before, so that nothing is told of what changed',
  ENTER: 'the filter holds for the new image, and did not hold before',
  UPDATE: 'the filter holds for both images',
  LEAVE: 'the filter held for the old image, and holds no longer',
} as const;

function filterText({ images, lookups }: Omit<Explanation, 'text'>): string {
  const failing = images.map(({ side, because }) => {
    const conditions = because.map(({ field, operator, holds }) =>
      holds ? `not ${field} ${operator}` : `${field} ${operator}`,
    );
    const names = [...new Set(conditions)].join(', ') || 'a part of it that nothing can match';
    return `on the ${side} image: ${names}`;
  });
  const isFound = lookups.some(({ foundBy }) => foundBy.length > 0);
  const how = isFound ? 'it was found by its filter key, and then' : 'no filter key leads to it;';
  return `Not delivered: ${how} its filter fails ${failing.join('; ')}.`;
}

const EVENT_NAMES: Readonly<Record<SubscriptionEvent, string>> = {
  create: 'INSERT',
  update: 'MODIFY',
  delete: 'REMOVE',
  change: 'every change',
};

function eventsText({ events }: SubscriptionField): string {
  return [...events].map((event) => EVENT_NAMES[event]).join(' and ');
}

function eventText(
  { seenAs }: Pick<Explanation, 'seenAs'>,
  { eventName }: Change,
  { type }: SubscriptionField,
): string {
  return seenAs && type.where
    ? `${seenAs} to ${type.name} (DynamoDB says ${eventName}; only one image has ${whereText(type.where)})`
    : eventName;
}

/** The condition of the schema itself, which its author wrote. */
function whereText(where: EntityCondition): string {
  return 'equals' in where
    ? `${where.attribute} = ${JSON.stringify(where.equals)}`
    : `${where.attribute} beginning with ${JSON.stringify(where.beginsWith)}`;
}
