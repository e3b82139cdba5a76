import { type ErrorCode, PicketError } from '@picket/shared/errors.ts';
import { RemoteError } from '../coordinator/remote-error.ts';
import { removeIfEmpty } from '../host/files/remove-tree.ts';
import type { HostFiles } from '../host/host.ts';

const traces = ['journal.json', 'identity.key'];

/** True if this machine holds no trace of a join yet. */
export async function isUntouched(files: Pick<HostFiles, 'list'>, stateDir: string): Promise<boolean> {
  const found = await files.list(stateDir);
  return !found.some((name) => [...traces, 'identity.pem'].includes(name));
}

/**
 * Removes the files of a first attempt to join that the coordinator has refused; nothing was spent. After any other
 * failure, keep the key: the answer may have been lost, and the agent needs the same key to ask again.
 */
export async function forgetAttempt(
  files: Pick<HostFiles, 'remove'>,
  stateDir: string,
  refusal: unknown,
): Promise<void> {
  if (!grantsNothing(refusal)) return;
  for (const name of traces) await files.remove(`${stateDir}/${name}`);
  await removeIfEmpty(stateDir);
}

const nothingSent: readonly ErrorCode[] = ['pin_mismatch', 'clock_wrong'];

function grantsNothing(error: unknown): boolean {
  if (error instanceof RemoteError) return error.status >= 400 && error.status < 500;
  return error instanceof PicketError && nothingSent.includes(error.code);
}
