import type { HostFiles } from '../host/host.ts';

/** `TERM-INDEX.snap`, both in hexadecimal (server/etcdserver/api/snap/snapshotter.go of etcd 3.6). A damaged one is called `….snap.broken`. */
const snapshotName = /^[0-9a-f]{16}-([0-9a-f]{16})\.snap$/;

/** The raft index of the newest raft snapshot in this data directory, as etcd sorts them; null if it has none, or cannot be read. */
export async function raftSnapshotIndex(files: Pick<HostFiles, 'list'>, dataDir: string): Promise<number | null> {
  const names = await files.list(`${dataDir}/member/snap`).catch(() => []);
  const newest = names
    .filter((name) => snapshotName.test(name))
    .sort()
    .at(-1);
  const [, index = ''] = snapshotName.exec(newest ?? '') ?? [];
  const count = Number.parseInt(index, 16);
  return Number.isSafeInteger(count) ? count : null;
}
