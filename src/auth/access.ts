import { canonicalFilter } from '../filter/canonical.ts';
import { hasLoneSurrogate } from '../filter/codepoint.ts';
import type { Expression } from '../filter/expression.ts';
import type { AccessOperation, AccessRule, AuthMode, TypeAccess } from '../schema/access.ts';
import type { FieldModel, Model, TableType } from '../schema/model.ts';
import { groupTexts, ownerTexts } from './claim-values.ts';
import type { Identity } from './identity.ts';

/** What the rules of a schema leave to configuration. */
export interface AccessSettings {
  /**
   * Who may use what an AppSync schema leaves unmarked: the modes AppSync calls the default authorisation mode of an API.
   * `TABLECAST_DEFAULT_AUTH`. None: nobody.
   */
  readonly defaultModes: readonly AuthMode[];
}

/** Which items: all, none, or those an expression of positive equalities holds for. */
export type Allowed =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'some'; readonly where: Expression };

export const ALL: Allowed = { kind: 'all' };
export const NONE: Allowed = { kind: 'none' };

/** What the rules are held against. */
export interface Reader {
  readonly identity: Identity;
  readonly settings: AccessSettings;
}

/**
 * What is granted under a type's rules is held against this when it is used: another text as soon as the rules, or what
 * configuration adds to them, let in others.
 */
export function rulesInForce(access: TypeAccess, { defaultModes }: AccessSettings): string {
  return access.usesDefault ? withDefault(access, defaultModes) : access.fingerprint;
}

/** Made once a type and configuration: it is asked for at every match. */
const inForce = new WeakMap<TypeAccess, { readonly modes: readonly AuthMode[]; readonly text: string }>();

function withDefault(access: TypeAccess, modes: readonly AuthMode[]): string {
  const known = inForce.get(access);
  if (known?.modes === modes) return known.text;
  const text = `${access.fingerprint} ${[...new Set(modes)].sort().join()}`;
  inForce.set(access, { modes, text });
  return text;
}

/** The items of a type that somebody may get, list, listen to, create, update or delete. */
export function allowedItems(type: TableType, operation: AccessOperation, reader: Reader): Allowed {
  return type.access ? allowedBy(type.access.rules, type, operation, reader) : ALL;
}

/** The items of which somebody may read or write a stored field; all for a field that has no rules of its own. */
export function allowedField(
  type: TableType,
  field: string,
  operation: AccessOperation,
  reader: Reader,
): Allowed {
  const rules = type.access?.fields.get(field);
  return rules ? allowedBy(rules, type, operation, reader) : ALL;
}

/**
 * The fields by which owner rules let somebody in, in the order of the rules, each with the text to be written into it:
 * what an item is given whose creator leaves them out.
 */
export function ownerFields(
  type: TableType,
  operation: AccessOperation,
  { identity, settings }: Reader,
): readonly (readonly [field: FieldModel, text: string])[] {
  return (type.access?.rules ?? []).flatMap((rule) => {
    if (rule.kind !== 'owner' || !rule.operations.has(operation) || !concerns(rule, identity, settings))
      return [];
    const field = type.fields.get(rule.field);
    const text = ownerTexts(identity.claims, rule.claim).find(canBeStored);
    return field && text !== undefined ? [[field, text] as const] : [];
  });
}

/** Whether static rules (`anyone`, `groups`) let somebody in; those that look at an item do not. */
export function isAllowed(
  rules: readonly AccessRule[],
  operation: AccessOperation,
  { identity, settings }: Reader,
): boolean {
  return rules.some(
    (rule) =>
      rule.operations.has(operation) && concerns(rule, identity, settings) && isStaticallyMet(rule, identity),
  );
}

/**
 * The items somebody may read in an operation that also compares `fields`: who could compare a field they may not read
 * could find out what is in it, so that its rules narrow the items as the type's do.
 */
export function allowedFilter(
  type: TableType,
  operation: AccessOperation,
  reader: Reader,
  fields: Iterable<string>,
): Allowed {
  let allowed = allowedItems(type, operation, reader);
  for (const field of fields) allowed = both(allowed, allowedField(type, field, operation, reader));
  return allowed;
}

