import type { FieldDefinitionNode } from 'graphql';
import { Kind, print } from 'graphql';
import { appliedDirective, readSubscribeDirective } from './directives.ts';
import { changeTypeName } from './generated-types.ts';
import type { SubscriptionEvent, SubscriptionField } from './model.ts';
import type { Problems } from './problems.ts';
import type { Payload } from './published.ts';
import { unwrap } from './stored-types.ts';
import { readArguments } from './subscription-arguments.ts';
import { writesOf } from './subscription-fields.ts';
import type { TableDraft } from './tables.ts';

/** A subscription field's source, before the schema it belongs to is built. */
export interface SubscriptionDraft {
  readonly name: string;
  /** A table type, or what stands in for one where code feeds the field. */
  readonly type: TableDraft;
  readonly source: SubscriptionField['source'];
  readonly events: ReadonlySet<SubscriptionEvent>;
  /** Argument name → name of the field it is compared with. */
  readonly arguments: ReadonlyMap<string, string>;
}

const EVENTS: readonly SubscriptionEvent[] = ['create', 'update', 'delete'];

/**
 * Reads the source of every subscription field, generated and hand-written alike, from what stands in the schema:
 * its return type, `@aws_subscribe` or `@published`, and its arguments. A field whose source cannot be read is a
 * problem and left out.
 * @param payloads what the `@published` fields deliver, by field name
 */
export function readSubscriptions(
  fields: readonly FieldDefinitionNode[],
  tables: readonly TableDraft[],
  payloads: ReadonlyMap<string, Payload>,
  problems: Problems,
): readonly SubscriptionDraft[] {
  return fields.flatMap((field) => {
    if (!appliedDirective(field, 'published')) return readSubscription(field, tables, problems) ?? [];
    const payload = payloads.get(field.name.value);
    return payload ? publishedSubscription(field, payload, problems) : [];
  });
}

function publishedSubscription(
  node: FieldDefinitionNode,
  { type: stored }: Payload,
  problems: Problems,
): SubscriptionDraft {
  const name = node.name.value;
  checkNullable(node, stored.name, problems);
  const arguments_ = readArguments(node, stored, problems);
  // No field has this name: what is published has no key.
  const type: TableDraft = { ...stored, table: `publish/${name}`, keys: [''] };
  return { name, type, source: 'published', events: new Set(['create']), arguments: arguments_ };
}

/** The root field is null where an error is sent, and is one item. */
function checkNullable(node: FieldDefinitionNode, typeName: string, problems: Problems): void {
  if (node.type.kind === Kind.NAMED_TYPE) return;
  problems.add(
    `subscription ${node.name.value}: expected the nullable type ${typeName}, as an error is sent in its place, got ${print(node.type)}`,
    node.type,
  );
}

function readSubscription(
  node: FieldDefinitionNode,
  tables: readonly TableDraft[],
  problems: Problems,
): SubscriptionDraft | undefined {
  const name = node.name.value;
  const { typeName } = unwrap(node.type);
  const type = tables.find((table) => table.name === typeName || changeTypeName(table.name) === typeName);
  if (!type) {
    const names = tables.map((table) => table.name).join(', ') || 'none is there';
    problems.add(
      `subscription ${name}: expected it to return a type marked @table (${names}), got ${print(node.type)}`,
      node.type,
    );
    return undefined;
  }
  checkNullable(node, typeName, problems);
  const arguments_ = readArguments(node, type, problems);
  const events = readEvents(node, type, typeName !== type.name, problems);
  return events && { name, type, source: 'table', events, arguments: arguments_ };
}

function readEvents(
  node: FieldDefinitionNode,
  type: TableDraft,
  isChange: boolean,
  problems: Problems,
): ReadonlySet<SubscriptionEvent> | undefined {
  const writes = writesOf(type.name);
  const usage = `@aws_subscribe(mutations: [${writes.map((write) => JSON.stringify(write)).join(', ')}])`;
  const name = node.name.value;
  const directive = node.directives?.find((each) => each.name.value === 'aws_subscribe');
  if (!directive) {
    const amount = isChange ? 'all three of them' : 'one or more of them';
    problems.add(`subscription ${name} has no source: expected ${usage} with ${amount}, got none`, node.name);
    return undefined;
  }
  const mutations = readSubscribeDirective(node, problems);
  if (!mutations) return undefined;
  const events = new Set<SubscriptionEvent>();
  for (const mutation of mutations) {
    const event = EVENTS[writes.indexOf(mutation)];
    if (event) events.add(event);
    else {
      problems.add(
        `subscription ${name}: expected its mutations to be among ${writes.join(', ')}, the writes of the type it ` +
          `returns, got ${JSON.stringify(mutation)}`,
        directive,
      );
    }
  }
  if (mutations.length === 0) {
    problems.add(
      `subscription ${name}: expected mutations among ${writes.join(', ')}, got an empty list`,
      directive,
    );
  } else if (isChange && events.size < EVENTS.length && mutations.length === events.size) {
    problems.add(
      `subscription ${name} returns ${changeTypeName(type.name)}; expected all of ${writes.join(', ')}, ` +
        `got ${mutations.join(', ')}`,
      directive,
    );
  }
  return isChange ? new Set<SubscriptionEvent>(['change']) : events;
}
