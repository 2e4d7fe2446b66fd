import { once } from 'node:events';
import { buildSchema, type GraphQLError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { TODO_SDL } from './schema.ts';

/** What a test delivers: an execution result's root value and extensions. */
export interface Delivery {
  readonly data: Readonly<Record<string, unknown>>;
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly errors?: readonly GraphQLError[];
}

interface Operation {
  readonly field: string;
  readonly variables: unknown;
  readonly push: (delivery: Delivery) => void;
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** Variables of the operations that run now, by field. */
  readonly running: { readonly field: string; readonly variables: unknown }[];
  /** Sends to every operation of a field. */
  deliver(field: string, delivery: Delivery): void;
  close(): Promise<void>;
}

/** A graphql-ws server that accepts one API key. It confirms subscriptions, as the real gateway does when asked. */
export async function startGateway(options: { apiKey: string; port?: number }): Promise<Gateway> {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: options.port ?? 0 });
  await once(sockets, 'listening');
  const operations = new Set<Operation>();
  const server = useServer(
    {
      schema: buildSchema(TODO_SDL),
      onConnect: ({ connectionParams }) => connectionParams?.['x-api-key'] === options.apiKey,
      subscribe: async (args) => {
        const definition = args.document.definitions.find((node) => node.kind === 'OperationDefinition');
        const root = definition?.selectionSet.selections[0];
        const field = root?.kind === 'Field' ? root.name.value : 'none';
        return results(field, args.variableValues, operations);
      },
    },
    sockets,
  );
  const address = sockets.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `ws://127.0.0.1:${port}`,
    port,
    get running() {
      return [...operations].map(({ field, variables }) => ({ field, variables }));
    },
    deliver: (field, delivery) => {
      for (const operation of operations) if (operation.field === field) operation.push(delivery);
    },
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      await server.dispose();
    },
  };
}

/** Not a generator: its `return` would wait for the delivery that is awaited. */
function results(
  field: string,
  variables: unknown,
  operations: Set<Operation>,
): AsyncIterableIterator<Delivery> {
  const waiting: Delivery[] = [{ data: { [field]: null }, extensions: { subscribed: true } }];
  let wake = () => {};
  const operation: Operation = {
    field,
    variables,
    push: (delivery) => {
      waiting.push(delivery);
      wake();
    },
  };
  operations.add(operation);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      for (;;) {
        const value = waiting.shift();
        if (value) return { done: false, value };
        if (!operations.has(operation)) return { done: true, value: undefined };
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async return() {
      operations.delete(operation);
      wake();
      return { done: true, value: undefined };
    },
  };
}

export interface RefusingGateway {
  readonly url: string;
  /** How often a client has connected so far. */
  attempts(): number;
  close(): Promise<void>;
}

/** A gateway that turns every client away in the way API Gateway allows: by a frame, then a close with 1000. */
export async function startRefusingGateway(message: string): Promise<RefusingGateway> {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(sockets, 'listening');
  let attempts = 0;
  sockets.on('connection', (socket: WebSocket) => {
    attempts += 1;
    socket.once('message', () => {
      socket.send(JSON.stringify({ type: 'connection_error', payload: { message, code: 401 } }));
      socket.close(1000);
    });
  });
  const address = sockets.address();
  return {
    url: `ws://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    attempts: () => attempts,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await once(sockets, 'close');
    },
  };
}
