import { plainLines } from '@picket/shared/plain.ts';
import { type Logger, pino } from 'pino';

/**
 * A log of JSON lines without control characters: people read logs with `tail`, and logs contain words of nodes, which
 * could steer a terminal.
 */
export function plainLog(level: string, output: { write(line: string): unknown }): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => void output.write(plainLines(line)) },
  );
}
