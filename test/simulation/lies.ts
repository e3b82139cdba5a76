import type { EtcdReport, NodeStatus } from '@picket/shared/protocol/report.ts';
import { said } from '../support/said.ts';
import type { Lie } from './acts.ts';

/** Lies that may leave something behind that only an operator can mend. */
export const deceiving: readonly Lie[] = ['healthy', 'settled', 'member', 'incarnation'];

/**
 * Lies about who is a member, and as of when. One voter of several is not believed; where there is one alone, its word is
 * all that there is. Whoever believes it may begin an incarnation in the place of another, and lose data.
 */
export const ofMembers: readonly Lie[] = ['all-voters', 'all-learners', 'doubled', 'drops', 'adds', 'index'];

/** What no honest count comes to. */
export const farAhead = 2 ** 48;

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
      return { ...status, service: { ...service, state: 'crashed', reason: said('a lie') }, etcd: null };
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
    case 'epoch':
      return { ...status, agent: { ...agent, epoch: { number: farAhead, name: 'another1' } } };
    case 'forged':
      return { ...status, agent: { ...agent, generationSeen: farAhead, seal: 'made up' } };
    case 'index':
      return withEtcd(status, { raftIndex: farAhead, raftAppliedIndex: farAhead, membersAsOf: farAhead });
    case 'leader':
      return withEtcd(status, { leader: etcd?.memberId ?? '0' });
    case 'run':
      return status;
    case 'incarnation':
      return { ...status, service: { ...service, incarnation: 'another1' } };
    case 'refuses': {
      const { lastStep } = status;
      return { ...status, lastStep: lastStep && { ...lastStep, outcome: 'refused', reason: said('a lie') } };
    }
    case 'drops':
      return withMembers(status, (all) => all.filter(({ id }, at) => id === etcd?.memberId || at !== 0));
    case 'adds':
      return withMembers(status, (all) => [...all, { ...stranger, clientUrls: [] }]);
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

const stranger = { id: 'dead', name: 'a-stranger', peerUrls: ['https://192.168.7.99:2380'], isLearner: false };

function withList(status: NodeStatus, change: (member: Listed, all: readonly Listed[]) => Listed): NodeStatus {
  return withMembers(status, (members) => members.map((one) => change(one, members)));
}

function withMembers(status: NodeStatus, change: (members: readonly Listed[]) => Listed[]): NodeStatus {
  const members = status.etcd?.members;
  return members ? withEtcd(status, { members: change(members) }) : status;
}

function withEtcd(status: NodeStatus, changes: Partial<EtcdReport>): NodeStatus {
  return status.etcd === null ? status : { ...status, etcd: { ...status.etcd, ...changes } };
}
