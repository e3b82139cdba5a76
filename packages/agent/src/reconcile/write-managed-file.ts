import { dirname } from 'node:path';
import type { ExecutionContext } from './execution.ts';
import type { ManagedFile } from './model.ts';

/** Writes one of the text files whole (R9). They hold no secret and belong to whoever runs the agent. */
export async function writeManagedFile(
  { path, content, mode }: ManagedFile,
  { host, failpoint }: ExecutionContext,
): Promise<void> {
  await host.files.ensureFolder(dirname(path), 0o755, null);
  failpoint('conf.before-write');
  await host.files.writeWhole({ path, content, mode, owner: null });
  failpoint('conf.after-write');
}
