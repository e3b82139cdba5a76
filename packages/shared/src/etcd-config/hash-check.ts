import { isEarlierMinor } from '../etcd-version.ts';
import { type KeyVersions, topKeys } from './keys.ts';
import type { EtcdConfig } from './model.ts';

/** The fields that switch the check of compacted revisions on; a conf.yml has exactly one of them, the later if both take effect. */
export const hashCheckFields = ['compactHashCheck', 'featureGates'] as const;

type HashCheck = Pick<EtcdConfig, (typeof hashCheckFields)[number]>;

/**
 * How an etcd of this minor version, such as `3.5`, is told to check compacted revisions. With the check, each member hashes
 * its keys at each compaction, and the leader compares these hashes once a minute. If they differ, etcd raises the alarm
 * CORRUPT. null, not known: that of etcd 3.5.
 */
export function hashCheckOf(etcdMinor: string | null): HashCheck {
  const minor = etcdMinor ?? '3.5';
  return takesEffectIn(topKeys.featureGates.takesEffect, minor)
    ? { featureGates: 'CompactHashCheck=true' }
    : { compactHashCheck: true };
}

/** Whether a key takes effect in etcd of this minor version. */
export function takesEffectIn({ from, before }: KeyVersions, minor: string): boolean {
  return !isEarlierMinor(minor, from) && (before === null || isEarlierMinor(minor, before));
}
