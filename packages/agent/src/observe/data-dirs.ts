import { nothingCommitted } from '../etcd/wal-commits.ts';
import type { HostFiles } from '../host/host.ts';
import type { FolderState, Journal } from '../reconcile/model.ts';

/** The log of an etcd that has just been started is some hundred bytes long. */
const headBytes = 64 * 1024;

/** The folders of the incarnations that matter now. */
export async function dataDirs(
  files: HostFiles,
  dataRoot: string,
  incarnations: readonly string[],
  stages: Journal['incarnations'],
): Promise<Readonly<Record<string, FolderState>>> {
  const found: Record<string, FolderState> = {};
  for (const incarnation of new Set(incarnations)) {
    const path = `${dataRoot}/${incarnation}`;
    if (!(await files.exists(path))) continue;
    // Without its write-ahead log a member forgets what it voted and acknowledged, and etcd starts all the same (R4).
    const log = await files.list(`${path}/member/wal`);
    const [first, ...more] = log.filter((name) => name.endsWith('.wal'));
    if (first === undefined) found[incarnation] = 'empty';
    else {
      const judged = stages[incarnation] === 'made' && more.length === 0;
      const head = judged ? await files.readStart(`${path}/member/wal/${first}`, headBytes) : null;
      found[incarnation] = head !== null && nothingCommitted(head) ? 'unborn' : 'filled';
    }
  }
  return found;
}
