import type { SeededRandom } from '../../../src/testing/random.ts';

/** An item as its writer thinks of it. An attribute that is absent here is absent in the table. */
export interface Item {
  readonly id: string;
  readonly title: string;
  readonly memo?: string;
  readonly priority?: number;
  readonly completed?: boolean;
}

/** Schema of the simulated table. */
export const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String!  memo: String  priority: Int  completed: Boolean }
`;
export const TABLE = 'Todos';

const TITLES = ['milk', 'mint', '牛乳', 'プロフィール', 'a "quoted" \\ title', 'é', '🥛 milk', ''] as const;
const MEMOS = ['', 'memo', 'm', '長い', 'mm'] as const;

/** Everything but the id at random, with absent attributes among it. */
export function randomItem(random: SeededRandom, id: string): Item {
  return {
    id,
    title: random.pick(TITLES),
    ...(random.chance(0.6) && { memo: random.pick(MEMOS) }),
    ...(random.chance(0.9) && { priority: random.integer(8) }),
    ...(random.chance(0.7) && { completed: random.chance(0.5) }),
  };
}

/** One committed write. Both images: an update · new only: an insert · old only: a deletion. */
export interface Write {
  readonly id: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

type Attribute = { S: string } | { N: string } | { BOOL: boolean };

/** The item as DynamoDB keeps it. */
export function imageOf(item: Item): Record<string, Attribute> {
  const { id, title, memo, priority, completed } = item;
  return {
    id: { S: id },
    title: { S: title },
    ...(memo !== undefined && { memo: { S: memo } }),
    ...(priority !== undefined && { priority: { N: String(priority) } }),
    ...(completed !== undefined && { completed: { BOOL: completed } }),
  };
}
