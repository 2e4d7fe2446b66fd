import type {
  BatchGetCommand,
  BatchGetCommandOutput,
  BatchWriteCommand,
  BatchWriteCommandOutput,
  DeleteCommand,
  DeleteCommandOutput,
  GetCommand,
  GetCommandOutput,
  PutCommand,
  PutCommandOutput,
  QueryCommand,
  QueryCommandOutput,
  UpdateCommand,
  UpdateCommandOutput,
} from '@aws-sdk/lib-dynamodb';

/** One of the seven commands, for whoever stands in for a client or stands before one. */
export type DocumentCommand =
  | GetCommand
  | PutCommand
  | UpdateCommand
  | DeleteCommand
  | QueryCommand
  | BatchGetCommand
  | BatchWriteCommand;

export type DocumentOutput =
  | GetCommandOutput
  | PutCommandOutput
  | UpdateCommandOutput
  | DeleteCommandOutput
  | QueryCommandOutput
  | BatchGetCommandOutput
  | BatchWriteCommandOutput;

/**
 * The seven commands the registry uses. A `DynamoDBDocumentClient` is one (with `removeUndefinedValues` or without;
 * numbers must not be wrapped), and so is the table model of `src/testing/dynamodb-table.ts`. No Scan, no transaction.
 */
export interface DocumentClient {
  send(command: GetCommand): Promise<GetCommandOutput>;
  send(command: PutCommand): Promise<PutCommandOutput>;
  send(command: UpdateCommand): Promise<UpdateCommandOutput>;
  send(command: DeleteCommand): Promise<DeleteCommandOutput>;
  send(command: QueryCommand): Promise<QueryCommandOutput>;
  send(command: BatchGetCommand): Promise<BatchGetCommandOutput>;
  send(command: BatchWriteCommand): Promise<BatchWriteCommandOutput>;
}

/** As every client of the SDK's third version is, so far as {@link withoutLogging} must know. */
interface LoggingClient {
  readonly middlewareStack: { remove(name: string): boolean };
}

/**
 * The same client, without the step that logs requests. That step copies each answer for the logger, row by row, though
 * none is configured and the copy goes nowhere: of an answer with 1 000 rows about a third of all it costs
 * (`loggerMiddleware` of `@aws-sdk/core`). It also keeps item values out of any log (C8).
 */
export function withoutLogging<C extends LoggingClient>(client: C): C {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
