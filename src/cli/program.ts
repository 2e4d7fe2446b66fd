import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { readModel } from '../compose.ts';
import { readConfig } from '../config.ts';
import { addExplain } from './explain-command.ts';
import { DEFAULT_SAMPLE, importTable } from './import.ts';
import { addRevoke } from './revoke-command.ts';
import { seed } from './seed.ts';
import { start } from './start.ts';
import { addToken } from './token-command.ts';
import { DEFAULT_TYPES_FILE, writeTypes } from './types.ts';
import { runWorker } from './worker.ts';
import { workerHelp } from './worker-help.ts';

/** The key of the local loop. A deployed one has no default. */
export const LOCAL_API_KEY = 'local-dev-key';

/** Where the data of the local DynamoDB are kept, relative to the project. */
export const DEFAULT_DATA_DIR = '.tablecast/dynamodb';

const START_HERE = `
Start here:
  tablecast import Todos --out schema.graphql   the schema of a table you have
  tablecast start                               the whole loop on this machine, with a page to try it in

tablecast help <command> tells more of each.`;

/** What the commands have of the world. */
export interface CliWorld {
  readonly folder: string;
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Aborts when the program is to end. */
  readonly signal: AbortSignal;
}

/** The commands of `tablecast`. Each rejects with a TablecastError when it fails. */
export function createProgram(world: CliWorld): Command {
  const program = new Command('tablecast')
    .description('GraphQL subscriptions for the DynamoDB tables you already have')
    .configureOutput({ writeOut: (text) => world.out.write(text), writeErr: (text) => world.err.write(text) })
    .showHelpAfterError('(--help lists the options)')
    .addHelpText('after', START_HERE)
    .exitOverride();
  addStart(program, world);
  addSeed(program, world);
  addImport(program, world);
  addSchema(program, world);
  addTypes(program, world);
  addWorker(program, world);
  addExplain(program, world);
  addRevoke(program, world);
  addToken(program, world);
  return program;
}

interface StartFlags {
  readonly httpPort?: number;
  readonly wsPort?: number;
  readonly dynamodbPort?: number;
  readonly data: string;
  readonly inMemory?: boolean;
  readonly json?: boolean;
  readonly auth: boolean;
  readonly apiKey: string;
}

function addStart(program: Command, world: CliWorld): void {
  program
    .command('start')
    .description(
      'runs the whole loop on this machine: DynamoDB Local, tables, sample items, gateway, stream, page',
    )
    .option('--http-port <port>', 'port of the page (default: 3000, or a free one)', port)
    .option('--ws-port <port>', 'port of the WebSocket (default: 3001, or a free one)', port)
    .option('--dynamodb-port <port>', 'port of DynamoDB Local (default: 8000, or a free one)', port)
    .option('--data <dir>', 'folder to keep the tables in', DEFAULT_DATA_DIR)
    .option('--in-memory', 'keep nothing: the tables end with the command')
    .option('--json', 'print one line of JSON when everything answers, and nothing else')
    .option('--no-auth', 'let every connection in, with or without an API key')
    .option('--api-key <key>', 'the API key to accept', LOCAL_API_KEY)
    .addHelpText(
      'after',
      '\nEnvironment:\n  DYNAMODB_ENDPOINT  a DynamoDB that already runs; none is started then\n  TABLECAST_JWT      issuers whose tokens are accepted beside the key, as JSON (docs/authentication.md)\n\nRun it in the folder of serverless.yml. Needs Java 11 or newer, unless DYNAMODB_ENDPOINT is set.',
    )
    .action((flags: StartFlags) =>
      start({
        folder: world.folder,
        httpPort: flags.httpPort,
        wsPort: flags.wsPort,
        dynamodbPort: flags.dynamodbPort,
        dataDir: flags.inMemory ? undefined : resolve(world.folder, flags.data),
        endpoint: readConfig().dynamodbEndpoint,
        apiKey: flags.apiKey,
        auth: flags.auth,
        json: flags.json ?? false,
        out: world.out,
        err: world.err,
        signal: world.signal,
      }),
    );
}

interface SeedFlags {
  readonly endpoint?: string;
  readonly region?: string;
}

