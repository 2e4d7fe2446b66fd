import * as project from 'tablecast/project';
import type { Project } from '../project.ts';

/** The project's resolvers and hooks; in a bundle `tablecast/project` is their `resolvers.ts`. */
export function projectParts(): Project {
  const { resolvers, hooks } = project;
  return { ...(resolvers && { resolvers }), ...(hooks && { hooks }) };
}
