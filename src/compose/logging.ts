import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { createLogger, createProjectLogger } from '../observe/logger.ts';

/** What everything of ours logs with. */
export function loggerOf({ logLevel, logErrorMessages }: Config): Logger {
  return createLogger({ level: logLevel, errorMessages: logErrorMessages });
}

/** What a project's resolvers and hooks log with. */
export function projectLoggerOf({ logLevel }: Config): Logger {
  return createProjectLogger({ level: logLevel });
}
