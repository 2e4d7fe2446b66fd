import type { Attribute } from '../change/change.ts';
import type { Explanation } from '../relay/explain.ts';
import type { ExplainedRecord, LiveAnswer, LiveExplanation, RecentQuery } from './explain-live.ts';

/** Longest value shown of an item or a filter; `--json` has them whole. */
const SHOWN = 80;

/** An explanation for a person: the reason, the conditions that decided with their values, the keys, the payload. */
export function explanationText(explanation: Partial<Explanation> & Pick<Explanation, 'text'>): string {
  const { text, images = [], lookups = [], payload } = explanation;
  const lines = [text];
  for (const { side, holds, because } of images) {
    lines.push(`  ${side} image: the filter ${holds ? 'holds' : 'fails'}`);
    for (const { field, operator, operands, holds: own, attribute, stored } of because) {
      const asked = operands.map((operand) => short(JSON.stringify(operand))).join(', ');
      const has = stored ? short(attributeText(stored)) : 'no such attribute';
      const name = attribute === field ? field : `${field} (${attribute})`;
      lines.push(`    ${own ? 'holds' : 'fails'}: ${name} ${operator} ${asked}   stored: ${has}`);
    }
  }
  for (const { shape, foundBy } of lookups) {
    const key = shape.length > 0 ? `filter key of ${shape.join(', ')}` : 'filter key of every subscription';
    const led =
      foundBy.length > 0 ? `found by the ${foundBy.join(' and the ')} image` : 'no image leads to it';
    lines.push(`  ${key}: ${led}`);
  }
  for (const error of payload?.errors ?? []) lines.push(`  error in the payload: ${error}`);
  if (payload?.payload !== undefined) {
    lines.push(`  payload (${payload.frameBytes} bytes with its frame): ${JSON.stringify(payload.payload)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What the local loop answered to a query, a paragraph for each record. */
export function liveText({ kept, subscriptions, records }: LiveAnswer, query: RecentQuery): string {
  const live = subscriptions === 1 ? '1 live subscription' : `${subscriptions} live subscriptions`;
  if (records.length === 0) return `No record yet: nothing was written since the loop began. ${live}.\n`;
  const which = 'event' in query ? 'One' : `The latest ${records.length}`;
  const head = `${which} of ${kept} ${kept === 1 ? 'record' : 'records'}, against ${live}.`;
  return `${[head, ...records.map(recordText)].join('\n\n')}\n`;
}

function recordText(record: ExplainedRecord): string {
  const { eventId, eventName, table, handedOverAt, doneAt, attempts, problem, explanations } = record;
  const lines = [`${eventName} in ${table}   event ${eventId}   handed over ${handedOverAt}`];
  if (problem !== undefined) lines.push(`  Nobody can be sent it: ${problem}`);
  else if (doneAt === undefined) {
    lines.push(
      `  The stream handler is not done with it after ${attempts === 1 ? '1 attempt' : `${attempts} attempts`}.`,
    );
  }
  if (problem === undefined && explanations.length === 0)
    lines.push('  Nobody who is connected now subscribes to its table.');
  for (const each of explanations) lines.push(indented(`${who(each)}\n${explanationText(each)}`));
  return lines.join('\n');
}

function who({ field, connectionId, clientId }: LiveExplanation): string {
  return `${field}   connection ${connectionId}, id ${short(JSON.stringify(clientId))}`;
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line, at) => `${at === 0 ? '  ' : '    '}${line}`)
    .join('\n');
}

function attributeText(attribute: Attribute): string {
  return JSON.stringify(attribute);
}

function short(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
