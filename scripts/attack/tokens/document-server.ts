import { createServer } from 'node:http';
import getPort from 'get-port';

/** A real HTTP server on this machine that answers with JSON documents, as issuers do. */
export interface DocumentServer {
  /** `http://127.0.0.1:PORT`, the same after a restart. */
  readonly origin: string;
  /** Path → document; text is sent as it is. Without one: 404. */
  readonly documents: Map<string, unknown>;
  /** Paths asked for, in order. */
  readonly requests: string[];
  /** Answers nothing from now on, and keeps the client waiting. */
  hang(): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startDocumentServer(): Promise<DocumentServer> {
  const port = await getPort({ host: '127.0.0.1' });
  const documents = new Map<string, unknown>();
  const requests: string[] = [];
  let hangs = false;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    if (hangs) return;
    const document = documents.get(path);
    if (document === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
    response.end(typeof document === 'string' ? document : JSON.stringify(document));
  });
  const documentServer: DocumentServer = {
    origin: `http://127.0.0.1:${port}`,
    documents,
    requests,
    hang() {
      hangs = true;
    },
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => resolve());
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await documentServer.start();
  return documentServer;
}
