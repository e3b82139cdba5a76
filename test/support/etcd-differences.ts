import { minorOf } from '@picket/shared/etcd-version.ts';

/** What differs between the versions of etcd that tests run with. What the product makes of it is no business of this table. */
interface Differences {
  /**
   * Where etcd says whether it checks compacted revisions: in the field `compact-check-time-enabled` of what it logs at its start,
   * or in the metric `etcd_server_feature_enabled`.
   */
  readonly saysHashCheck: 'in-log' | 'in-metrics';
}

const ofMinor: Readonly<Record<string, Differences>> = {
  '3.5': { saysHashCheck: 'in-log' },
  '3.6': { saysHashCheck: 'in-metrics' },
  '3.7': { saysHashCheck: 'in-metrics' },
};

/** Throws for a version that nobody has run the tests with. */
export function differencesOf(version: string): Differences {
  const found = ofMinor[minorOf(version)];
  if (found === undefined) throw new Error(`nobody has run the tests with etcd ${version}: see etcd-differences.ts`);
  return found;
}
