import type { HostFiles } from '../host/host.ts';
import type { FolderState } from '../reconcile/model.ts';

/** The folders of the incarnations that matter now. */
export async function dataDirs(
  files: HostFiles,
  dataRoot: string,
  incarnations: readonly string[],
): Promise<Readonly<Record<string, FolderState>>> {
  const found: Record<string, FolderState> = {};
  for (const incarnation of new Set(incarnations)) {
    const path = `${dataRoot}/${incarnation}`;
    if (!(await files.exists(path))) continue;
    // Without its write-ahead log a member forgets what it voted and acknowledged, and etcd starts all the same (R4).
    const log = await files.list(`${path}/member/wal`);
    found[incarnation] = log.some((name) => name.endsWith('.wal')) ? 'filled' : 'empty';
  }
  return found;
}
