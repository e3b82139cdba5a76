import type { HostFiles } from '../host/host.ts';

/** The path of a snapshot that the agent has fetched, while a data directory is made from it. */
export function fetchedSnapshotPath(stateDir: string): string {
  return `${stateDir}/restore.db`;
}

/** The path of a snapshot that etcdctl has taken, while the agent sends it. */
export function takenSnapshotPath(stateDir: string): string {
  return `${stateDir}/taken.db`;
}

/** Removes what a killed agent left; called before this agent starts to work. Never rejects. */
export async function removeLeftSnapshots(files: HostFiles, stateDir: string): Promise<void> {
  const whole = [fetchedSnapshotPath(stateDir), takenSnapshotPath(stateDir)];
  for (const path of whole.flatMap((path) => [path, `${path}.part`])) {
    // A failed removal only wastes space, and the next start tries again.
    if (await files.exists(path).catch(() => false)) await files.remove(path).catch(() => undefined);
  }
}
