import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import { rendered } from '@picket/shared/protocol/messages.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { before, clusterStatus, declared, etcd, member, service, status } from './views.ts';
import { words } from './words.ts';

const crashed = status(1, {
  etcd: null,
  service: {
    ...service,
    state: 'crashed',
    restarts: 3,
    reason: words('etcd ended with status 1: no space left on device'),
    lastLog: ['{"level":"fatal","msg":"failed to create WAL"}', '\u001b[31mred\u001b[0m'],
  },
});

/** A cluster in each of its conditions; what is shown of each is in render/golden. */
export const statusViews = {
  healthy: clusterStatus(),
  forming: clusterStatus({
    state: 'forming',
    headline: rendered(reason('members_missing', { voters: 1, declared: 3 })),
    next: { command: 'picket token create x-k3s', on: null },
    waitsFor: [words('x-k3s-m-2 to catch up'), words('x-k3s-m-3 to join')],
    members: [
      member(0, { status: status(0, { etcd: etcd(0, { leader: '7e8d94ba496c072d' }) }) }),
      member(1, {
        phase: 'learner',
        status: status(1, { etcd: etcd(1, { isLearner: true, linearizableRead: false, raftAppliedIndex: 90 }) }),
      }),
      member(2, declared),
    ],
  }),
  'nothing-joined': clusterStatus({
    state: 'forming',
    headline: words('No member has founded the cluster yet.'),
    next: { command: 'picket token create x-k3s', on: null },
    clusterId: null,
    waitsFor: [words('the first member to join')],
    members: [member(0, declared), member(1, declared), member(2, declared)],
  }),
  'no-quorum': clusterStatus({
    state: 'no-quorum',
    headline: words('0 of 3 voters are known to serve. With fewer than 2, etcd takes no writes.'),
    next: { command: 'picket-agent status', on: { member: 'x-k3s-m-1', address: '192.168.7.11' } },
    revision: 3,
    waitsFor: [words('x-k3s-m-2 to serve again: etcd ended with status 1')],
    notices: [words('The members run different etcd versions: 3.5.2, 3.5.9.')],
    members: [
      member(0, {
        generation: 9,
        status: status(0, {
          agent: { ...status(0).agent, waits: [words('the clock is not set')] },
          etcd: etcd(0, { leader: '0', alarms: ['NOSPACE'] }),
        }),
      }),
      member(1, { status: crashed }),
      member(2, { reportedAt: before(150) }),
    ],
  }),
} as const satisfies Readonly<Record<string, ClusterStatusView>>;
