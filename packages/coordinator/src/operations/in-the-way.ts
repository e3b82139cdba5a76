import { isOfMinor } from '@picket/shared/etcd-version.ts';
import type { AnyReason, Reason } from '@picket/shared/reasons/reason.ts';
import { waitsForPackage } from '../controller/configuration/held-back.ts';
import { presentStatus, servingVoters, voters } from '../model/health.ts';
import { risks } from '../model/risks.ts';
import type { Situation } from '../model/situation.ts';
import type { UpgradeStage } from '../model/upgrade-progress.ts';

/**
 * The voters that keep an upgrade from beginning (R2). Not those that are down because their packages have moved (R17), if the first stage
 * brings a release of their own minor version: that starts them again. If no voter serves, not those either that lack only a quorum.
 */
export function sickBefore(situation: Situation, stages: readonly UpgradeStage[]): readonly Reason<'of_member'>[] {
  const [first] = stages;
  const version = first?.kind === 'install' ? first.version : null;
  const { etcdMinor } = situation.progress;
  if (version === null || etcdMinor === null || !isOfMinor(version, etcdMinor)) return risks(situation);
  const held = voters(situation).flatMap(([name]) => (waitsForPackage(situation, name) ? [name] : []));
  const isDown = held.length > 0 && servingVoters(situation).length === 0;
  return risks(situation).filter(({ facts: { member, why } }) => {
    return !held.includes(member) && !(isDown && lacksQuorum(situation, member, why));
  });
}

/** What this member shows is what an etcd shows that runs and sees no quorum. */
function lacksQuorum(situation: Situation, member: string, { code }: AnyReason): boolean {
  const isRunning = presentStatus(situation, member)?.service.state === 'running';
  return isRunning && ['no_leader', 'no_reads', 'etcd_silent'].includes(code);
}
