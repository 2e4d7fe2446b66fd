import { WebSocket } from 'ws';
import type { Ready } from './loop.ts';

const PATIENCE_MS = 20_000;
const ID = 'latency';

/** A client that gets every new item, and tells when. */
export interface Subscriber {
  /** Resolves with the moment (`performance.now()`) at which the frame about this item came. */
  arrival(itemId: string): Promise<number>;
  close(): void;
}

/** Connects to the local loop and subscribes; resolves once the subscription is active. */
export async function subscribe({ ws, apiKey }: Ready): Promise<Subscriber> {
  const socket = new WebSocket(ws, 'graphql-transport-ws');
  const waiting = new Map<string, (at: number) => void>();
  const within = <T>(what: string, work: (resolve: (value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`expected ${what} within ${PATIENCE_MS} ms, got nothing`)),
        PATIENCE_MS,
      );
      work((value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });
  await within<void>('the loop to take a connection', (resolve) => socket.once('open', () => resolve()));
  await within<void>('an active subscription', (resolve) => {
    socket.on('message', (data) => {
      const at = performance.now();
      const { type, payload } = JSON.parse(String(data));
      if (type === 'connection_ack') {
        const query = 'subscription { onCreateTodo { id title } }';
        socket.send(JSON.stringify({ type: 'subscribe', id: ID, payload: { query } }));
      } else if (type === 'next' && payload?.extensions?.subscribed) resolve();
      else if (type === 'next') waiting.get(String(payload?.data?.onCreateTodo?.id))?.(at);
    });
    const init = { 'x-api-key': apiKey, confirmSubscriptions: true };
    socket.send(JSON.stringify({ type: 'connection_init', payload: init }));
  });
  return {
    arrival: (itemId) => within(`the frame about ${itemId}`, (resolve) => waiting.set(itemId, resolve)),
    close: () => socket.terminate(),
  };
}
