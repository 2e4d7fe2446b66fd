import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GraphQLSchema } from 'graphql';
import { isEnumType, isInputObjectType, isObjectType } from 'graphql';

/** Text of test/fixtures/schemas/NAME.graphql. */
export function fixture(name: string): string {
  return read(`../../fixtures/schemas/${name}.graphql`);
}

/** Text of the schema at the root of the repository. */
export function rootSchema(): string {
  return read('../../../schema.graphql');
}

/** Each field of a type as `name(argument: Type, …): Type`, in order; the values of an enum. */
export function members(schema: GraphQLSchema, typeName: string): readonly string[] {
  const type = schema.getType(typeName);
  if (isEnumType(type)) return type.getValues().map((value) => value.name);
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map((field) => `${field.name}: ${field.type}`);
  }
  if (!isObjectType(type)) throw new Error(`expected a type with members, got ${typeName}: ${String(type)}`);
  return Object.values(type.getFields()).map((field) => {
    const args = field.args.map((argument) => `${argument.name}: ${argument.type}`);
    return `${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}: ${field.type}`;
  });
}

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
}
