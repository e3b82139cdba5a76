import { isOfMinor } from '@picket/shared/etcd-version.ts';
import { freshFor } from './limits.ts';
import type { ClusterProgress, MemberProgress, NodeObservation, Situation } from './model.ts';
import { unknownLife } from './unknown-life.ts';

export type Health = { readonly ok: true } | { readonly ok: false; readonly why: string };

const fine: Health = { ok: true };
const not = (why: string): Health => ({ ok: false, why });

/** Reachable: its agent has reported of late. */
export function reachable(node: NodeObservation | undefined, now: number): Health {
  if (node === undefined) return not('it has not joined');
  if (node.uncounted !== undefined) return not(node.uncounted);
  if (node.receivedAt === null || node.status === null) return not('its agent has not reported yet');
  const age = now - node.receivedAt;
  // A clock that was set back makes every report one of the future, and none of them says anything of now.
  if (age < 0) return not('its last report is from before the coordinator’s clock was set back');
  if (age > freshFor) return not(`its agent has not reported for ${Math.floor(age / 1000)} s`);
  return fine;
}

/**
 * Ready to be released: reachable, an etcd of the cluster's minor version is installed (R17), all three certificates are on
 * its disk, and former lives are put away. An empty member learns its id from its peers by its URL alone, so a life that its
 * node does not know to be retired would start in the place of the next, which then would start in that place again without
 * its data. So it reports no life that it was not given.
 */
export function prepared(name: string, situation: Situation): Health {
  const { progress, status, now } = situation;
  const node = status.nodes[name];
  const reach = reachable(node, now);
  if (!reach.ok || !node?.status) return reach;
  const { etcdMinor, formation } = progress;
  if (etcdMinor === null && formation?.clusterId != null)
    return not('no majority of the voters has told which etcd they run');
  const fits = fittingEtcd(node, progress);
  if (!fits.ok) return fits;
  const held = new Set(node.status.certificates.map((certificate) => certificate.purpose));
  const missing = (['server', 'peer', 'client'] as const).filter((purpose) => !held.has(purpose));
  if (missing.length > 0) return not(`it does not hold its ${missing.join(', ')} certificate yet`);
  const [obstacle] = node.status.agent.waits;
  if (obstacle !== undefined) return not(`its agent waits: ${obstacle}`);
  const unknown = unknownLife(name, situation);
  if (unknown !== null)
    return not(`its etcd has the life ${unknown}, which a coordinator from before the restore gave it`);
  const { incarnation } = node.status.service;
  const present = progress.members[name]?.incarnation ?? null;
  if (incarnation !== null && incarnation !== present && !wasGiven(name, incarnation, progress))
    return not(`it reports the life ${incarnation}, which this coordinator did not give it`);
  const hadLife = progress.retired.some(({ member }) => member === name);
  if (hadLife && node.status.agent.generationApplied < node.generation) {
    return not('its agent has not confirmed yet that its former life is put away');
  }
  return fine;
}

function wasGiven(name: string, incarnation: string, { retired }: ClusterProgress): boolean {
  return retired.some((life) => life.member === name && life.incarnation === incarnation);
}

/** An etcd is installed, and of the cluster's minor version as far as that is known (R17). */
export function fittingEtcd({ status }: NodeObservation, { etcdMinor }: Pick<ClusterProgress, 'etcdMinor'>): Health {
  const installed = status?.service.etcdVersion ?? null;
  if (installed === null) return not('etcd is not installed on it');
  return etcdMinor === null || isOfMinor(installed, etcdMinor)
    ? fine
    : not(`the cluster runs etcd ${etcdMinor}, and etcd ${installed} is installed on it`);
}

/** Its etcd runs the expected life in the expected cluster and follows a leader. */
export function following(member: MemberProgress, node: NodeObservation | undefined, situation: Situation): Health {
  const reach = reachable(node, situation.now);
  if (!reach.ok || !node?.status) return reach;
  const { agent, service, etcd } = node.status;
  if (service.incarnation !== member.incarnation) return not('its etcd has not been started yet');
  if (etcd === null) {
    const isCatchingUp = member.phase === 'learner' && service.quorumRead === true && service.authenticationOn !== true;
    return not(
      service.reason ??
        agent.waits[0] ??
        (isCatchingUp ? 'its etcd is catching up' : `its etcd does not answer (${service.state})`),
    );
  }
  if (etcd.clusterId !== situation.progress.formation?.clusterId) {
    return not(`its etcd is in another cluster (${etcd.clusterId})`);
  }
  if (etcd.leader === '0') return not('its etcd sees no leader');
  return fine;
}

/** A voter that serves: it follows a leader, calls itself healthy and has just answered a linearizable read. */
export function serving(member: MemberProgress, node: NodeObservation | undefined, situation: Situation): Health {
  const follows = following(member, node, situation);
  if (!follows.ok || !node?.status?.etcd) return follows;
  if (!node.status.etcd.healthy || !node.status.etcd.linearizableRead) return not('its etcd does not serve reads');
  return fine;
}

/** The voters, in the order that the spec declares them. */
export function voters(situation: Situation): readonly (readonly [name: string, member: MemberProgress])[] {
  return situation.spec.members.flatMap(({ name }) => {
    const member = situation.progress.members[name];
    return member?.phase === 'voter' ? [[name, member] as const] : [];
  });
}

/** Whether the etcd of a voter that is heard refuses its agent because authentication is on, which holds for the whole cluster. */
export function isAuthenticationOn(situation: Situation): boolean {
  const { status, now } = situation;
  return voters(situation).some(([name]) => {
    const node = status.nodes[name];
    return reachable(node, now).ok && node?.status?.service.authenticationOn === true;
  });
}

/** A sentence for each voter that does not serve. */
export function ailments(situation: Situation): readonly string[] {
  return voters(situation).flatMap(([name, member]) => {
    const health = serving(member, situation.status.nodes[name], situation);
    return health.ok ? [] : [`${name}: ${health.why}`];
  });
}
