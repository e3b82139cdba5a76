import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { following, voters } from '../model/health.ts';
import { risks } from '../model/risks.ts';
import type { Situation } from '../model/situation.ts';
import { underWay } from './under-way.ts';
import { replacedMinor } from './version/version.ts';

/**
 * Why this member must not be disrupted now by an operator's order; null if it may be. The order is judged like any
 * permit (R2), and its etcd must be able to start again (R17).
 */
export function judgeDisruption(situation: Situation, name: string): Reason | null {
  const { spec, progress, status } = situation;
  const member = progress.members[name];
  const busy = underWay(situation);
  if (busy !== null) return busy;
  if (member === undefined) return reason('no_etcd_yet', { member: name });
  const [ailment] = risks(situation);
  if (ailment !== undefined) return reason('every_voter_must_serve', { ailment });
  const follows = following(situation, name);
  if (!follows.ok) return reason('of_member', { member: name, why: follows.why });
  const minor = replacedMinor(status.nodes[name]);
  const installed = status.nodes[name]?.status?.service.etcdVersion ?? null;
  if (minor !== null && installed !== null)
    return reason('of_member', { member: name, why: reason('other_minor_installed', { minor, installed }) });
  if (minor !== null) return reason('of_member', { member: name, why: reason('etcd_not_installed') });
  const count = voters(situation).length;
  if (count <= 2 && !spec.allowDowntime) return reason('needs_downtime', { cluster: spec.name, count });
  return null;
}
