import { fixedWithin } from '@picket/shared/advisories/affects.ts';
import { defragmentationFault } from '@picket/shared/advisories/defragmentation.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { largestQuotaBytes } from '../../model/database-thresholds.ts';
import { leads } from '../../model/health.ts';
import { memberNames } from '../../model/member-names.ts';
import type { Situation } from '../../model/situation.ts';
import type { DatabaseSize } from './database-sizes.ts';

/**
 * A leader sends a snapshot to a follower that lacks more than the last 5000 entries of its log, in etcd 3.5 and 3.6 by default. This leaves room for what
 * is written during the defragmentation.
 */
const abreastEntries = 1000;

/** Why a member must never defragment with the etcd that it runs; null: it may. */
export function neverDefragments(situation: Situation, { member, quotaBytes }: DatabaseSize): Reason | null {
  const version = versionOf(situation, member);
  const fault = defragmentationFault(version);
  if (fault?.allowed !== 'never') return null;
  const { advisory } = fault;
  return reason('defragmentation_damages', {
    cluster: situation.spec.name,
    member,
    version,
    id: advisory.id,
    fixed: fixedWithin([advisory], version),
    raisedBytes: quotaBytes >= largestQuotaBytes ? null : Math.min(2 * quotaBytes, largestQuotaBytes),
  });
}

/** Why a member must not defragment yet with the etcd that it runs: the leader may send it a snapshot. null: it may. */
export function lagsTooFar(situation: Situation, { member }: DatabaseSize): Reason | null {
  const version = versionOf(situation, member);
  const fault = defragmentationFault(version);
  if (fault?.allowed !== 'while-abreast' || leads(situation, member) || isAbreast(situation, member)) return null;
  return reason('defragments_once_abreast', { member, version, id: fault.advisory.id });
}

/** By a report that is as new as the leader's last one: an older one says nothing of how far the member lags now. */
function isAbreast(situation: Situation, member: string): boolean {
  const { nodes } = situation.status;
  const leader = memberNames(situation).find((name) => leads(situation, name));
  const [own, ahead] = [nodes[member], leader === undefined ? undefined : nodes[leader]];
  if (own?.receivedAt == null || ahead?.receivedAt == null || own.receivedAt < ahead.receivedAt) return false;
  const [applied, wanted] = [own.status?.etcd?.raftAppliedIndex, ahead.status?.etcd?.raftIndex];
  return applied !== undefined && wanted !== undefined && wanted - applied <= abreastEntries;
}

function versionOf({ status }: Situation, member: string): string {
  return status.nodes[member]?.status?.etcd?.version ?? '';
}
