import { PicketError } from '@picket/shared/errors.ts';
import { type ExitCode, exitCodeOf, exitCodes } from '@picket/shared/exit-codes.ts';
import { withoutSecrets, withoutSecretsIn } from '@picket/shared/secrets.ts';
import { RemoteError } from '../coordinator/remote-error.ts';
import type { AgentIo, Output } from './io.ts';

/** Prints an error where a person, or a program that asked for JSON, reads it. @returns how the program ends */
export function printError(io: Pick<AgentIo, 'stdout' | 'stderr'>, error: unknown, output: Output): ExitCode {
  const known = error instanceof PicketError || error instanceof RemoteError;
  const code = known ? exitCodeOf(error) : exitCodes.failed.code;
  const isJson = output === 'json';
  if (known && !isJson && code === exitCodes.done.code) io.stdout.write(`${error.message} ${error.hint}\n`);
  else (isJson ? io.stdout : io.stderr).write(shownError(error, output));
  return code;
}

/** An error as text for a person, or as JSON for a program that reads `--output json`. */
export function shownError(error: unknown, output: Output): string {
  if (error instanceof PicketError || error instanceof RemoteError) {
    const wire = withoutSecretsIn(error.toWire());
    if (output === 'json') return `${JSON.stringify(wire, null, 2)}\n`;
    const lines = [`error: ${wire.message}`, ...(wire.hint === '' ? [] : [`hint: ${wire.hint}`])];
    return `${lines.join('\n')} (${wire.code})\n`;
  }
  // A bug: a report of it needs the stack trace.
  const trace = withoutSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (output === 'text') return `error: ${trace}\n`;
  return `${JSON.stringify({ code: 'internal', message: trace, hint: '', details: {} }, null, 2)}\n`;
}
