import { dirname } from 'node:path';
import { keepReplaced } from '../../host/keep-replaced.ts';
import { fileNames } from '../../model/managed-files.ts';
import type { ManagedFile } from '../../model/model.ts';
import type { ExecutionContext } from './execution.ts';

/**
 * Writes one of the text files whole (R9). They hold no secret and belong to the user that runs the agent. A sample
 * conf.yml from a package, which somebody may have edited, is kept first (R13).
 */
export async function writeManagedFile(
  { path, content, mode }: ManagedFile,
  { host, paths, failpoint }: ExecutionContext,
): Promise<void> {
  await host.files.ensureFolder(dirname(path), 0o755, null);
  if (path === fileNames(paths).conf) await keepReplaced(host.files, paths.stateDir, path);
  failpoint('conf.before-write');
  await host.files.writeWhole({ path, content, mode, owner: null });
  failpoint('conf.after-write');
}

/** Checks, before etcd is stopped, whether the disk will take the file. Throws what writing it would. */
export async function rehearseManagedFile(
  { path, content, mode }: ManagedFile,
  { host }: ExecutionContext,
): Promise<void> {
  await host.files.ensureFolder(dirname(path), 0o755, null);
  await host.files.rehearseWhole({ path, content, mode, owner: null });
}
