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
    // etcd makes `member` at its first start; lost+found and the like are no data.
    found[incarnation] = (await files.exists(`${path}/member`)) ? 'filled' : 'empty';
  }
  return found;
}
