import { GraphQLError } from 'graphql';
import type { ResolverContext } from './resolvers-types.ts';

type Tables = ResolverContext['tables'];

/**
 * Claims the first number nobody has, from 1 on. Of two who reach for one at the same moment the table lets one have it,
 * and the other takes the next. A number is never given back, so that they are in the order in which users came.
 */
export async function claimNumber(tables: Tables, username: string): Promise<string> {
  for (let number = await firstFree(tables); ; number += 1) {
    const userId = String(number);
    try {
      await tables.UserNumber.create({ userId, username });
      return userId;
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
}

/** Whether a create failed because the item is there. */
export function isTaken(error: unknown): boolean {
  return error instanceof GraphQLError && error.extensions['code'] === 'CONDITION_FAILED';
}

/** Numbers are claimed one after another, so all below a free one are taken: doubled until free, then halved between. */
async function firstFree(tables: Tables): Promise<number> {
  const isFree = async (number: number) => (await tables.UserNumber.get({ userId: String(number) })) === null;
  let [taken, free] = [0, 1];
  while (!(await isFree(free))) [taken, free] = [free, free * 2];
  while (free - taken > 1) {
    const between = Math.floor((taken + free) / 2);
    if (await isFree(between)) free = between;
    else taken = between;
  }
  return free;
}
