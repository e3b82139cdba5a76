import { nothingCommitted } from '../etcd/wal-commits.ts';
import type { HostFiles } from '../host/host.ts';
import type { Journal } from '../journal/journal.ts';
import type { FolderState } from '../model/model.ts';

/** An etcd that has just started has written some hundred bytes of it. */
const headBytes = 64 * 1024;
const firstLog = '0000000000000000-0000000000000000.wal';

/** Where the data of an incarnation that had committed nothing was moved; there is one such folder for each. */
export function unbornFolder(dataRoot: string, incarnation: string): string {
  return `${dataRoot}/${incarnation}.unborn`;
}

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
    // Without its write-ahead log, a member forgets what it voted for and acknowledged, and etcd starts all the same
    // (R4).
    const log = (await files.list(`${path}/member/wal`)).filter((name) => name.endsWith('.wal'));
    if (log.length === 0) found[incarnation] = 'empty';
    else {
      const judged = stages[incarnation] === 'made' && !(await files.exists(unbornFolder(dataRoot, incarnation)));
      found[incarnation] = judged && (await isUnborn(files, `${path}/member`, log)) ? 'unborn' : 'filled';
    }
  }
  return found;
}

async function isUnborn(files: HostFiles, member: string, log: readonly string[]): Promise<boolean> {
  if (log.length > 1 || log[0] !== firstLog) return false;
  // The first snapshot comes after many entries, or from a leader.
  if ((await files.list(`${member}/snap`)).some((name) => name !== 'db')) return false;
  const head = await files.readStart(`${member}/wal/${firstLog}`, headBytes);
  return head !== null && nothingCommitted(head);
}
