/**
 * The id under which a request names a document that both sides know: `documentId` (GraphQL over HTTP, Relay,
 * graphql-codegen), or `extensions.persistedQuery.sha256Hash` as Apollo's clients have it. Own properties alone are read.
 * @see https://github.com/graphql/graphql-over-http/pull/264
 * @see https://www.apollographql.com/docs/apollo-server/performance/apq
 */
export function namedDocument(documentId: unknown, extensions: unknown): string | undefined {
  if (typeof documentId === 'string' && documentId !== '') return documentId;
  const hash = own(own(extensions, 'persistedQuery'), 'sha256Hash');
  return typeof hash === 'string' && hash !== '' ? hash : undefined;
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
