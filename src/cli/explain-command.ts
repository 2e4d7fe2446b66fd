import { type Command, InvalidArgumentError } from 'commander';
import { readModel } from '../compose.ts';
import { readConfig } from '../config.ts';
import { TablecastError } from '../errors.ts';
import { DEFAULT_LAST } from './console-explain.ts';
import { explain } from './explain.ts';
import { supposedIdentity } from './explain-identity.ts';
import { explainLoop } from './explain-loop.ts';
import { DEFAULT_LOOP_URL, loopUrl } from './loop-request.ts';
import { MAX_RECORDS } from './recent-records.ts';

interface ExplainFlags {
  readonly old?: string;
  readonly new?: string;
  readonly query?: string;
  readonly variables?: string;
  readonly skipOwn?: string;
  readonly as?: string;
  readonly schema?: string;
  readonly last?: number | true;
  readonly event?: string;
  readonly url: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  tablecast explain --new item.json --query 'subscription { onCreateTodo(priority: 1) { id } }'
  tablecast explain --old before.json --new after.json --query @changes.graphql --variables '{"priority": 1}'
  tablecast explain --new item.json --query @all.graphql --as '{"sub": "alice", "groups": ["Admin"]}'
  tablecast explain --last 5

Items are DynamoDB JSON, as "aws dynamodb get-item" prints them, or plain JSON. What is printed has values of the items
and of the filter in it.`;

/** What the command has of the world. */
export interface ExplainWorld {
  readonly folder: string;
  readonly out: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** `tablecast explain`: why a change is or is not delivered. */
export function addExplain(program: Command, world: ExplainWorld): void {
  program
    .command('explain')
    .description(
      'says why a change is or is not delivered: two images against a subscription, or the records of a running start',
    )
    .option('--old <file>', 'the item before the change; none for an INSERT')
    .option('--new <file>', 'the item after the change; none for a REMOVE')
    .option('--query <text>', 'the subscription, or @FILE')
    .option('--variables <json>', 'its variables, or @FILE')
    .option('--skip-own <writer>', 'whose own changes it leaves out (extensions.skipOwn)')
    .option('--as <identity>', 'whom the rules of the schema are held against: api-key, or claims as JSON')
    .option('--schema <file>', 'schema file (default: TABLECAST_SCHEMA, or schema.graphql)')
    .option('--last [records]', `the latest records of the running start (default: ${DEFAULT_LAST})`, records)
    .option('--event <id>', 'one record of the running start, by its event id')
    .option('--url <url>', 'page of the running start', loopUrl, DEFAULT_LOOP_URL)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ExplainFlags) => {
      const json = flags.json ?? false;
      const recent = recentQuery(flags);
      if (recent) {
        await explainLoop({ url: flags.url, query: recent, json, out: world.out, signal: world.signal });
        return;
      }
      if (flags.query === undefined) {
        throw new TablecastError(
          'CONFIG_INVALID',
          'explain: expected --query with --old or --new, or --last, or --event, got none of them',
        );
      }
      const config = readConfig();
      await explain({
        folder: world.folder,
        model: readModel(flags.schema ?? config.schemaFile),
        settings: config.settings,
        old: flags.old,
        new: flags.new,
        query: flags.query,
        variables: flags.variables,
        skipOwn: flags.skipOwn,
        as: flags.as === undefined ? undefined : supposedIdentity(flags.as),
        json,
        out: world.out,
      });
    });
}

function recentQuery({ last, event, old, new: item, query }: ExplainFlags) {
  if (last === undefined && event === undefined) return undefined;
  const others = [old, item, query].filter((each) => each !== undefined);
  if (others.length > 0 || (last !== undefined && event !== undefined)) {
    throw new TablecastError(
      'CONFIG_INVALID',
      'explain: expected one of --last, --event, and --query with --old or --new, got several of them',
    );
  }
  return event === undefined
    ? { last: last === true || last === undefined ? DEFAULT_LAST : last }
    : { event };
}

function records(value: string): number {
  const number = /^[1-9]\d{0,3}$/.test(value) ? Number(value) : 0;
  if (number >= 1 && number <= MAX_RECORDS) return number;
  throw new InvalidArgumentError(`expected a number of records from 1 to ${MAX_RECORDS}, got "${value}".`);
}
