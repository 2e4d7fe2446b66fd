import type { DynamoDBClient, ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-dynamodb';

/** The part of an SDK v3 `DynamoDBClient` a middleware needs. A document client shares those of the client it was made from. */
export interface SdkClient {
  readonly middlewareStack: DynamoDBClient['middlewareStack'];
}

/** Request in, answer out, both in the caller's own shape (native values with a document client). */
export type SdkSend = (args: { input: object }) => Promise<{ response: unknown; output: object }>;

/** `operation` is the API's name, such as `BatchWriteItem`. */
export type SdkMiddleware = (next: SdkSend, operation: string) => SdkSend;

/** Several of one kind can sit on one client, so each needs a name of its own. */
let serial = 0;

function operationOf(commandName: string | undefined): string {
  return (commandName ?? 'unknown').replace(/Command$/, '');
}

/**
 * Puts a middleware on a client, before anything is serialised. Of several, `high` priority is outermost.
 * @returns Takes it off again.
 */
export function addMiddleware(
  client: SdkClient,
  middleware: SdkMiddleware,
  options: { readonly priority: 'high' | 'normal' | 'low'; readonly purpose: string },
): () => void {
  serial += 1;
  const name = `tablecast-${options.purpose}-${serial}`;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const send: SdkSend = async ({ input }) => {
        const { response, output = {} } = await next({ ...args, input: input as ServiceInputTypes });
        return { response, output };
      };
      const { response, output } = await middleware(send, operationOf(context.commandName))(args);
      return { response, output: output as ServiceOutputTypes };
    },
    { step: 'initialize', priority: options.priority, name },
  );
  return () => {
    client.middlewareStack.remove(name);
  };
}

/** A field of a request or an answer, whatever its type; `undefined` when it has none. */
export function fieldOf(value: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
