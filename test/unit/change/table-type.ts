import { GraphQLString } from 'graphql';
import type { EntityCondition, TableType } from '../../../src/schema/model.ts';

/** A table type whose fields are given as API name → stored name; every one is a String. */
export function tableType(stored: Readonly<Record<string, string>>, where?: EntityCondition): TableType {
  const fields = Object.entries(stored).map(
    ([name, attribute]) =>
      [name, { name, attribute, kind: 'String', list: false, type: GraphQLString }] as const,
  );
  return { name: 'Todo', table: 'Todos', keys: ['id'], fields: new Map(fields), ...(where && { where }) };
}
