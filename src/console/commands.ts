import { Kind, parse, print, stripIgnoredCharacters, visit } from 'graphql';
import type { Example, SampleItem } from './page-info.ts';

/** Where the commands are to point. */
export interface Endpoints {
  readonly ws: string;
  readonly apiKey: string;
  /** A shell command that prints a token, where the schema's rules let the key in nowhere. */
  readonly tokenCommand?: string;
  /** The page a WebSocket is to say it comes from, where one that names none is refused. */
  readonly origin?: string;
  readonly dynamodb: string;
  readonly region: string;
}

/**
 * One line for a POSIX shell that connects, subscribes and stays: both frames are sent as soon as the socket is
 * open, which the gateway allows (a frame waits for its connection's init).
 */
export function wscatLine(endpoints: Endpoints, example: Example): string {
  const executed = frames(example).map((frame) => `-x ${quoted(frame)}`);
  const { ws, origin } = endpoints;
  const page = origin === undefined ? [] : ['-o', quoted(origin)];
  const who = ['-H', credentialHeader(endpoints), ...page];
  return ['npx wscat -c', quoted(ws), ...who, '-w -1', ...executed].join(' ');
}

/** The header of a credential, as a word for a POSIX shell. */
export function credentialHeader({
  apiKey,
  tokenCommand,
}: Pick<Endpoints, 'apiKey' | 'tokenCommand'>): string {
  return tokenCommand === undefined ? quoted(`x-api-key:${apiKey}`) : `"authorization:$(${tokenCommand})"`;
}

/** The two frames of an example, as JSON text; variables that are not given are not mentioned. */
export function frames({ document, variables }: Example): readonly string[] {
  const parsed: unknown = JSON.parse(variables);
  const isEmpty = typeof parsed === 'object' && parsed !== null && Object.keys(parsed).length === 0;
  const query = stripIgnoredCharacters(isEmpty ? withoutVariables(document) : document);
  const payload = { query, ...(!isEmpty && { variables: parsed }) };
  return [{ type: 'connection_init' }, { id: '1', type: 'subscribe', payload }].map((frame) =>
    JSON.stringify(frame),
  );
}

/** The document without the variables it was offered, and the arguments that pass them on. */
function withoutVariables(document: string): string {
  const isVariable = ({ value }: { readonly value: { readonly kind: string } }) =>
    value.kind === Kind.VARIABLE;
  return print(
    visit(parse(document), {
      OperationDefinition: (node) => ({ ...node, variableDefinitions: [] }),
      Argument: (node) => (isVariable(node) ? null : undefined),
    }),
  );
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
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
