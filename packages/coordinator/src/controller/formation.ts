import { mayFoundRestored } from './able-to-restore.ts';
import { quarantineOf } from './claims.ts';
import { wantedConfiguration } from './configuration-of.ts';
import { following, prepared } from './health.ts';
import { act, agreed, hold, type NodeObservation, type Opinion, type Situation } from './model.ts';
import { standingInWords, stillStanding } from './restore.ts';
import { minorSaid } from './version.ts';

/**
 * The first declared member to join founds the cluster alone (R1): no other is ever released as `new`, and the
 * cluster's ID is believed only from a founder that has a leader and has served a linearizable read.
 */
export function formation(situation: Situation): Opinion {
  return situation.progress.formation === null ? seekFounder(situation) : awaitFounder(situation);
}

function seekFounder(situation: Situation): Opinion {
  const { spec, status, progress } = situation;
  const standing = stillStanding(situation);
  if (standing.length > 0) return hold(...standing.map(standingInWords));
  const joined = spec.members
    .flatMap(({ name }) => {
      const node = status.nodes[name];
      return node === undefined ? [] : [{ name, node }];
    })
    .sort((one, other) => one.node.joinOrder - other.node.joinOrder);
  // It may have founded by the word of another coordinator (R1).
  const claiming = joined.filter(
    ({ node }) => node.claim !== undefined || quarantineOf(progress, node.nodeId) !== null,
  );
  if (claiming.length > 0) {
    return hold(
      ...claiming.map(
        ({ name, node }) =>
          `${name} to take back what it claims, before one founds the cluster; or an operator: picket node evict ${node.nodeId}`,
      ),
    );
  }
  const strays = joined.filter(({ node }) => !followsRestored(node));
  if (strays.length > 0) {
    // Until then it may found another by the word of the lost coordinator (R1), and takes no founding for a first word.
    return hold(
      ...strays.map(({ name }) => `${name} to follow the restored coordinator, before one founds the cluster`),
    );
  }
  if (joined.length === 0) {
    return hold(`the first node to join will found the cluster: ${listNames(spec.members)}`);
  }
  const reasons: string[] = [];
  const observed = joined.map(({ node }) => node);
  for (const { name, node } of joined) {
    const ready = prepared(name, situation);
    const health = ready.ok && progress.restore !== null ? mayFoundRestored(node, observed) : ready;
    if (health.ok) return act({ kind: 'found', member: name });
    reasons.push(`${name} to be ready to found the cluster: ${health.why}`);
  }
  return hold(...reasons);
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
  const member = progress.members[founding.member];
  const health = member === undefined ? null : following(member, node, situation);
  const why = health === null || health.ok || etcd !== null ? 'it has not served a read yet' : health.why;
  if (founding.from === undefined) return hold(`${founding.member} to found the cluster: ${why}`);
  const obstacle = etcd === null ? (node?.status?.agent.waits[0] ?? why) : why;
  return hold(
    `${founding.member} to restore the snapshot ${founding.from.snapshot} and found the cluster: ${obstacle}`,
  );
}

export function listNames(members: readonly { readonly name: string }[]): string {
  return members.map(({ name }) => name).join(', ');
}
