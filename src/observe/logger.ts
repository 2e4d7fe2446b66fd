import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import { cutText, writtenFields } from './log-fields.ts';

/** Levels an operator may choose from. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** One of pino's levels, or none. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How much is logged, and where to. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** Writes the messages of errors that are not ours too, which may repeat values. Default false. */
  readonly errorMessages?: boolean;
  /** Gets each line of JSON. Default standard output. */
  readonly destination?: DestinationStream;
}

/**
 * JSON lines on standard output, one object an event with a stable `event` name. A line holds the fields of `LOG_FIELDS`
 * and the words of the call, which are a constant of our code; whatever else a call passes is left out and counted (C8).
 * Words without an `event` are no line of ours and are left out too.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { level, errorMessages = false, destination = pino.destination(1) } = options;
  const written = (given: object) => writtenFields(given, errorMessages);
  const logger = pino(
    {
      ...FORM,
      level,
      hooks: {
        logMethod([given, words], method) {
          const fields: unknown = given;
          if (typeof fields !== 'object' || fields === null) {
            method.call(this, { dropped: 1 });
            return;
          }
          const own = written(fields instanceof Error ? { err: fields } : fields);
          const text = own['event'] === undefined ? undefined : cutText(words);
          // Undefined words make pino look for some in the error.
          method.call(this, own, ...(text === undefined ? [] : [text]));
        },
      },
    },
    destination,
  );
  const { child } = logger;
  Object.defineProperty(logger, 'child', {
    value(this: Logger, given: object) {
      return Reflect.apply(child, this, [written(given)]);
    },
  });
  return logger;
}

/**
 * What a project's own code logs with: every field it passes is written as it is, marked `"source":"project"`. Of errors
 * it writes type, message and stack, and nothing that a library hung on them.
 */
export function createProjectLogger({ level, destination = pino.destination(1) }: LoggerOptions): Logger {
  return pino({ ...FORM, level, base: { source: 'project' }, serializers: { err: plainError } }, destination);
}

const FORM = { base: null, formatters: { level: (label: string) => ({ level: label }) } };

function plainError(value: unknown): object {
  if (!(value instanceof Error)) return { type: 'not an Error' };
  const { type, message, stack } = stdSerializers.err(value);
  return { type, message, stack };
}
