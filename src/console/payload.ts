import type { GraphQLFormattedError } from 'graphql';

/** An execution result as it comes over the wire. */
export interface WirePayload {
  readonly data?: Readonly<Record<string, unknown>> | null | undefined;
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** What the head of an entry says about a payload. */
export interface Headline {
  /** `ENTER`, `UPDATE`, `LEAVE`; of a field that has no kind `CREATE`, `UPDATE`, `DELETE` by its name, else `DATA`. */
  readonly kind: string;
  /** What else to point out: errors inside and their codes, removed by its time to live. */
  readonly marks: readonly string[];
  readonly eventId?: string;
}

/** The confirmation that was asked for (`extensions.confirm`), not a delivery. */
export function isConfirmation({ extensions }: WirePayload): boolean {
  return extensions?.['subscribed'] === true;
}

export function headline({ data, errors, extensions }: WirePayload): Headline {
  const [field, value] = Object.entries(data ?? {})[0] ?? [];
  const failed = errors !== undefined && errors.length > 0;
  const nothing = value === null || value === undefined;
  const reasons = (errors ?? []).flatMap((error) => textIn(error.extensions, 'code') ?? []);
  const eventId =
    textIn(extensions, 'eventId') ??
    textIn(value, 'eventId') ??
    (errors ?? []).map((error) => textIn(error.extensions, 'eventId')).find((id) => id !== undefined);
  return {
    kind: failed && nothing ? 'ERROR' : (textIn(value, 'kind') ?? kindOfField(field)),
    marks: [
      ...(failed && !nothing ? [`${errors.length} field ${errors.length === 1 ? 'error' : 'errors'}`] : []),
      ...new Set(reasons),
      ...(extensions?.['expired'] === true ? ['expired by TTL'] : []),
    ],
    ...(eventId !== undefined && { eventId }),
  };
}

/** Errors as one sentence each, with the place in the document and the code where they have them. */
export function errorText(errors: readonly GraphQLFormattedError[]): string {
  return errors.map(oneError).join('\n');
}

function oneError({ message, locations, extensions }: GraphQLFormattedError): string {
  const place = locations?.[0];
  const code = textIn(extensions, 'code');
  return `${message}${place ? ` (line ${place.line}, column ${place.column})` : ''}${code ? ` [${code}]` : ''}`;
}

function kindOfField(field: string | undefined): string {
  const event = /^on(Create|Update|Delete)(?![a-z])/.exec(field ?? '')?.[1];
  return event?.toUpperCase() ?? 'DATA';
}

function textIn(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
  return typeof found === 'string' ? found : undefined;
}
