import { SchemaError } from '../../../src/errors.ts';
import { loadModel } from '../../../src/schema/load.ts';

/** A file, and all that is wrong with it. */
export interface ProblemCase {
  readonly name: string;
  readonly sdl: string;
  /** `line:column message`, in the order of the file. */
  readonly problems: readonly string[];
}

/** A valid type for the rest of a case to be wrong about; it is line 1 of the file. */
export const BASE_TYPE = 'type Todo @table { id: ID! title: String! tags: [String] n: Int }\n';

/** A file with that type and a Subscription type of one field, on line 3 from column 3. */
export function subscription(field: string): string {
  return `${BASE_TYPE}type Subscription {\n  ${field}\n}`;
}

/** What is wrong with a file, as `line:column message`; nothing when it loads. */
export function problemsOf(sdl: string): readonly string[] {
  try {
    loadModel(sdl, { file: 'api/s.graphql' });
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const told = error.problems.map(
      ({ message, place }) => `${place?.file}:${place?.line}:${place?.column} ${message}`,
    );
    if (error.message !== told.join('\n'))
      throw new Error(`expected the message to list them, got ${error.message}`);
    return told.map((problem) => problem.replace(/^api\/s\.graphql:/, ''));
  }
  return [];
}
