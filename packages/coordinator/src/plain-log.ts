import { plainLines } from '@picket/shared/plain.ts';
import { type Logger, pino } from 'pino';

/**
 * A log of JSON lines with nothing in them that a terminal would act on: people read logs with `tail`, and words of nodes
 * are in them.
 */
export function plainLog(level: string, output: { write(line: string): unknown }): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => void output.write(plainLines(line)) },
  );
}
