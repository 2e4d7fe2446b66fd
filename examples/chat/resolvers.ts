import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import type { MessageItem, ResolverContext, Resolvers } from './resolvers-types.ts';
import { claimNumber, isTaken } from './user-numbers.ts';

type Tables = ResolverContext['tables'];

export const resolvers: Resolvers = {
  Query: {
    messages: (_parent, { userId }, { tables }) =>
      orErrors(async () => ({ messages: await messagesOf(userId, tables), success: true })),

    async userId(_parent, { username }, { tables }) {
      const user = await tables.User.get({ username });
      return user?.userId ?? null;
    },
  },

  Mutation: {
    createUser: (_parent, { username }, { tables }) =>
      orErrors(async () => {
        if (username.trim() === '') return refused('username is required');
        if (await tables.User.get({ username })) return refused('Username is taken');
        const userId = await claimNumber(tables, username);
        try {
          return { user: await tables.User.create({ username, userId }), success: true };
        } catch (error) {
          // Two asked for one name at the same moment, and the other was first.
          if (isTaken(error)) return refused('Username is taken');
          throw error;
        }
      }),

    createMessage: (_parent, { senderId, recipientId, content }, { tables }) =>
      orErrors(async () => {
        if (!senderId) return refused('senderId is required');
        if (!recipientId) return refused('recipientId is required');
        if (!content) return refused('content is required');
        const id = `${new Date().toISOString()}-${randomUUID()}`;
        return {
          message: await tables.Message.create({ id, senderId, recipientId, content }),
          success: true,
        };
      }),
  },
};

/**
 * All that a user sent or received. A table is read by its key, and neither is one: this reads the whole table. One that
 * grows large wants a copy of each message for either side, kept by user.
 */
async function messagesOf(userId: string, tables: Tables): Promise<readonly MessageItem[]> {
  const filter = { or: [{ senderId: { eq: userId } }, { recipientId: { eq: userId } }] };
  const messages: MessageItem[] = [];
  let nextToken: string | null = null;
  do {
    const page: Awaited<ReturnType<Tables['Message']['list']>> = await tables.Message.list({
      filter,
      limit: 1_000,
      nextToken,
    });
    messages.push(...page.items);
    nextToken = page.nextToken;
  } while (nextToken !== null);
  return messages.sort((one, other) => (one.id < other.id ? -1 : 1));
}

function refused(error: string) {
  return { success: false, errors: [error] };
}

/** What a client may be told is part of the result. What else goes wrong is an error of the field, and is logged. */
async function orErrors<Result>(work: () => Promise<Result>): Promise<Result | ReturnType<typeof refused>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GraphQLError) return refused(error.message);
    throw error;
  }
}