function addSeed(program: Command, world: CliWorld): void {
  program
    .command('seed')
    .description('loads a file of items, in the format of `aws dynamodb batch-write-item`, of any size')
    .argument('<file>', 'for example samples/todos.json')
    .option(
      '--endpoint <url>',
      'DynamoDB to write to (default: DYNAMODB_ENDPOINT, and without it AWS itself)',
    )
    .option('--region <region>', 'AWS region (default: AWS_REGION, or us-east-1)')
    .addHelpText(
      'after',
      '\nWithout --endpoint and DYNAMODB_ENDPOINT the items go to AWS, with the credentials the AWS command line would use.',
    )
    .action(async (file: string, flags: SeedFlags) => {
      const config = readConfig();
      await seed({
        file,
        endpoint: flags.endpoint ?? config.dynamodbEndpoint,
        region: flags.region ?? config.region,
        out: world.out,
        ...(world.err.isTTY === true && { progress: world.err }),
      });
    });
}

interface ImportFlags extends SeedFlags {
  readonly sample: number;
  readonly type?: string;
  readonly out?: string;
}

function addImport(program: Command, world: CliWorld): void {
  program
    .command('import')
    .description(
      'writes the schema type for a table that is there: its keys, and fields guessed from its items',
    )
    .argument('<table>', 'name of the table')
    .option('--sample <items>', 'most items to read', items, DEFAULT_SAMPLE)
    .option('--type <name>', "name of the type (default: made of the table's, in the singular)")
    .option('--out <file>', 'file to write, which must not be there yet (default: standard output)')
    .option(
      '--endpoint <url>',
      'DynamoDB to read from (default: DYNAMODB_ENDPOINT, and without it AWS itself)',
    )
    .option('--region <region>', 'AWS region (default: AWS_REGION, or us-east-1)')
    .addHelpText(
      'after',
      '\nReads with dynamodb:DescribeTable and dynamodb:Scan, and writes nothing to the table. What was guessed has a\ncomment that says from what: read it through before you build on it.\n\nExample:\n  tablecast import Todos --sample 500 --out schema.graphql',
    )
    .action(async (table: string, flags: ImportFlags) => {
      const config = readConfig();
      await importTable({
        table,
        sample: flags.sample,
        endpoint: flags.endpoint ?? config.dynamodbEndpoint,
        region: flags.region ?? config.region,
        ...(flags.type !== undefined && { typeName: flags.type }),
        ...(flags.out !== undefined && { file: resolve(world.folder, flags.out) }),
        out: world.out,
        err: world.err,
        ...(world.err.isTTY === true && { progress: world.err }),
        signal: world.signal,
      });
    });
}

function addTypes(program: Command, world: CliWorld): void {
  program
    .command('types')
    .description('writes the TypeScript types of resolvers.ts from the completed schema')
    .argument('[file]', 'schema file (default: TABLECAST_SCHEMA, or schema.graphql)')
    .option('--out <file>', 'file to write, replaced if this command wrote it', DEFAULT_TYPES_FILE)
    .addHelpText(
      'after',
      '\nNeeds GraphQL Code Generator in the project:\n  npm install --save-dev @graphql-codegen/typescript @graphql-codegen/typescript-resolvers',
    )
    .action((file: string | undefined, flags: { readonly out: string }) =>
      writeTypes({
        model: readModel(file ?? readConfig().schemaFile),
        file: resolve(world.folder, flags.out),
        out: world.out,
      }),
    );
}

function addSchema(program: Command, world: CliWorld): void {
  program
    .command('schema')
    .description(
      'prints the completed schema: what is written in the schema file and all that is generated from it',
    )
    .argument('[file]', 'schema file (default: TABLECAST_SCHEMA, or schema.graphql)')
    .action((file: string | undefined) => {
      const { sdl } = readModel(file ?? readConfig().schemaFile);
      world.out.write(sdl.endsWith('\n') ? sdl : `${sdl}\n`);
    });
}

function addWorker(program: Command, world: CliWorld): void {
  program
    .command('worker')
    .description(
      'delivers the changes of the tables in place of the stream function, in a process or container',
    )
    .addHelpText('after', workerHelp())
    .action(() => runWorker({ folder: world.folder, signal: world.signal }));
}

function items(value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError(`expected a number of items from 1 to 9999999, got "${value}".`);
}

function port(value: string): number {
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number >= 1 && number <= 65_535) return number;
  throw new InvalidArgumentError(`expected a port from 1 to 65535, got "${value}".`);
}
