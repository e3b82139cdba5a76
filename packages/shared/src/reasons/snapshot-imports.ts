import type { Numbers, Texts } from './facts.ts';
import type { Sayers } from './reason.ts';

const takesOne =
  'take one from a running member with `etcdctl snapshot save FILE`, or on a server of k3s with `k3s etcd-snapshot save`';

/** Why a file is not imported as a snapshot of a cluster. */
export const snapshotImportReasons = {
  /** Why the list has the snapshot. */
  imported: '{by} imported it',
  import_is_archive: ({ kind }: Texts<'kind'>) =>
    `it is a ${kind} archive; unpack it with \`${kind === 'zip' ? 'unzip' : 'gunzip'}\`, and import the file in it`,
  import_is_raft_file: () =>
    `it is a file of etcd’s log, not a snapshot of its database; files from member/snap and member/wal cannot be imported: ${takesOne}`,
  import_is_no_snapshot: ({ problem }: Texts<'problem'>) => `it is no snapshot of etcd: ${problem}; ${takesOne}`,
  import_has_no_hash: () =>
    `it is a database of etcd without the hash that etcd puts at the end of a snapshot, such as a copy of member/snap/db. Nobody can tell whether such a copy is complete: ${takesOne}. If no member runs any more, docs/how-to/import-a-snapshot.md says how to make a snapshot of such a copy`,
  import_is_cut_off: ({ bytes, least }: Numbers<'bytes' | 'least'>) =>
    `it is cut off: ${bytes} bytes arrived, and by its first page it has at least ${least}. The command that made or sent it may have failed: ${takesOne}`,
  import_is_damaged: ({ problem }: Texts<'problem'>) => `it is damaged: ${problem}. Copy it again, or ${takesOne}`,
  import_is_another: ({ found, wanted }: Texts<'found' | 'wanted'>) =>
    `the SHA-256 of what arrived is ${found}, and ${wanted} was announced`,
  import_has_other_size: ({ found, wanted }: Numbers<'found' | 'wanted'>) =>
    `${found} bytes arrived, and ${wanted} were announced. The file may have changed while it was read`,
  import_is_too_large: ({ cluster, quota }: Texts<'cluster'> & Numbers<'quota'>) =>
    `it has more than ${quota} bytes, the quota of ${cluster}: etcd would refuse writes at once. Make the database smaller where it comes from (compact, then \`etcdctl defrag\`), or raise the quota first: \`picket cluster set ${cluster} quotaBackendBytes=BYTES\``,
  import_is_too_old: ({ version }: Texts<'version'>) =>
    `it is of a cluster with etcd ${version}; Picket imports snapshots of etcd 3.4 and later. Upgrade that cluster to 3.4 first, and take another snapshot`,
  import_has_no_version: () =>
    'it does not say of which version of etcd it is, as if its etcd had never served with it. Start an etcd of its version with it, write a key, and take another snapshot',
  import_format_unknown: ({ format }: Texts<'format'>) =>
    `its data is of etcd ${format}, with which Picket was not tried`,
  import_is_too_new: ({ format, minor, cluster }: Texts<'format' | 'minor' | 'cluster'>) =>
    `its data is of etcd ${format}, and ${cluster} runs etcd ${minor}, which cannot serve it; import it into a cluster of etcd ${format}`,
  import_takes_too_long: ({ hours }: Numbers<'hours'>) => `it did not arrive within ${hours} hours`,
  import_is_empty: () =>
    'it has no key. Keys that were written through the v2 API of etcd are in no snapshot: migrate them to v3 first',
} as const satisfies Sayers;
