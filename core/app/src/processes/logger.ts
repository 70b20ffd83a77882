import { scrub, type Logger } from '@slowlane/contracts';
import pino from 'pino';

/** JSON lines on stderr; every text is scrubbed of secrets where it enters. */
export function createLogger(name: string, level = 'info'): Logger {
  const logger = pino({ name, level, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: Record<string, unknown>, message: string) => {
    // Scrubbing costs more than the call that is logged.
    if (logger.isLevelEnabled(level))
      logger[level](JSON.parse(scrub(JSON.stringify(fields))) as object, scrub(message));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
