import { isOfMinor } from '@picket/shared/etcd-version.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { NodeObservation } from './cluster-status.ts';
import { configurationOf } from './configuration-of.ts';
import { fine, type Health, hasApplied, isVersion, not, reachable } from './health.ts';
import type { ClusterProgress } from './progress.ts';
import type { Situation } from './situation.ts';
import { unknownIncarnation } from './unknown-incarnation.ts';
import { minorBeside } from './upgrade-stage.ts';

/**
 * Ready to be released: reachable, an etcd of the cluster's minor version is installed (R17), all three certificates
 * are on its disk, and former incarnations are put away. An empty member learns its ID from its peers by its URL alone. So a
 * former incarnation that its node does not know as retired would start in its place, and the new incarnation would then start there
 * without that data. So a ready node reports no incarnation that the coordinator did not give it.
 */
export function prepared(name: string, situation: Situation): Health {
  const { progress, status, now } = situation;
  const node = status.nodes[name];
  const reach = reachable(node, now);
  if (!reach.ok || !node?.status) return reach;
  const { etcdMinor, formation } = progress;
  if (etcdMinor === null && formation?.clusterId != null) return not(reason('minor_unknown'));
  const fits = fittingEtcd(situation, name, node);
  if (!fits.ok) return fits;
  const held = new Set(node.status.certificates.map((certificate) => certificate.purpose));
  const missing = (['server', 'peer', 'client'] as const).filter((purpose) => !held.has(purpose));
  if (missing.length > 0) return not(reason('certificates_missing', { purposes: missing }));
  const [obstacle] = node.status.agent.waits;
  if (obstacle !== undefined) return not(reason('agent_waits', { why: obstacle }));
  const unknown = unknownIncarnation(name, situation);
  if (unknown !== null) return not(reason('incarnation_of_earlier_coordinator', { incarnation: unknown }));
  const { incarnation } = node.status.service;
  const present = progress.members[name]?.incarnation ?? null;
  if (incarnation !== null && incarnation !== present && !wasGiven(name, incarnation, progress))
    return not(reason('incarnation_not_given', { incarnation }));
  const hadIncarnation = progress.retired.some(({ member }) => member === name);
  return hadIncarnation && !hasApplied(node) ? not(reason('former_incarnation_not_put_away')) : fine;
}

function wasGiven(name: string, incarnation: string, { retired }: ClusterProgress): boolean {
  return retired.some((one) => one.member === name && one.incarnation === incarnation);
}

/**
 * True if an etcd of the cluster's minor version is installed, as far as that is known, or the one that an upgrade's release brings (R17).
 * A release that this member is to run is ready: the package never takes the place of that.
 */
export function fittingEtcd(
  { spec, progress }: Pick<Situation, 'spec' | 'progress'>,
  name: string,
  { status }: NodeObservation,
): Health {
  const { etcdMinor } = progress;
  const installed = status?.service.etcdVersion ?? null;
  const release = configurationOf(spec, progress, name).etcd;
  if (release !== undefined && !isVersion(installed, release.version)) {
    const [obstacle] = status?.agent.waits ?? [];
    if (obstacle !== undefined) return not(reason('agent_waits', { why: obstacle }));
    return not(reason('release_not_ready', { version: release.version }));
  }
  if (installed === null) return not(reason('etcd_not_installed'));
  if (etcdMinor === null || isOfMinor(installed, etcdMinor)) return fine;
  const beside = release === undefined ? null : minorBeside(progress);
  return beside !== null && isOfMinor(installed, beside)
    ? fine
    : not(reason('other_minor_installed', { minor: etcdMinor, installed }));
}
