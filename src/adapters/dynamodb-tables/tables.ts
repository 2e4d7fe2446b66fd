import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { imageProblem, keyProblem } from '../../api/item-limits.ts';
import type { Tables, WriteOutcome } from '../../api/ports.ts';
import type { Image } from '../../change/change.ts';
import { isEntity } from '../../change/entity.ts';
import { TablecastError } from '../../errors.ts';
import type { Expression } from '../../filter/expression.ts';
import type { TableType } from '../../schema/model.ts';
import { refusalOf, unavailable } from './failure.ts';
import { KeyForms } from './key-forms.ts';
import { listItems } from './list.ts';
import { fromNativeItem, toNativeItem } from './native.ts';
import { itemExists, itemMissing, sayable, updateOf } from './write-expressions.ts';

/** What users' tables are reached by. */
export interface DynamoDBTablesOptions {
  /** Made with `TABLES_TRANSLATION`, on a low-level client of its own: a document client sets its client's translation. */
  readonly client: DynamoDBDocumentClient;
  /** Table name as the schema writes it → stored name. A table that is not in it has the schema's name. */
  readonly storedNames: ReadonlyMap<string, string>;
}

/**
 * The users' tables in DynamoDB. Needs GetItem, PutItem, UpdateItem, DeleteItem, Query and Scan on them, no more.
 * @throws TablecastError `CONFIG_INVALID` for a client that would round numbers
 */
export function createDynamoDBTables({ client, storedNames }: DynamoDBTablesOptions): Tables {
  if (client.config.translateConfig?.unmarshallOptions?.wrapNumbers !== true) {
    throw new TablecastError(
      'CONFIG_INVALID',
      'DynamoDB client of the tables: expected one made with TABLES_TRANSLATION, got one that rounds numbers',
    );
  }
  const storedName = (type: TableType) => storedNames.get(type.table) ?? type.table;
  const read = (type: TableType, key: Image) =>
    client.send(
      new GetCommand({ TableName: storedName(type), Key: toNativeItem(key), ConsistentRead: true }),
    );
  const forms = new KeyForms(read);

  /** Runs what may fail, and translates how. @param isOutcome what the caller translates itself */
  const attempt = async <T>(
    type: TableType,
    operation: string,
    run: () => Promise<T>,
    isOutcome: (error: unknown) => boolean = () => false,
  ): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      if (error instanceof TablecastError || isOutcome(error)) throw error;
      throw unavailable(type.table, operation, error);
    }
  };

  /** A conditional write; `send` resolves with what the item is or was. */
  const write = async (
    type: TableType,
    operation: string,
    key: Image,
    send: (formed: Image) => Promise<Image | undefined>,
  ): Promise<WriteOutcome> => {
    try {
      const found = await attempt(type, operation, () => forms.withKey(type, key, send), isWriteOutcome);
      if (found) return found.value ? { kind: 'written', image: found.value } : { kind: 'condition-failed' };
      if (operation !== 'PutItem') return { kind: 'condition-failed' };
      return {
        kind: 'invalid',
        message: `${type.name}: expected a key that is a number, or bytes as base64, as the table stores it, got other text`,
      };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { kind: 'condition-failed' };
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return { kind: 'invalid', message: `${type.name}: ${refusal}` };
    }
  };

  return {
    async get(type, key) {
      const found = await attempt(type, 'GetItem', () =>
        forms.withKey(type, key, (formed) => read(type, formed)),
      );
      const item = found?.value.Item;
      const image = item && fromNativeItem(item);
      return image && (!type.where || isEntity(image, type.where)) ? image : undefined;
    },

    list: (type, page) =>
      attempt(type, 'Query or Scan', () => listItems({ client, table: storedName(type), type, forms }, page)),

    async create(type, image) {
      const message = keyProblem(type, image) ?? imageProblem(type, image);
      if (message !== undefined) return { kind: 'invalid', message };
      return write(type, 'PutItem', image, async (formed) => {
        await client.send(
          new PutCommand({ TableName: storedName(type), Item: toNativeItem(formed), ...itemMissing(type) }),
        );
        return formed;
      });
    },

    async update(type, key, change, condition) {
      const message = imageProblem(type, change.set);
      if (message !== undefined) return { kind: 'invalid', message };
      const refusal = condition && unaskable(type, condition);
      if (refusal) return refusal;
      return write(type, 'UpdateItem', key, async (formed) => {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName: storedName(type),
            Key: toNativeItem(formed),
            ...updateOf(type, change, condition),
            ReturnValues: 'ALL_NEW',
          }),
        );
        return Attributes && fromNativeItem(Attributes);
      });
    },

    async delete(type, key, condition) {
      const refusal = condition && unaskable(type, condition);
      if (refusal) return refusal;
      return write(type, 'DeleteItem', key, async (formed) => {
        const { Attributes } = await client.send(
          new DeleteCommand({
            TableName: storedName(type),
            Key: toNativeItem(formed),
            ...itemExists(type, condition),
            ReturnValues: 'ALL_OLD',
          }),
        );
        return Attributes && fromNativeItem(Attributes);
      });
    },
  };
}

/** What comes of a condition that DynamoDB need not or cannot be asked; nothing for any other. */
function unaskable(type: TableType, condition: Expression): WriteOutcome | undefined {
  switch (sayable(type, condition)) {
    case 'yes':
      return undefined;
    case 'never':
      return { kind: 'condition-failed' };
    case 'too-long':
      return {
        kind: 'invalid',
        message: `${type.name}: expected rules that fit one condition of DynamoDB (4 KB, 300 operators), got more groups or owners`,
      };
  }
}

/** A condition that does not hold, or an item that DynamoDB would not store. */
function isWriteOutcome(error: unknown): boolean {
  return error instanceof ConditionalCheckFailedException || refusalOf(error) !== undefined;
}
