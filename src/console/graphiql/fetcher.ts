import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';

const CREDENTIALS = ['x-api-key', 'authorization'];

/**
 * Queries and mutations by POST, subscriptions by `graphql-transport-ws`, both at this page's own origin. What stands in
 * the header editor is sent as headers, and for a subscription as connection params: a browser can set no header on a
 * WebSocket. Where it names no credential, as in a tab that was restored (GraphiQL does not store headers), the local
 * key is added.
 */
export function localFetcher(apiKey: string): Fetcher {
  const socket = new URL('/graphql', location.href);
  socket.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const fetcher = createGraphiQLFetcher({
    url: '/graphql',
    subscriptionUrl: socket.href,
    enableIncrementalDelivery: false,
  });
  return (params, options) => {
    const headers = options?.headers ?? {};
    const hasCredential = Object.keys(headers).some((name) => CREDENTIALS.includes(name.toLowerCase()));
    return fetcher(params, {
      ...options,
      headers: hasCredential ? headers : { ...headers, 'x-api-key': apiKey },
    });
  };
}
