import type { Dialect } from '../../../src/protocol/dialect.ts';
import { GOOD_KEY } from '../world/credentials.ts';
import { DIALECT_FRAMES } from '../world/dialects.ts';

/** One message an attacker may send, and whether what follows it may be let in. */
export interface Message {
  readonly name: string;
  readonly body: string;
  /** True of the one that brings a good credential: after it the connection is somebody's. */
  readonly letsIn?: true;
  /** True of an operation whose own credential is wrong: it is refused on whatever connection. */
  readonly isWrong?: true;
}

export const SUBSCRIPTION = 'subscription { onCreateTodo { id } }';
const MUTATION = 'mutation { createTodo(input: {id: "a", title: "x"}) { id } }';
const QUERY = '{ listTodos { items { id } } }';

/** Every kind of message of a dialect, with no credential, with wrong ones, and one with a good one. */
export function messagesOf(dialect: Dialect): readonly Message[] {
  const { init, start, stop, ping, terminate } = DIALECT_FRAMES[dialect];
  const message = (name: string, frame: object): Message => ({ name, body: JSON.stringify(frame) });
  return [
    message('init', init()),
    message('init(wrong)', init({ 'x-api-key': 'wrong', confirmSubscriptions: true })),
    { ...message('init(good)', init({ 'x-api-key': GOOD_KEY })), letsIn: true },
    message('subscribe', start('1', SUBSCRIPTION, { confirm: true })),
    message('mutation', start('2', MUTATION)),
    message('query', start('3', QUERY)),
    {
      ...message('subscribe(wrong)', start('4', SUBSCRIPTION, { authorization: { 'x-api-key': 'wrong' } })),
      isWrong: true,
    },
    message('complete', stop('1')),
    message('ping', ping),
    message('terminate', terminate),
  ];
}

/** Every order of `length` different messages. */
export function* ordersOf<T>(messages: readonly T[], length: number): Generator<readonly T[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const [index, message] of messages.entries()) {
    const others = [...messages.slice(0, index), ...messages.slice(index + 1)];
    for (const rest of ordersOf(others, length - 1)) yield [message, ...rest];
  }
}
