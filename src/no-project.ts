import type { Hooks, Resolvers } from './project.ts';

/** What `tablecast/project` is where no `resolvers.ts` of a user's takes its place (DESIGN §1). */
export const resolvers: Resolvers | undefined = undefined;
export const hooks: Hooks | undefined = undefined;
