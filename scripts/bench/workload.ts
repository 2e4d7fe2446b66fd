/** Credentials as a Lambda function has them: with a session token of the usual length, which is signed too. */
export const CREDENTIALS = {
  accessKeyId: 'ASIABENCHMARKONLY000',
  secretAccessKey: 'benchmark-only-secret-of-forty-characters',
  sessionToken: 'benchmark'.repeat(100).slice(0, 895),
};

export const REGION = 'us-east-1';
export const STAGE = 'bench';
export const CLIENT_ID = '1';
/** What every program speaks to: ours completes it, the peers are given its subscription written out. */
export const SDL = `
type Todo @table(name: "Todos") {
  id: ID!  listId: ID!  title: String!  memo: String  priority: Int  completed: Boolean
}
`;
const STREAM_ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/Todos/stream/2026-01-01T00:00:00.000';

/** Who subscribes, and who of them wants each event. */
export interface Cell {
  /** Connections, one subscription each. */
  readonly subscribers: number;
  /** Those whose `listId` every event has. */
  readonly matches: number;
  /** Different selections among the subscribers, in turn. */
  readonly documents: number;
}

export const cellName = ({ subscribers, matches, documents }: Cell): string =>
  `${subscribers}-${matches}-${documents}`;

export interface Subscriber {
  readonly connectionId: string;
  readonly listId: string;
  readonly document: string;
}

const HOT = 'list-hot';
/** Lists that no event is about. */
const OTHER_LISTS = 100;

export function subscribersOf({ subscribers, matches, documents }: Cell): readonly Subscriber[] {
  return Array.from({ length: subscribers }, (_, n) => ({
    connectionId: Buffer.from(`connection-${n}`).toString('base64'),
    listId: n < matches ? HOT : `list-${n % OTHER_LISTS}`,
    document: documentOf(n % documents),
  }));
}

function documentOf(n: number): string {
  const own = n === 0 ? '' : ` title${n}: title`;
  return `subscription ($listId: ID!) { onCreateTodo(listId: $listId) { id listId title memo priority completed${own} } }`;
}

export interface Todo {
  readonly id: string;
  readonly listId: string;
  readonly title: string;
  readonly memo: string;
  readonly priority: number;
  readonly completed: boolean;
}

/** Event `n` of the workload: the same whoever delivers it. */
export function todoOf(n: number): Todo {
  return {
    id: `todo-${n}`,
    listId: HOT,
    title: `サイドメニューのカスタマイズ ${n}`,
    memo: 'プロフィール、検索メニューが必要',
    priority: n % 5,
    completed: n % 2 === 0,
  };
}

/** The item as a stream record of an insert, in the shape Lambda hands it over. */
export function insertOf(todo: Todo, at: number): object {
  const Keys = { id: { S: todo.id } };
  const sequence = Number(todo.id.slice('todo-'.length));
  return {
    eventID: `event-${todo.id}`,
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: REGION,
    eventSourceARN: STREAM_ARN,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(at / 1_000),
      Keys,
      NewImage: {
        ...Keys,
        listId: { S: todo.listId },
        title: { S: todo.title },
        memo: { S: todo.memo },
        priority: { N: String(todo.priority) },
        completed: { BOOL: todo.completed },
      },
      SequenceNumber: `${100_000_000_000_000_000_000n + BigInt(sequence)}`,
      SizeBytes: 200,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}

/** The frame a plain program would post: the same message, less the extensions. */
export function plainFrame(todo: Todo): Uint8Array {
  return Buffer.from(
    JSON.stringify({ type: 'next', payload: { data: { onCreateTodo: todo } }, id: CLIENT_ID }),
  );
}
