import type { HostFiles } from '../host/host.ts';
import { openJournal } from '../journal/journal-store.ts';
import { programFolder } from '../model/program.ts';

/**
 * The folder of the release whose etcd this node last started, where its etcdctl and etcdutl are; null for the etcd of the
 * system's package, and for a node whose journal cannot be read.
 */
export async function startedFolder(files: HostFiles, stateDir: string): Promise<string | null> {
  const journal = await openJournal(files, stateDir).catch(() => null);
  const program = journal?.current().startedWith?.program;
  return program === undefined ? null : programFolder(stateDir, program);
}