/** Names of the fields an expression compares. */
export function fieldsOf(expression: Expression, into = new Set<string>()): ReadonlySet<string> {
  if (expression.kind === 'condition') into.add(expression.field);
  else if (expression.kind === 'not') fieldsOf(expression.of, into);
  else for (const part of expression.of) fieldsOf(part, into);
  return into;
}

/**
 * The fields somebody may not read of every item, as `Type.field`, sorted: with the canonical filter of the items of
 * which they may, or null. Of the type itself and of all object types that are no items.
 */
export function withheldFields(
  model: Model,
  type: TableType,
  operation: AccessOperation,
  reader: Reader,
): readonly (readonly [field: string, where: string | null])[] {
  const withheld: (readonly [string, string | null])[] = [];
  for (const field of type.access?.fields.keys() ?? []) {
    const allowed = allowedField(type, field, operation, reader);
    if (allowed.kind !== 'all') {
      withheld.push([
        `${type.name}.${field}`,
        allowed.kind === 'some' ? canonicalFilter(allowed.where) : null,
      ]);
    }
  }
  const roots = rootNames(model);
  for (const [path, rules] of model.access?.fields ?? []) {
    const isRoot = roots.has(path.slice(0, path.indexOf('.')));
    if (!isRoot && !isAllowed(rules, operation, reader)) withheld.push([path, null]);
  }
  return withheld.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Both at once. */
export function both(a: Allowed, b: Allowed): Allowed {
  if (a.kind === 'none' || b.kind === 'none') return NONE;
  if (a.kind === 'all') return b;
  if (b.kind === 'all') return a;
  return { kind: 'some', where: { kind: 'and', of: [a.where, b.where] } };
}

function rootNames({ schema }: Model): ReadonlySet<string | undefined> {
  return new Set([
    schema.getQueryType()?.name,
    schema.getMutationType()?.name,
    schema.getSubscriptionType()?.name,
  ]);
}

function allowedBy(
  rules: readonly AccessRule[],
  type: TableType,
  operation: AccessOperation,
  { identity, settings }: Reader,
): Allowed {
  const conditions: Expression[] = [];
  for (const rule of rules) {
    if (!rule.operations.has(operation) || !concerns(rule, identity, settings)) continue;
    if (isStaticallyMet(rule, identity)) return ALL;
    const condition = conditionOf(rule, type, identity);
    if (condition) conditions.push(condition);
  }
  const [only] = conditions;
  if (!only) return NONE;
  return { kind: 'some', where: conditions.length === 1 ? only : { kind: 'or', of: conditions } };
}

/** Whether a rule is about who has proven themselves as this identity has. */
function concerns(rule: AccessRule, identity: Identity, { defaultModes }: AccessSettings): boolean {
  // Nobody in particular, where authentication is switched off on one's own machine: what is public, and no more.
  if (identity.kind === 'anonymous')
    return rule.kind === 'anyone' && (rule.isPublic || rule.modes === 'default');
  const mode = identity.kind === 'api-key' ? 'apiKey' : identity.claims?.provider;
  const modes = rule.modes === 'default' ? defaultModes : rule.modes;
  return mode !== undefined && modes.includes(mode);
}

function isStaticallyMet(rule: AccessRule, identity: Identity): boolean {
  if (rule.kind === 'anyone') return true;
  if (rule.kind !== 'groups') return false;
  const groups = new Set(groupTexts(identity.claims, rule.claim));
  return rule.groups.some((group) => groups.has(group));
}

/** What an item must have for a rule to hold that looks at it; nothing where the identity has no such claim. */
function conditionOf(rule: AccessRule, type: TableType, { claims }: Identity): Expression | undefined {
  if (rule.kind !== 'owner' && rule.kind !== 'groupsField') return undefined;
  const texts = rule.kind === 'owner' ? ownerTexts(claims, rule.claim) : groupTexts(claims, rule.claim);
  const values = [...new Set(texts)].filter(canBeStored);
  const field = type.fields.get(rule.field);
  if (values.length === 0 || !field) return undefined;
  const operator = field.list ? 'hasElement' : values.length === 1 ? 'eq' : 'in';
  return { kind: 'condition', field: field.name, fieldKind: field.kind, operator, values };
}

/** No item names anybody by an empty text, nor by half a surrogate pair, which DynamoDB may take for another character. */
function canBeStored(text: string): boolean {
  return text !== '' && !hasLoneSurrogate(text);
}
