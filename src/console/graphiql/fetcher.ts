import { createGraphiQLFetcher, type Fetcher, type FetcherParams } from '@graphiql/toolkit';
import { type DocumentNode, getOperationAST, parse } from 'graphql';
import type { Credential } from '../person.ts';

const CREDENTIALS = ['x-api-key', 'authorization'];

/**
 * Queries and mutations by POST, subscriptions by `graphql-transport-ws`, both at this page's own origin. What stands in
 * the header editor is sent as headers, and for a subscription as connection params: a browser can set no header on a
 * WebSocket. Where it names none, as in a tab that was restored (GraphiQL does not store headers), the page's own is
 * added.
 */
export function localFetcher(credential: Credential): Fetcher {
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
    const documentAST = documentOf(params) ?? options?.documentAST;
    // What it believes to be chosen may be of the tab before; a document's only operation is the one that is meant.
    const operation = documentAST && getOperationAST(documentAST);
    const named = operation?.name ? { ...params, operationName: operation.name.value } : params;
    return fetcher(named, {
      ...options,
      ...(documentAST && { documentAST }),
      headers: hasCredential ? headers : { ...headers, ...credential },
    });
  };
}

/**
 * GraphiQL tells what it knows of the document a moment after it was shown or typed; what is run before would go out as a
 * query, whatever it is.
 */
function documentOf({ query }: FetcherParams): DocumentNode | undefined {
  try {
    return parse(query);
  } catch {
    // The API says what is wrong with it.
    return undefined;
  }
}
