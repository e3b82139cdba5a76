import type { EtcdReport, NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Lie } from './acts.ts';

/** Lies for which a coordinator is right to freeze the cluster until an operator has spoken. */
export const freezing: readonly Lie[] = [
  'cluster',
  'member',
  'generation',
  'inventory',
  'all-voters',
  'all-learners',
  'doubled',
];

/** Lies that may leave something behind that only an operator can mend. */
export const deceiving: readonly Lie[] = ['healthy', 'settled', 'member', 'all-voters', 'all-learners', 'doubled'];

/** Lies about who is a member: who believes them may have a life begun in the place of another, and data lost. */
export const ofMembers: readonly Lie[] = ['all-voters', 'all-learners', 'doubled'];

/** @param before what this node's etcd last said, for a lie about one that is down */
export function lying(status: NodeStatus, lie: Lie | null, before: EtcdReport | null): NodeStatus {
  const { agent, service } = status;
  const etcd = status.etcd ?? before;
  switch (lie) {
    case null:
      return status;
    case 'healthy':
      return { ...status, service: { ...service, state: 'running', reason: null }, etcd: serving(etcd) };
    case 'ill':
      return { ...status, service: { ...service, state: 'crashed', reason: 'a lie' }, etcd: null };
    case 'settled':
      return {
        ...status,
        agent: { ...agent, generationApplied: agent.generationSeen },
        service: { ...service, state: 'running', restartPending: false, rejected: null, restarts: 0 },
        etcd: serving(etcd),
      };
    case 'cluster':
      return { ...status, etcd: etcd === null ? null : { ...etcd, clusterId: 'another' } };
    case 'member':
      return { ...status, etcd: etcd === null ? null : { ...etcd, memberId: 'another' } };
    case 'generation':
      return { ...status, agent: { ...agent, generationSeen: agent.generationSeen + 5 } };
    case 'inventory':
      return { ...status, agent: { ...agent, inventory: 'inventory2' } };
    case 'all-voters':
      return withList(status, (one) => ({ ...one, isLearner: false }));
    case 'doubled':
      return withList(status, (one, all) => ({ ...one, id: (one.isLearner ? all.at(-2)?.id : null) ?? one.id }));
    case 'all-learners':
      return withList(status, (one) => (one.id === etcd?.memberId ? one : { ...one, isLearner: true, name: '' }));
  }
}

function serving(etcd: EtcdReport | null): EtcdReport | null {
  if (etcd === null) return null;
  const leader = etcd.leader === '0' ? etcd.memberId : etcd.leader;
  return { ...etcd, leader, healthy: true, linearizableRead: true };
}

type Listed = NonNullable<EtcdReport['members']>[number];

function withList(status: NodeStatus, change: (member: Listed, all: readonly Listed[]) => Listed): NodeStatus {
  const members = status.etcd?.members;
  if (!status.etcd || !members) return status;
  return { ...status, etcd: { ...status.etcd, members: members.map((one) => change(one, members)) } };
}
