import { type Logger, pino, stdSerializers } from 'pino';

/** Levels an operator may choose from. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * JSON lines on standard output, one object an event with a stable `event` name. Call sites pass names, ids and
 * counts; never frames, variables, images or credentials (C8).
 */
export function createLogger(level: LogLevel): Logger {
  return pino({
    level,
    base: null,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: errorFields },
  });
}

/** An error without what a library may have hung on it: SDK errors carry requests, and requests carry items. */
export function errorFields(value: unknown): object {
  if (!(value instanceof Error)) return { message: 'not an Error' };
  const { type, message, stack } = stdSerializers.err(value);
  const cause = value.cause instanceof Error ? `${value.cause.name}: ${value.cause.message}` : undefined;
  return { type, message, stack, ...(cause && { cause }) };
}
