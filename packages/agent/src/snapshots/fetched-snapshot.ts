import type { HostFiles } from '../host/host.ts';

/** The path of a snapshot while a data directory is made from it. */
export function fetchedSnapshotPath(stateDir: string): string {
  return `${stateDir}/restore.db`;
}

/** Removes what a killed agent left; called before this agent starts to work. Never rejects. */
export async function removeFetchedSnapshot(files: HostFiles, stateDir: string): Promise<void> {
  const path = fetchedSnapshotPath(stateDir);
  // A failed removal only wastes space, and the next start tries again.
  if (await files.exists(path).catch(() => false)) await files.remove(path).catch(() => undefined);
}
