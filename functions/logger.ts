import { Logger } from '@aws-lambda-powertools/logger';
import type { RankLogger } from '../rank/context.js';

/** Structured log lines of one function; `persistent` fields stand in every line. */
export function createLogger(serviceName: string, persistent: Record<string, unknown> = {}): RankLogger {
  const logger = new Logger({ serviceName, persistentKeys: persistent });
  return {
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}
