import { stripIgnoredCharacters } from 'graphql';
import {
  credentialHeader,
  type Endpoints,
  frames,
  putItemLine,
  quoted,
  wscatLine,
} from '../console/commands.ts';
import { subscriptionExamples } from '../console/examples.ts';
import { firstQuery } from '../console/graphiql/first-query.ts';
import type { Example, SampleItem } from '../console/page-info.ts';
import { LOCAL_CREDENTIALS } from '../testing/dynamodb-local.ts';
import { DEFAULT_LOOP_URL } from './loop-request.ts';
import { type Owner, owned, SAMPLE_PERSON } from './sample-person.ts';

/** What `--json` prints, but for `ready`. */
export interface StackInfo {
  readonly ws: string;
  readonly http: string;
  /** The API over HTTP and WebSocket; GraphiQL, when a browser opens it. */
  readonly graphql: string;
  readonly dynamodb: string;
  readonly region: string;
  readonly apiKey: string;
  /** See `Endpoints.tokenCommand`. */
  readonly tokenCommand?: string;
  /** Real table names. */
  readonly tables: readonly string[];
}

/** What the screen of `tablecast start` tells of. */
export interface ScreenInput {
  readonly info: StackInfo;
  /** Completed schema. */
  readonly sdl: string;
  /** Table names as the schema writes them. */
  readonly schemaTables: readonly string[];
  readonly auth: boolean;
  /** True when the schema has rules: who one is then matters. */
  readonly rules: boolean;
  /** How the command line is called in the project's folder, such as `npx tablecast`. */
  readonly command: string;
  /** Attributes that name an item's owner: the sample is to be somebody's. */
  readonly owners: readonly Owner[];
  /** See `Endpoints.origin`. */
  readonly origin?: string;
}

/** The one screen of `start`: where everything is, how to subscribe, how to write. */
export function screen({ sdl, schemaTables, auth, rules, command, owners, ...input }: ScreenInput): string {
  const { info, origin } = input;
  const example = subscriptionExamples(sdl, schemaTables)[0];
  return [
    '',
    'Tablecast is running. Ctrl-C stops it.',
    '',
    `  page       ${info.http}`,
    `  GraphiQL   ${info.graphql}   (in a browser)`,
    `  GraphQL    ${info.graphql}   (HTTP, and WebSocket at the same URL)`,
    `  WebSocket  ${info.ws}   ${auth ? `(API key: ${info.apiKey})` : '(no key needed: --no-auth)'}`,
    `  Tokens     ${tokenLine(info.http, rules, command)}`,
    `  DynamoDB   ${info.dynamodb}   (region ${info.region}; tables: ${info.tables.join(', ')})`,
    '',
    'Query: paste this line in another terminal.',
    '',
    `  ${curlLine(info, firstQuery(sdl))}`,
    '',
    ...(example
      ? steps({ ...info, ...(origin !== undefined && { origin }) }, owned(example, owners))
      : ['The schema has no subscription field: mark a type with @table.']),
    'What is delivered shows below as it happens.',
    '',
  ].join('\n');
}

/** A shell command that prints a token. @param command the command line's own name @param http of the page */
export function tokenCommand(command: string, http: string): string {
  return `${command} token --sub ${SAMPLE_PERSON}${http === DEFAULT_LOOP_URL ? '' : ` --url ${http}`}`;
}

/** With rules the key alone may be let in nowhere. */
function tokenLine(http: string, rules: boolean, command: string): string {
  return `${tokenCommand(command, http)}   (for "authorization"${rules ? ': the schema has rules, which may not let the key in' : ', beside the key'})`;
}

function steps(info: StackInfo & Endpoints, example: Example): readonly string[] {
  return [
    'Subscribe: paste this one.',
    '',
    `  ${wscatLine(info, example)}`,
    '',
    'Any other client sends the same two frames (subprotocol graphql-transport-ws, or none):',
    '',
    ...frames(example).map((frame) => `  ${frame}`),
    '',
    ...(example.sample ? writing(info, example.sample) : []),
  ];
}

function writing(info: StackInfo, sample: SampleItem): readonly string[] {
  return [
    'Write an item, in a third terminal, with the AWS command line:',
    '',
    `  ${putItemLine(info, sample)}`,
    '',
    'or, in this folder, with Node alone:',
    '',
    `  ${nodeLine(info, sample)}`,
    '',
  ];
}

/** One line for a POSIX shell that runs a query over HTTP. */
export function curlLine(info: StackInfo, query: string): string {
  const body = JSON.stringify({ query: stripIgnoredCharacters(query) });
  const credential =
    info.tokenCommand === undefined ? quoted(`x-api-key: ${info.apiKey}`) : credentialHeader(info);
  const type = quoted('content-type: application/json');
  return ['curl', info.graphql, '-H', credential, '-H', type, '-d', quoted(body)].join(' ');
}

/** One line for a POSIX shell that writes the item by the SDK this package brings along. */
export function nodeLine({ dynamodb, region }: StackInfo, { table, item }: SampleItem): string {
  const client = JSON.stringify({ endpoint: dynamodb, region, credentials: LOCAL_CREDENTIALS });
  const input = JSON.stringify({ TableName: table, Item: item });
  const script = `import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb"; await new DynamoDBClient(${client}).send(new PutItemCommand(${input}))`;
  return `node --input-type=module -e ${quoted(script)}`;
}
