import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../adapters/clock.ts';
import type { Identity } from '../auth/identity.ts';
import type { Change, Image } from '../change/change.ts';
import { TablecastError } from '../errors.ts';
import { createCounters } from '../observe/counters.ts';
import type { RelaySettings } from '../relay/context.ts';
import { explainChange } from '../relay/explain.ts';
import { readSubscription } from '../relay/explain-subscription.ts';
import type { Model, TableType } from '../schema/model.ts';
import { imageOfFile } from './explain-images.ts';
import { explanationText } from './explain-print.ts';
import { parseJsonFile } from './json-file.ts';

/** What is to be explained, from files alone. */
export interface ExplainOptions {
  readonly folder: string;
  readonly model: Model;
  readonly settings: RelaySettings;
  /** Files of the item before and after; at least one. */
  readonly old?: string | undefined;
  readonly new?: string | undefined;
  /** The subscription, or `@` and a file with it. */
  readonly query: string;
  /** JSON, or `@` and a file with it. */
  readonly variables?: string | undefined;
  /** Whose own changes the subscriber does not want (`skipOwn`). */
  readonly skipOwn?: string | undefined;
  /** Whom the rules of the schema are held against; without one they keep nothing from anybody. */
  readonly as?: Identity | undefined;
  /** JSON instead of words. */
  readonly json: boolean;
  readonly out: NodeJS.WritableStream;
}

/**
 * Says why a change, given as two images, would or would not be delivered to a subscription. Reads files alone.
 * @throws TablecastError `CONFIG_INVALID` for what cannot be read, `DOCUMENT_INVALID` for a subscription that would be refused
 */
export async function explain(options: ExplainOptions): Promise<void> {
  const { model, settings, json, out } = options;
  const request = {
    query: textOf(options, options.query),
    ...(options.variables !== undefined && { variables: variablesOf(options, options.variables) }),
    ...(options.skipOwn !== undefined && { extensions: new Map([['skipOwn', options.skipOwn]]) }),
  };
  const reader = options.as && { identity: options.as, settings: settings.access };
  const reading = readSubscription(model, request, {
    access: settings.access,
    limits: settings.limits,
    ...(reader && { reader }),
  });
  if (!reading.ok) {
    const messages = reading.errors.map(({ message }) => message).join('\n');
    throw new TablecastError('DOCUMENT_INVALID', `--query: the subscription is refused: ${messages}`);
  }
  const { subscription } = reading;
  const { field } = subscription;
  if (field.source !== 'table') {
    throw new TablecastError(
      'CONFIG_INVALID',
      `--query: expected a subscription that a table feeds, got ${field.name}, which code feeds by publish()`,
    );
  }
  const explanation = await explainChange(
    { model, settings, clock: systemClock, metrics: createCounters(), logger: pino({ level: 'silent' }) },
    { change: changeOf(options, field.type), subscription },
  );
  out.write(json ? `${JSON.stringify(explanation)}\n` : explanationText(explanation));
}

/** The change the two images make, as the stream would tell it. */
function changeOf(options: ExplainOptions, type: TableType): Change {
  const oldImage = imageOf(options, options.old);
  const newImage = imageOf(options, options.new);
  const image = newImage ?? oldImage;
  if (!image) {
    throw new TablecastError('CONFIG_INVALID', 'expected --old, --new or both, got neither');
  }
  const keys: Record<string, Image[string]> = Object.create(null);
  for (const name of type.keys) {
    const attribute = type.fields.get(name)?.attribute ?? name;
    const value = Object.hasOwn(image, attribute) ? image[attribute] : undefined;
    if (value) keys[attribute] = value;
  }
  return {
    eventId: 'explain',
    eventName: newImage ? (oldImage ? 'MODIFY' : 'INSERT') : 'REMOVE',
    table: type.table,
    streamArn: '',
    sequenceNumber: '0',
    at: systemClock.now(),
    keys,
    ...(newImage && { newImage }),
    ...(oldImage && { oldImage }),
    expired: false,
  };
}

function imageOf({ folder }: ExplainOptions, file: string | undefined): Image | undefined {
  return file === undefined ? undefined : imageOfFile(readText(folder, file), file);
}

function variablesOf(options: ExplainOptions, given: string): Readonly<Record<string, unknown>> {
  const place = given.startsWith('@') ? given.slice(1) : '--variables';
  const value = parseJsonFile(textOf(options, given), place);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new TablecastError('CONFIG_INVALID', `${place}: expected a JSON object, got something else`);
}

/** The text given, or that of the file it names after `@`. */
function textOf({ folder }: ExplainOptions, given: string): string {
  return given.startsWith('@') ? readText(folder, given.slice(1)) : given;
}

function readText(folder: string, file: string): string {
  try {
    return readFileSync(resolve(folder, file), 'utf8');
  } catch (cause) {
    const code =
      typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'an error';
    throw new TablecastError('CONFIG_INVALID', `${file}: expected a file that can be read, got ${code}`, {
      cause,
    });
  }
}
