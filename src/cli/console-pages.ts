import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { putItemLine, wscatLine } from '../console/commands.ts';
import { subscriptionExamples } from '../console/examples.ts';
import { firstQuery } from '../console/graphiql/first-query.ts';
import type { GraphiQLInfo } from '../console/graphiql/info.ts';
import type { Example, PageInfo } from '../console/page-info.ts';
import { TablecastError } from '../errors.ts';
import { type Owner, owned, SAMPLE_PERSON } from './sample-person.ts';

/** What the pages tell a developer about the stack they belong to. */
export interface ConsoleInfo {
  /** WebSocket URL of the gateway. */
  readonly ws: string;
  /** A key the gateway accepts. The pages give it to whoever can open them, which is why they are loopback only. */
  readonly apiKey: string;
  /** Completed schema, directives included. */
  readonly sdl: string;
  readonly region: string;
  /** DynamoDB endpoint. */
  readonly dynamodb: string;
  /** Table names as the schema writes them; the page begins with the first. */
  readonly tables: readonly string[];
  /** True when the schema has rules: the pages then let one say who one is, by tokens of the local issuer. Default false. */
  readonly rules?: boolean;
  /** See `Endpoints.tokenCommand`; with it the pages speak as its person unless they are told otherwise. */
  readonly tokenCommand?: string;
  /** Attributes that name an item's owner: samples are to be somebody's. Default none. */
  readonly owners?: readonly Owner[];
}

/** What one path answers. A file that is large and seldom asked for is read when it is. */
export interface Resource {
  readonly type: string;
  readonly body: Buffer | URL;
  /** It belongs to GraphiQL, whose policy is another. */
  readonly graphiql: boolean;
}

/** GraphiQL's page: at the path of the API, for browsers. */
export const GRAPHIQL_PATH = '/graphql';

/** How many subscriptions GraphiQL begins with, beside a query. */
const SUBSCRIPTION_TABS = 3;

const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
} as const;

const PAGE_FILES = [
  { path: '/', file: 'index.html', type: TYPES.html },
  { path: '/app.js', file: 'app.js', type: TYPES.js },
  { path: '/style.css', file: 'style.css', type: TYPES.css },
  { path: '/icon.svg', file: 'icon.svg', type: TYPES.svg },
] as const;

const GRAPHIQL_FILES = [
  { path: GRAPHIQL_PATH, file: 'graphiql/index.html', type: TYPES.html },
  { path: '/graphiql/app.js', file: 'graphiql/app.js', type: TYPES.js },
  { path: '/graphiql/style.css', file: 'graphiql/style.css', type: TYPES.css },
  { path: '/graphiql/editor.worker.js', file: 'graphiql/editor.worker.js', type: TYPES.js },
  { path: '/graphiql/graphql.worker.js', file: 'graphiql/graphql.worker.js', type: TYPES.js },
  { path: '/graphiql/json.worker.js', file: 'graphiql/json.worker.js', type: TYPES.js },
] as const;

/**
 * Everything the pages consist of, by path.
 * @param folder the built pages; by default what `npm run build` makes
 * @throws TablecastError `LOCAL_STACK` when they are not built
 */
export function consolePages(info: ConsoleInfo, folder: URL = builtPages()): ReadonlyMap<string, Resource> {
  return new Map([...files(folder), ...facts(info)]);
}

/** The pages lie beside this file's folder once built; run from the sources, they are in the build's folder. */
function builtPages(): URL {
  const beside = new URL('../console/', import.meta.url);
  return existsSync(new URL('app.js', beside)) ? beside : new URL('../../dist/src/console/', import.meta.url);
}

function* files(folder: URL): Iterable<[string, Resource]> {
  const all = [...PAGE_FILES, ...GRAPHIQL_FILES];
  const missing = all.filter(({ file }) => !existsSync(new URL(file, folder)));
  if (missing.length > 0) {
    throw new TablecastError(
      'LOCAL_STACK',
      `The page is not built: expected ${missing.map(({ file }) => file).join(', ')} in ${fileURLToPath(folder)}; run "npm run build".`,
    );
  }
  for (const { path, file, type } of PAGE_FILES) {
    yield [path, { type, body: readFileSync(new URL(file, folder)), graphiql: false }];
  }
  for (const { path, file, type } of GRAPHIQL_FILES) {
    yield [path, { type, body: new URL(file, folder), graphiql: true }];
  }
}

function* facts(info: ConsoleInfo): Iterable<[string, Resource]> {
  const { ws, apiKey, region, dynamodb, tables, sdl, rules = false, tokenCommand, owners = [] } = info;
  const subscriptions = subscriptionExamples(sdl, tables).map((example) => owned(example, owners));
  const person = rules && { person: tokenCommand === undefined ? '' : SAMPLE_PERSON };
  const examples = subscriptions.map((example) => ({
    ...example,
    wscat: wscatLine(info, example),
    ...(example.sample && { putItem: putItemLine(info, example.sample) }),
  }));
  const page: PageInfo = { ws, apiKey, ...person, region, dynamodb, tables, examples };
  const graphiql: GraphiQLInfo = {
    apiKey,
    ...person,
    tabs: [
      { query: firstQuery(sdl), variables: '{}' },
      ...subscriptions
        .slice(0, SUBSCRIPTION_TABS)
        .map((example) => ({ query: named(example), variables: example.variables })),
    ],
  };
  yield ['/schema.graphql', { type: TYPES.text, body: Buffer.from(sdl), graphiql: false }];
  yield ['/info.json', json(page)];
  yield ['/graphiql/info.json', json(graphiql)];
}

/** GraphiQL titles a tab by the name of its operation. */
function named({ document, title }: Example): string {
  const name = title.replace(/(?:^|\W+)(\w)/g, (_, first: string) => first.toUpperCase());
  return document.replace(/^subscription/, `subscription ${name}`);
}

function json(value: PageInfo | GraphiQLInfo): Resource {
  return { type: TYPES.json, body: Buffer.from(JSON.stringify(value)), graphiql: false };
}
