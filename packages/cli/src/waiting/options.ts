import { durationSeconds } from '@picket/shared/duration.ts';
import { quote } from '@picket/shared/problems.ts';
import type { Command } from 'commander';
import { usageError } from '../usage.ts';

/** The options of a command that waits if it is asked to. */
export interface WaitOptions {
  readonly wait?: true;
  readonly timeout?: number;
}

const usualTimeout = 600;

/** Adds `--wait` and `--timeout`. `until`: what the wait ends with, such as `all members have the settings`. */
export function withWait(command: Command, until: string): Command {
  return command
    .option('--wait', `wait until ${until}, and show the progress`)
    .option(
      '--timeout <duration>',
      'with --wait: for how long at most, such as 30s or 2h (default: 10m)',
      timeoutSeconds,
    );
}

/** Adds `--timeout` to a command that waits in any case. */
export function withTimeout(command: Command): Command {
  return command.option(
    '--timeout <duration>',
    'wait for so long at most, such as 30s or 10m (default: as long as it takes)',
    timeoutSeconds,
  );
}

/** How long to wait, in seconds; null: not at all. Throws `usage_invalid` for a timeout without a wait. */
export function timeoutOf({ wait, timeout }: WaitOptions): number | null {
  if (wait === true) return timeout ?? usualTimeout;
  if (timeout !== undefined) throw usageError('--timeout needs --wait');
  return null;
}

function timeoutSeconds(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds !== undefined) return seconds;
  throw usageError(`--timeout ${quote(text)} is not a duration; write it as 30s, 10m or 2h`);
}
