import type { NodeObservation } from './cluster-status.ts';
import { electorate, reachable, voters } from './health.ts';
import type { Instant } from './instant.ts';
import type { Situation } from './situation.ts';
import { freshFor } from './waits.ts';

/**
 * True if the voters without a working etcd leave no majority: their etcd is off or sees no leader, and they have reported
 * that for longer than a read stays fresh. Then a node that claims a read proves no quorum: either it says what is false, or most of
 * the others do. Use it for what operators read, never to decide a step (R16). Pure.
 */
export function isQuorumDenied(situation: Situation): boolean {
  const { status, now } = situation;
  const { all, quorum } = electorate(situation);
  const denying = voters(situation).filter(([name]) => denies(status.nodes[name], now)).length;
  return all - denying < quorum;
}

/** An etcd that has a leader and is only slow to answer its agent may well be part of a quorum. */
function denies(node: NodeObservation | undefined, now: Instant): boolean {
  if (node?.status == null || node.unhealthySince === null || !reachable(node, now).ok) return false;
  const { etcd, service } = node.status;
  const isOff = etcd === null ? service.state !== 'running' : etcd.leader === '0';
  return isOff && now - node.unhealthySince > freshFor;
}
