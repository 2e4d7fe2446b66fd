import type { Dialect } from '../../../src/protocol/dialect.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';

/** What is known of a connection before a frame and after it. */
export interface Seen {
  /** Undefined while nothing told it. */
  readonly dialect: Dialect | undefined;
  readonly initialised: boolean;
  readonly closed: boolean;
  /** Ids of its live subscriptions. */
  readonly live: ReadonlySet<string>;
  /** Ids that were completed while they were not live: one `subscribe` each is called off in silence. */
  readonly calledOff: ReadonlySet<string>;
}

type Read = Readonly<Record<string, unknown>>;

/** The parts of a reply that the tables of PROTOCOL.md speak of. */
interface Reply {
  readonly type: unknown;
  readonly id: unknown;
}

/**
 * What is wrong with the replies to one frame, by the tables of PROTOCOL.md; `undefined` when they are right. Written from
 * that page and not from the relay: it reads a frame in its own way.
 */
export function wrongReply(
  body: string | undefined,
  replies: readonly string[],
  before: Seen,
  after: Seen,
): string | undefined {
  const answers: Reply[] = [];
  for (const text of replies) {
    const read = readObject(text);
    if (!read) return `a reply that is no JSON object: ${text.slice(0, 200)}`;
    answers.push({ type: read['type'], id: read['id'] });
  }
  const said = answers.map(
    ({ type, id }) => `${String(type)}${id === undefined ? '' : ` ${JSON.stringify(id)}`}`,
  );
  const wanted = expected(body, before, after);
  return wanted.some((way) => way === said.join(', '))
    ? undefined
    : `expected ${wanted.map((way) => way || 'none').join(' or ')}, got ${said.join(', ') || 'none'}`;
}

/** Every sequence of replies that the page allows; '' for none. */
function expected(body: string | undefined, before: Seen, after: Seen): readonly string[] {
  const refusal = 'connection_error';
  if (body === undefined) return [refusal];
  const frame = readObject(body);
  if (!frame) return [refusal];
  // It is not even looked into.
  if (Buffer.byteLength(body) > DEFAULT_LIMITS.frameBytes) return [refusal];
  const { type, id } = frame;
  const named = typeof id === 'string' && id !== '' ? id : undefined;
  if (depthOf(frame) > DEFAULT_LIMITS.jsonDepth) {
    const isFound = named !== undefined && Buffer.byteLength(named) <= 256;
    return isFound && (type === 'subscribe' || type === 'start')
      ? [`error ${JSON.stringify(named)}`]
      : [refusal];
  }
  const dialect = before.dialect ?? toldBy(frame);

  if (type === 'connection_init') return init(frame, dialect, before, after);
  if (type === 'ping' && dialect !== 'apollo' && dialect !== 'appsync') return ['pong'];
  if (type === 'pong' && dialect !== 'apollo' && dialect !== 'appsync') return [''];
  if (type === 'connection_terminate' && dialect !== 'graphql-transport-ws') return [''];

  const starts = dialect === 'graphql-transport-ws' ? type === 'subscribe' : type === 'start';
  const isUndecidedStart = dialect === undefined && (type === 'start' || type === 'subscribe');
  const isModern = dialect === undefined || dialect === 'graphql-transport-ws';
  const ends = (isModern && type === 'complete') || (dialect !== 'graphql-transport-ws' && type === 'stop');
  if (starts || isUndecidedStart || ends) {
    if (named === undefined) return [refusal];
    // Nobody knows yet in whose words to fail it: the connection is refused.
    if (dialect === undefined && (type === 'start' || (type === 'stop' && Buffer.byteLength(named) > 256)))
      return [refusal];
    if (Buffer.byteLength(named) > 256) return [`error ${JSON.stringify(named)}`];
    return ends ? ended(named, dialect) : started(named, dialect ?? 'graphql-transport-ws', before, after);
  }
  // An unknown type: the operation's fault where one is named, but in graphql-transport-ws.
  return isModern || named === undefined ? [refusal] : [`error ${JSON.stringify(named)}`];
}

function init(frame: Read, dialect: Dialect | undefined, before: Seen, after: Seen): readonly string[] {
  const payload = frame['payload'] ?? '';
  const refusal = 'connection_error';
  if (payload !== '' && !isObject(payload)) return [refusal];
  if (before.initialised) return before.closed ? [refusal, ''] : ['', refusal];
  if (!after.initialised) return [refusal];
  return [dialect === 'appsync' ? 'connection_ack, ka' : 'connection_ack'];
}

function ended(id: string, dialect: Dialect | undefined): readonly string[] {
  return dialect === 'apollo' || dialect === 'appsync' ? [`complete ${JSON.stringify(id)}`] : [''];
}

function started(id: string, dialect: Dialect, before: Seen, after: Seen): readonly string[] {
  const named = JSON.stringify(id);
  const error = `error ${named}`;
  if (!before.initialised || before.closed) return [error];
  const isLive = after.live.has(id);
  const silence = before.calledOff.has(id) ? [''] : [];
  if (dialect === 'appsync') return [error, ...(isLive ? [`start_ack ${named}`] : []), ...silence];
  const data = dialect === 'apollo' ? 'data' : 'next';
  return [
    error,
    `${data} ${named}, complete ${named}`,
    ...(isLive ? ['', `${data} ${named}`] : []),
    // An id in use ends the connection in graphql-transport-ws alone.
    ...(dialect === 'graphql-transport-ws' && before.live.has(id) ? ['connection_error'] : []),
    ...silence,
  ];
}

/** The dialect that a first operation tells. */
export function toldBy(frame: Read | undefined): Dialect | undefined {
  if (!frame) return undefined;
  if (frame['type'] === 'subscribe') return 'graphql-transport-ws';
  const payload = frame['payload'];
  if (frame['type'] !== 'start' || !isObject(payload)) return undefined;
  if (typeof payload['data'] === 'string') return 'appsync';
  return Object.hasOwn(payload, 'query') || namesDocument(payload) ? 'apollo' : undefined;
}

/** Whether a payload has the id of a document in the place of its text. */
function namesDocument(payload: Read): boolean {
  const { documentId, extensions } = payload;
  const persisted = isObject(extensions) ? extensions['persistedQuery'] : undefined;
  const hash = isObject(persisted) ? persisted['sha256Hash'] : undefined;
  return [documentId, hash].some((id) => typeof id === 'string' && id !== '');
}

/** A JSON object, or nothing. */
export function readObject(text: string): Read | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Read {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Levels of arrays and objects below the outermost. Iterative: it is the depth that is the attack. */
function depthOf(value: unknown): number {
  let depth = -1;
  for (let level: unknown[] = [value]; level.length > 0; depth += 1) {
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null
        ? Object.values(each).filter((part) => typeof part === 'object' && part !== null)
        : [],
    );
  }
  return depth;
}
