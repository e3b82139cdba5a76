import { failure, PicketError, type WireError } from '@picket/shared/errors.ts';
import { type ExitCode, exitCodeOf, exitCodes } from '@picket/shared/exit-codes.ts';
import { withoutSecretsIn } from '@picket/shared/secrets.ts';
import { CommanderError } from 'commander';
import { Refusal } from './refusal.ts';
import { usageError } from './usage.ts';

/**
 * Any error as one for the user, without secrets.
 * @param command the command it was thrown by, for hints at its help
 */
export function errorForUser(error: unknown, command: string): WireError {
  const shown = error instanceof CommanderError ? usageError(inWords(error), command) : error;
  return withoutSecretsIn(wireOf(shown, command));
}

/** How `picket` ends with this error. */
export function exitCodeAfter(error: unknown): ExitCode {
  if (error instanceof CommanderError) return exitCodes.usage.code;
  if (error instanceof Refusal) return exitCodeOf({ code: error.wire.code, status: error.status });
  return error instanceof PicketError ? exitCodeOf(error) : exitCodes.failed.code;
}

function wireOf(error: unknown, command: string): WireError {
  if (error instanceof Refusal) return error.wire;
  // The readers of arguments do not know their command.
  if (error instanceof PicketError && error.code === 'usage_invalid') {
    return usageError(String(error.details.problem), command).toWire();
  }
  if (error instanceof PicketError) return error.toWire();
  const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return failure('cli_failed', { problem }).toWire();
}

/** `error: unknown command 'lst'\n(Did you mean list?)` as a clause without its full stop. */
function inWords({ message }: CommanderError): string {
  return message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean /, ' (did you mean ')
    .replace(/\.$/, '');
}
