/** The Log of a daemon: JSON lines (pino) to stderr or to a file of mode 0600. */
import { pino, stdSerializers, stdTimeFunctions } from 'pino';
import type { Log } from '../../std/log.ts';
import { LogFile } from './log-file.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogSinkInit {
  readonly level: LogLevel;
  /** null: stderr. */
  readonly path: string | null;
  /** In every line: who speaks (cluster, node, ...). */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LogSink {
  readonly log: Log;
  setLevel(level: LogLevel): void;
  /** For the last words of a dying process; an ordinary exit flushes by itself. */
  flushSync(): void;
  /** Writes what waits and closes; later lines are dropped. */
  close(): Promise<void>;
}

/**
 * A line: `{"level":"info","time":"2024-01-01T00:00:00.000Z","cluster":...,"msg":...}`. Control
 * bytes in values are escaped, errors under `err` or `error` carry code, hint, stack and cause.
 *
 * @throws {RaftctlError} DISK_FAILED when the file cannot be opened.
 */
export function openLogSink(init: LogSinkInit): LogSink {
  const file = new LogFile(init.path);
  const logger = pino(
    {
      level: init.level,
      base: { ...init.fields, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: stdSerializers.errWithCause, error: stdSerializers.errWithCause },
    },
    file,
  );
  return {
    log: {
      debug: (fields, message) => logger.debug(fields, message),
      info: (fields, message) => logger.info(fields, message),
      warn: (fields, message) => logger.warn(fields, message),
      error: (fields, message) => logger.error(fields, message),
    },
    setLevel: (level) => {
      logger.level = level;
    },
    flushSync: () => file.flushSync(),
    close: () => file.close(),
  };
}
