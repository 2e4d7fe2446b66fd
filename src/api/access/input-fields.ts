import { type GraphQLOutputType, getNamedType, isObjectType } from 'graphql';
import { allowedField, isAllowed, type Reader } from '../../auth/access.ts';
import type { Expression } from '../../filter/expression.ts';
import type { Model, TableType } from '../../schema/model.ts';
import { forbidden } from '../errors.ts';
import type { Input } from '../item-input.ts';
import { storedFields } from '../stored-fields.ts';

/** What an input is held against. */
export interface Writer {
  readonly model: Model;
  readonly reader: Reader;
  readonly operation: 'create' | 'update';
}

/** A field that may be set of some items alone, and of which. */
export interface FieldCondition {
  readonly field: string;
  readonly where: Expression;
}

/**
 * Holds what an input sets against the rules of single fields. A null sets a field too, when it removes what is there. An
 * object is written whole: whoever updates it must be let write each of its fields, named by the input or not.
 * @throws GraphQLError `FORBIDDEN` naming a field that may be set of no item
 */
export function fieldConditions(type: TableType, input: Input, writer: Writer): readonly FieldCondition[] {
  const conditions: FieldCondition[] = [];
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined || (value === null && writer.operation === 'create')) continue;
    const field = type.fields.get(name);
    if (!field) continue;
    const allowed = allowedField(type, name, writer.operation, writer.reader);
    if (allowed.kind === 'none') throw refused(`${type.name}.${name}`, writer);
    if (allowed.kind === 'some') conditions.push({ field: name, where: allowed.where });
    if (writer.operation === 'create') refuseNamed(field.type, value, writer);
    else refuseWhole(field.type, writer, new Set());
  }
  return conditions;
}

/** Of an object that is new, what the input names. */
function refuseNamed(type: GraphQLOutputType, value: unknown, writer: Writer): void {
  const named = getNamedType(type);
  if (!isObjectType(named) || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const element of value) refuseNamed(type, element, writer);
    return;
  }
  const fields = storedFields(named);
  for (const [name, member] of Object.entries(value)) {
    if (member === null || member === undefined) continue;
    refuseMember(`${named.name}.${name}`, writer);
    const stored = fields.get(name);
    if (stored) refuseNamed(stored.field.type, member, writer);
  }
}

/** Of an object that may be there, everything that may be in it. */
function refuseWhole(type: GraphQLOutputType, writer: Writer, seen: Set<string>): void {
  const named = getNamedType(type);
  if (!isObjectType(named) || seen.has(named.name)) return;
  seen.add(named.name);
  for (const [name, { field }] of storedFields(named)) {
    refuseMember(`${named.name}.${name}`, writer);
    refuseWhole(field.type, writer, seen);
  }
}

function refuseMember(path: string, writer: Writer): void {
  const rules = writer.model.access?.fields.get(path);
  if (rules && !isAllowed(rules, writer.operation, writer.reader)) throw refused(path, writer);
}

/** What is told of a field that may not be set. */
export function refused(path: string, { operation }: Pick<Writer, 'operation'>) {
  return forbidden(`${path}: expected an input without this field, as you may not ${operation} it, got one`);
}
