import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { NodePlace, TrustBundles } from '../../src/desired-state/node-state.ts';
import type { MemberProgress } from '../../src/model/membership-progress.ts';
import { type ClusterProgress, emptyProgress } from '../../src/model/progress.ts';

export const trust: TrustBundles = { control: 'control', client: 'client', peer: 'peer' };

/** The node that holds the member of this number, counted from 1. */
export function placeOf(spec: ClusterSpec, number: number): NodePlace {
  const member = spec.members[number - 1];
  if (member === undefined) throw new Error(`no member ${number}`);
  return {
    nodeId: `node000${number}`,
    member,
    layout: { etcDir: '/etc/etcd', dataRoot: '/var/lib/etcd', logFile: '/var/log/etcd/etcd.log' },
  };
}

/** Founded by the first member, recorded as the cluster `c1`, with the members in these phases. */
export function progressOf(...phases: readonly (MemberProgress['phase'] | null)[]): ClusterProgress {
  return {
    ...emptyProgress,
    formation: {
      member: 'x-k3s-m-1',
      incarnation: 'life0001',
      token: 'x-k3s-nonce001',
      startedAt: 0,
      clusterId: phases[0] === 'founding' ? null : 'c1',
    },
    formations: 1,
    members: Object.fromEntries(
      phases.flatMap((phase, index): [string, MemberProgress][] =>
        phase === null
          ? []
          : [
              [
                `x-k3s-m-${index + 1}`,
                {
                  incarnation: `life000${index + 1}`,
                  phase,
                  memberId: `a${index + 1}`,
                  since: 0,
                  caughtUp: true,
                  unfit: null,
                },
              ],
            ],
      ),
    ),
  };
}
