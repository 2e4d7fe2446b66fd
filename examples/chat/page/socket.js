/**
 * A GraphQL client over one WebSocket, by the protocol of graphql-ws. A lost connection is opened again.
 * https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */

/** First wait after a lost connection, doubled up to the last. */
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 15_000;

/**
 * @param {object} options
 * @param {string} options.url
 * @param {string} options.key API key, which goes into `connection_init`: a browser can set no header of a WebSocket
 * @param {(state: 'connecting' | 'open' | 'waiting' | 'refused', reason?: string) => void} options.onState
 */
export function openSocket({ url, key, onState }) {
  /** Operations that are under way, by id. */
  const operations = new Map();
  let socket;
  let isOpen = false;
  let ended = false;
  let why = 'the connection was lost';
  let count = 0;
  let waitMs = FIRST_WAIT_MS;

  const send = (frame) => socket.send(JSON.stringify(frame));
  const begin = (id, { query, variables, follows }) =>
    send({ id, type: 'subscribe', payload: { query, variables, extensions: { confirm: follows } } });
  const add = (operation) => {
    const id = String(++count);
    operations.set(id, operation);
    if (isOpen) begin(id, operation);
  };

  function connect() {
    onState('connecting');
    socket = new WebSocket(url, 'graphql-transport-ws');
    socket.addEventListener('open', () => send({ type: 'connection_init', payload: { 'x-api-key': key } }));
    socket.addEventListener('message', ({ data }) => receive(JSON.parse(data)));
    socket.addEventListener('close', lost);
  }

  function receive({ type, id, payload }) {
    const operation = operations.get(id);
    if (type === 'connection_ack') {
      isOpen = true;
      waitMs = FIRST_WAIT_MS;
      onState('open');
      for (const [id, operation] of operations) begin(id, operation);
    } else if (type === 'ping') {
      send({ type: 'pong' });
    } else if (type === 'connection_error') {
      // API Gateway cannot close with a code, so Tablecast refuses by this frame. Trying again would not help.
      ended = true;
      why = payload.message;
      onState('refused', why);
      socket.close();
    } else if (type === 'next') {
      operation?.next(payload);
    } else if (type === 'error') {
      operations.delete(id);
      operation?.fail(new Error(payload[0]?.message ?? 'the operation failed'));
    } else if (type === 'complete') {
      operations.delete(id);
    }
  }

  /** What was asked may have been done or not: whoever asked decides. What is followed goes on with the next connection. */
  function lost() {
    isOpen = false;
    for (const [id, operation] of operations) {
      if (operation.follows && !ended) continue;
      operations.delete(id);
      operation.fail(new Error(why));
    }
    if (ended) return;
    onState('waiting');
    setTimeout(connect, waitMs);
    waitMs = Math.min(waitMs * 2, LAST_WAIT_MS);
  }

  connect();

  return {
    /** Runs a query or a mutation; resolves with its data, rejects with its first error. */
    ask: (query, variables = {}) =>
      new Promise((resolve, reject) => {
        const next = ({ data, errors }) => (errors ? reject(new Error(errors[0].message)) : resolve(data));
        add({ query, variables, follows: false, next, fail: reject });
      }),

    /**
     * Subscribes, and again with each new connection. `onLive` is called whenever the subscription has become live:
     * what is read after that and what is delivered miss nothing between them.
     */
    follow(query, variables, { onLive, onData, onError }) {
      const next = ({ data, errors, extensions }) => {
        if (extensions?.subscribed) onLive();
        else if (errors) onError(new Error(errors[0].message));
        else onData(data);
      };
      add({ query, variables, follows: true, next, fail: onError });
    },

    close() {
      ended = true;
      socket.close();
    },
  };
}
