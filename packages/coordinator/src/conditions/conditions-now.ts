import type { Happening } from '@picket/shared/events/event.ts';
import {
  type Conditions,
  type NodeConditions,
  noNodeConditions,
  ofCluster,
  type Unrecorded,
} from '../model/conditions.ts';
import type { Instant } from '../model/instant.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { authenticationChange } from './authentication.ts';
import { inTurn, withFields } from './change.ts';
import { leaderChange } from './leader.ts';
import { isQuiet, nodeConditions, type SeenNode } from './node-conditions.ts';
import { quorumChange, quorumSeen } from './quorum.ts';
import type { ConditionsSituation } from './sight.ts';
import { isHourOver, withinHour } from './within-hour.ts';

/** The conditions of a cluster now, and the events that tell how they have changed. */
export interface ConditionsNow {
  /** The very same object if nothing changes: then nothing needs to be stored. */
  readonly conditions: Conditions;
  readonly unrecorded: Unrecorded;
  readonly events: readonly Happening[];
}

/**
 * Compares what the events of a cluster have told with what its nodes report now (R14, R16, R18): a report from before
 * the coordinator's start, or a step of its clock, says nothing, and a planned restart is no fault. Pure.
 */
export function conditionsNow(
  given: Omit<ConditionsSituation, 'old'>,
  before: Conditions,
  unrecorded: Unrecorded,
): ConditionsNow {
  const { progress, now } = given;
  const { old } = unrecorded;
  const situation = { ...given, old };
  const events: Happening[] = [];
  const seen = quorumSeen(situation, unrecorded.lastRead, (member) => isDisturbed(progress, member));
  const lastRead = seen.readAt ?? unrecorded.lastRead;
  let { ailing, ended } = unrecorded;
  const withheld: Record<string, Unrecorded['withheld'][string]> = {};
  const nodes: Record<string, NodeConditions> = {};
  const all = seenNodes(situation, before);
  for (const one of all) {
    const { nodeId } = one.node;
    const found = nodeConditions(before.nodes[nodeId], one, situation, { ailing, ended }, seen.state === 'served');
    ({ ailing, ended } = found);
    const start = before.nodes[nodeId] ?? noNodeConditions;
    const bounded = withinHour({ nodeId, name: one.name }, start, found, unrecorded.withheld[nodeId], now);
    if (bounded.after !== noNodeConditions) nodes[nodeId] = bounded.after;
    if (bounded.withheld !== undefined) withheld[nodeId] = bounded.withheld;
    events.push(...bounded.events);
  }
  const change = inTurn(before.cluster, [
    (state) => quorumChange(state, seen, lastRead, now),
    (state) => leaderChange(state, situation),
    (state) => authenticationChange(state, situation),
  ]);
  const cluster = withinHour(null, before.cluster, change, unrecorded.withheld[ofCluster], now);
  if (cluster.withheld !== undefined) withheld[ofCluster] = cluster.withheld;
  events.push(...cluster.events);
  const isSame = cluster.after === before.cluster && sameNodes(before.nodes, nodes);
  return {
    conditions: isSame ? before : { nodes: worthKeeping(nodes, now), cluster: cluster.after },
    unrecorded: { ailing: onlyOf(all, ailing), ended: onlyOf(all, ended), lastRead, old, withheld },
    events,
  };
}

/** Without the clients at which there is nothing to see. */
function seenNodes(situation: ConditionsSituation, { nodes }: Conditions): readonly SeenNode[] {
  const { status, progress } = situation;
  const members = Object.entries(status.nodes).map(
    ([name, node]): SeenNode => ({
      name,
      kind: 'member',
      node,
      member: progress.members[name],
      disturbed: isDisturbed(progress, name),
    }),
  );
  const clients = Object.entries(status.clients).flatMap(([name, node]): SeenNode[] =>
    isQuiet(nodes[node.nodeId], node, situation)
      ? []
      : [{ name, kind: 'client', node, member: undefined, disturbed: false }],
  );
  return [...members, ...clients];
}

/** Picket itself has set something going there that stops or restarts etcd: a permit, a trial, a removal. */
function isDisturbed({ permit, configuration, members }: ClusterProgress, name: string): boolean {
  return permit?.member === name || configuration.trial?.member === name || members[name]?.leaving !== undefined;
}

/** Nodes that were evicted are forgotten (R18). */
function onlyOf<Value>(nodes: readonly SeenNode[], entries: Readonly<Record<string, Value>>) {
  const ids = new Set(nodes.map(({ node }) => node.nodeId));
  return Object.fromEntries(Object.entries(entries).filter(([id]) => ids.has(id)));
}

/** Without the nodes, such as clients that were silent once, of which nothing is left but an hour that is over (R18). */
function worthKeeping(nodes: Conditions['nodes'], now: Instant): Conditions['nodes'] {
  return Object.fromEntries(
    Object.entries(nodes).filter(([, node]) => {
      const { tally } = node;
      return (
        !isHourOver(tally, now) ||
        withFields(noNodeConditions, { ...node, tally: noNodeConditions.tally }) !== noNodeConditions
      );
    }),
  );
}

function sameNodes(before: Conditions['nodes'], after: Conditions['nodes']): boolean {
  const ids = Object.keys(after);
  return ids.length === Object.keys(before).length && ids.every((id) => before[id] === after[id]);
}
