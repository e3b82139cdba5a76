import type { HostFiles } from '../host/host.ts';

/** Where a snapshot lies while a data dir is made of it. */
export function fetchedSnapshotPath(stateDir: string): string {
  return `${stateDir}/restore.db`;
}

/** Removes what an agent has left that was killed meanwhile; called before any work of this one. Never rejects. */
export async function removeFetchedSnapshot(files: HostFiles, stateDir: string): Promise<void> {
  const path = fetchedSnapshotPath(stateDir);
  // What cannot be removed now costs room alone, and the next start tries again.
  if (await files.exists(path).catch(() => false)) await files.remove(path).catch(() => undefined);
}
