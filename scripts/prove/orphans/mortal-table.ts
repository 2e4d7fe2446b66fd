import { AsyncLocalStorage } from 'node:async_hooks';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { DynamoDBTable, type TableRow } from '../../../src/testing/dynamodb-table.ts';
import type { SeededRandom } from '../../../src/testing/random.ts';

/** A process that ends after so many effects, whatever it was about to do. */
interface Mortal {
  left: number;
  readonly nonces: Set<string>;
  readonly die: () => void;
}

/** A relay table that outlives the processes which write to it. */
export interface MortalTable {
  readonly client: DynamoDBTable;
  /** Runs `work` in a process of its own, which dies after `effects` of them; resolves when it has ended or died. */
  run(effects: number, work: () => Promise<unknown>): Promise<'ended' | 'died'>;
  /** Nonces of subscriptions begun by a process that died. */
  readonly diedWith: ReadonlySet<string>;
  rows(): TableRow[];
  /** Rows as they are now, in a table of its own. */
  copy(): Promise<DynamoDBTable>;
}

export const TABLE_NAME = 'relay';

/** One for all tables: each there ever was costs every promise a little. */
const within = new AsyncLocalStorage<Mortal>();

/** @param random how long each effect takes, so that those of calls side by side fall in ever other orders */
export function createMortalTable(random: SeededRandom): MortalTable {
  const diedWith = new Set<string>();
  const table = new DynamoDBTable({
    tableName: TABLE_NAME,
    step: async () => {
      for (let turns = random.integer(8); turns > 0; turns -= 1) await Promise.resolve();
      const process = within.getStore();
      if (process && process.left <= 0) {
        for (const nonce of process.nonces) diedWith.add(nonce);
        process.die();
        await new Promise(() => {});
      }
      if (process) process.left -= 1;
      return 'apply';
    },
  });
  const client = new Proxy(table, {
    get: (target, name) => {
      if (name !== 'send') return Reflect.get(target, name, target);
      return (command: unknown) => {
        const nonce = command instanceof PutCommand ? command.input.Item?.['nonce'] : undefined;
        if (typeof nonce === 'string') within.getStore()?.nonces.add(nonce);
        return Reflect.apply(target.send, target, [command]);
      };
    },
  });
  return {
    client,
    diedWith,
    rows: () => table.rows(),
    run: (effects, work) =>
      new Promise((resolve, reject) => {
        const process: Mortal = { left: effects, nonces: new Set(), die: () => resolve('died') };
        within.run(process, work).then(() => resolve('ended'), reject);
      }),
    async copy() {
      const copied = new DynamoDBTable({ tableName: TABLE_NAME });
      for (const Item of table.rows()) await copied.send(new PutCommand({ TableName: TABLE_NAME, Item }));
      return copied;
    },
  };
}
