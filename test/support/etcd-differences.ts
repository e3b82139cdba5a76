import { minorOf } from '@picket/shared/etcd-version.ts';

/** What differs between the versions of etcd that tests run with. What the product makes of it is no business of this table. */
interface Differences {
  /**
   * Where etcd says whether it checks compacted revisions: in the field `compact-check-time-enabled` of what it logs at its start,
   * or in the metric `etcd_server_feature_enabled`.
   */
  readonly saysHashCheck: 'in-log' | 'in-metrics';
  /** Its status has the version of the format of its data, and a downgrade. */
  readonly saysStorage: boolean;
  /** Over an empty write-ahead log, it names the log; etcd 3.7.1 dereferences a nil pointer, which says nothing of its data. */
  readonly namesEmptyLog: boolean;
  /** What restores snapshots, beside etcdutl: the etcdctl of 3.5 can, too. */
  readonly etcdctlRestores: boolean;
}

const ofMinor: Readonly<Record<string, Differences>> = {
  '3.5': { saysHashCheck: 'in-log', saysStorage: false, namesEmptyLog: true, etcdctlRestores: true },
  '3.6': { saysHashCheck: 'in-metrics', saysStorage: true, namesEmptyLog: true, etcdctlRestores: false },
  '3.7': { saysHashCheck: 'in-metrics', saysStorage: true, namesEmptyLog: false, etcdctlRestores: false },
};

/** Throws for a version that nobody has run the tests with. */
export function differencesOf(version: string): Differences {
  const found = ofMinor[minorOf(version)];
  if (found === undefined) throw new Error(`nobody has run the tests with etcd ${version}: see etcd-differences.ts`);
  return found;
}
