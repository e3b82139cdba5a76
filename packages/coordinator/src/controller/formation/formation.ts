import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { NodeObservation } from '../../model/cluster-status.ts';
import { wantedConfiguration } from '../../model/configuration-of.ts';
import type { Configuration } from '../../model/configuration-progress.ts';
import { following } from '../../model/health.ts';
import { namesOf } from '../../model/member-names.ts';
import { act, agreed, type Opinion, waitFor } from '../../model/opinion.ts';
import { prepared } from '../../model/prepared.ts';
import { quarantineOf } from '../../model/quarantine.ts';
import type { Situation } from '../../model/situation.ts';
import { minorSaid } from '../version/version.ts';
import { fitsSnapshot, restoreAbility } from './able-to-restore.ts';
import { stillStanding, toStop } from './still-standing.ts';

/**
 * The first declared member to join founds the cluster, and no other does (R1). No other member is ever released as
 * `new`. The cluster's ID is accepted only from a founder that has a leader and has served a linearizable read.
 */
export function formation(situation: Situation): Opinion {
  return situation.progress.formation === null ? seekFounder(situation) : awaitFounder(situation);
}

function seekFounder(situation: Situation): Opinion {
  const { spec, status, progress } = situation;
  const standing = stillStanding(situation);
  if (standing.length > 0) return waitFor(...standing.map(toStop));
  const joined = spec.members
    .flatMap(({ name }) => {
      const node = status.nodes[name];
      return node === undefined ? [] : [{ name, node }];
    })
    .sort((one, other) => one.node.joinOrder - other.node.joinOrder);
  // It may have founded by an order of another coordinator (R1).
  const claiming = joined.filter(
    ({ node }) => node.claim !== undefined || quarantineOf(progress, node.nodeId) !== null,
  );
  if (claiming.length > 0) {
    return waitFor(
      ...claiming.map(({ name, node }) => reason('claim_taken_back', { member: name, nodeId: node.nodeId })),
    );
  }
  const strays = joined.filter(({ node }) => !followsRestored(node));
  if (strays.length > 0) {
    // Until then it may found another cluster by an order of the lost coordinator (R1), and refuses to found one by a
    // first order.
    return waitFor(...strays.map(({ name }) => reason('follows_restored', { member: name })));
  }
  if (joined.length === 0) {
    return waitFor(reason('first_to_join', { members: namesOf(spec.members) }));
  }
  const reasons: Reason[] = [];
  for (const { name, node } of joined) {
    const ready = prepared(name, situation);
    const able = ready.ok && progress.restore !== null ? restoreAbility(node) : ready;
    const health = able.ok && progress.restore !== null ? fitsSnapshot(node, progress.restore) : able;
    if (health.ok) return act({ kind: 'found', member: name, ...minorFor(wantedConfiguration(spec), node) });
    reasons.push(reason('ready_to_found', { member: name, why: health.why }));
  }
  return waitFor(...reasons);
}

/** The minor version that it founds the cluster with. */
function minorFor({ etcd }: Configuration, { status }: NodeObservation): { readonly installed?: string } {
  const minor = minorSaid(etcd?.version ?? status?.service.etcdVersion ?? '');
  return minor === null ? {} : { installed: minor };
}

/** Whether it does, as far as it has said anything. */
function followsRestored({ epoch, status }: NodeObservation): boolean {
  return epoch === undefined || status === null || status.agent.epoch?.name === epoch.name;
}

function awaitFounder(situation: Situation): Opinion {
  const { progress, spec, status } = situation;
  const founding = progress.formation;
  if (founding === null || founding.clusterId !== null) return agreed;
  const node = status.nodes[founding.member];
  const etcd = node?.status?.etcd ?? null;
  const runsIt = node?.status?.service.incarnation === founding.incarnation;
  if (runsIt && etcd !== null && etcd.leader !== '0' && etcd.linearizableRead) {
    return act({
      kind: 'record-cluster',
      member: founding.member,
      clusterId: etcd.clusterId,
      memberId: etcd.memberId,
      asOf: { [etcd.memberId]: etcd.raftAppliedIndex },
      configuration: wantedConfiguration(spec),
      etcdMinor: minorSaid(etcd.version),
    });
  }
  const health = following(situation, founding.member);
  const why = health.ok || etcd !== null ? reason('no_read_yet') : health.why;
  const founder = founding.member;
  if (founding.from === undefined) return waitFor(reason('founds', { member: founder, why }));
  const said = etcd === null ? node?.status?.agent.waits[0] : undefined;
  const obstacle = said === undefined ? why : reason('node_says', { why: said });
  return waitFor(reason('restores', { member: founder, snapshot: founding.from.snapshot, why: obstacle }));
}
