import { stripIgnoredCharacters } from 'graphql';
import type { Example, SampleItem } from './page-info.ts';

/** Where the commands are to point. */
export interface Endpoints {
  readonly ws: string;
  readonly apiKey: string;
  readonly dynamodb: string;
  readonly region: string;
}

/**
 * One line for a POSIX shell that connects, subscribes and stays: both frames are sent as soon as the socket is
 * open, which the gateway allows (a frame waits for its connection's init).
 */
export function wscatLine({ ws, apiKey }: Endpoints, { document, variables }: Example): string {
  const payload = { query: stripIgnoredCharacters(document), variables: JSON.parse(variables) };
  const frames = [{ type: 'connection_init' }, { id: '1', type: 'subscribe', payload }];
  const executed = frames.map((frame) => `-x ${quoted(JSON.stringify(frame))}`);
  return ['npx wscat -c', quoted(ws), '-H', quoted(`x-api-key:${apiKey}`), '-w -1', ...executed].join(' ');
}

/** One line for a POSIX shell that writes the item; the keys are those DynamoDB Local takes. */
export function putItemLine({ dynamodb, region }: Endpoints, { table, item }: SampleItem): string {
  return [
    'AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws dynamodb put-item',
    `--endpoint-url ${quoted(dynamodb)} --region ${quoted(region)}`,
    `--table-name ${quoted(table)} --item ${quoted(JSON.stringify(item))}`,
  ].join(' ');
}

/** Quotes a word for a POSIX shell, when it needs it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
