import { PicketError } from '@picket/shared/errors.ts';
import { withoutSecrets, withoutSecretsIn } from '@picket/shared/secrets.ts';
import { RemoteError } from '../coordinator/remote-error.ts';
import type { Output } from './io.ts';

/** Prints an error as text for a person, or as JSON for a program that reads `--output json`. */
export function shownError(error: unknown, output: Output): string {
  if (error instanceof PicketError || error instanceof RemoteError) {
    const wire = withoutSecretsIn(error.toWire());
    if (output === 'json') return `${JSON.stringify(wire)}\n`;
    const lines = [`error: ${wire.message}`, ...(wire.hint === '' ? [] : [`hint: ${wire.hint}`])];
    return `${lines.join('\n')} (${wire.code})\n`;
  }
  // A bug: a report of it needs the stack trace.
  const trace = withoutSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (output === 'text') return `error: ${trace}\n`;
  return `${JSON.stringify({ code: 'internal', message: trace, hint: '', details: {} })}\n`;
}
