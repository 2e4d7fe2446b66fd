import type { Assignment } from './messages.ts';

/** Credentials as a Lambda function has them: with a session token of the usual length, which is signed too. */
export const CREDENTIALS = {
  accessKeyId: 'ASIABENCHMARKONLY000',
  secretAccessKey: 'benchmark-only-secret-of-forty-characters',
  sessionToken: 'benchmark'.repeat(100).slice(0, 895),
};

export const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String!  memo: String  priority: Int  completed: Boolean }
`;
export const DOCUMENT = 'subscription { onCreateTodo { id title memo priority completed } }';
export const CLIENT_ID = '1';
export const STAGE = 'bench';
const STREAM_ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/Todos/stream/2026-01-01T00:00:00.000';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly memo: string;
  readonly priority: number;
  readonly completed: boolean;
}

export function connectionIds({ connections }: Assignment): readonly string[] {
  return Array.from({ length: connections }, (_, n) => Buffer.from(`connection-${n}`).toString('base64'));
}

/** The changes of one batch: the same whoever delivers them. */
export function todosOf(batch: number, { batchSize }: Assignment): readonly Todo[] {
  return Array.from({ length: batchSize }, (_, place) => {
    const n = batch * batchSize + place;
    return {
      id: `todo-${n}`,
      title: `サイドメニューのカスタマイズ ${n}`,
      memo: 'プロフィール、検索メニューが必要',
      priority: n % 5,
      completed: n % 2 === 0,
    };
  });
}

/** The item as a stream record of an insert, in the shape Lambda hands it over. */
export function insertOf(todo: Todo, at: number, sequence: number): object {
  const Keys = { id: { S: todo.id } };
  return {
    eventID: `event-${todo.id}`,
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    eventSourceARN: STREAM_ARN,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(at / 1_000),
      Keys,
      NewImage: {
        ...Keys,
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
