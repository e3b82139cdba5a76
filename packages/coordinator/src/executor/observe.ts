import { architectureOf } from '@picket/shared/protocol/releases.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { nothingStored, type Stored } from '../desired-state/node-state.ts';
import { type NodeKind, type NodeRecord, nameOf, type StateNode } from '../inventory/inventory.ts';
import { type Claim, claimOf, claimOfThisEpoch, type Followed, isFollowingEarlier } from '../model/claims.ts';
import type { ClusterStatus, NodeObservation } from '../model/cluster-status.ts';
import type { GivenEtcds } from '../model/configuration-progress.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { withoutClaims } from '../model/quarantine.ts';
import { freshFor } from '../model/waits.ts';
import { programsAsGiven } from '../releases/given-etcds.ts';
import type { TurnDeps } from './turn-deps.ts';

/**
 * What the controller may know about these nodes.
 *
 * @param whileTakingOver counts the reports of re-adopted nodes that have no desired state yet
 */
export function observe(
  deps: TurnDeps,
  nodes: readonly NodeRecord[],
  progress: ClusterProgress,
  whileTakingOver?: 'taking over',
): ClusterStatus {
  const counts = (node: NodeRecord): Reason | null =>
    deps.restoration.awaits(node.id)
      ? reason('awaits_readoption', { nodeId: node.id })
      : whileTakingOver === undefined && needsFirstState(deps, node)
        ? reason('readopted_and_not_told')
        : followsEarlier(deps, node)
          ? reason('follows_earlier')
          : null;
  return {
    nodes: observations(deps, nodes, 'member', counts, progress),
    clients: observations(deps, nodes, 'client', counts, progress),
  };
}

/**
 * True if the last state published to this node is from before the restore: its next generation is above all that it
 * has seen.
 */
export function needsFirstState(
  { restoration, publications }: TurnDeps,
  { id, joinedAt, evictedAt }: StateNode,
): boolean {
  const { current } = restoration;
  if (current === null || evictedAt !== null) return false;
  const published = publications.current(id);
  return published === null ? joinedAt < current.restoredAt : published.epoch !== current.epoch.name;
}

/** True if it has reported since its re-adoption, or since this coordinator began. */
export function hasReported({ restoration, statuses }: TurnDeps, { id }: StateNode): boolean {
  return !restoration.awaits(id) && statuses.latest(id) !== null;
}

/**
 * True if a node that reports needs a state: its first one since the restore, or a new one because it follows an
 * earlier one.
 */
export function hasNodeWithoutState(deps: TurnDeps, nodes: readonly NodeRecord[]): boolean {
  return nodes.some((node) => (needsFirstState(deps, node) && hasReported(deps, node)) || followsEarlier(deps, node));
}

/** The names of members whose node waits for re-adoption and had its last contact within this many milliseconds. */
export function seenUnadopted(deps: TurnDeps, nodes: readonly NodeRecord[], within = freshFor): string[] {
  return nodes.flatMap((node) => {
    if (node.kind !== 'member' || node.evictedAt !== null || !deps.restoration.awaits(node.id)) return [];
    const at = deps.lastSeen(node.id);
    return at !== null && deps.now() - at <= within ? [node.member] : [];
  });
}

/**
 * If a node reports an incarnation that this store does not know, and needs its first state since the restore, that incarnation is
 * over; but not if it may be a voter that another coordinator has added since: only an operator takes that out (R3).
 */
export function withFormerIncarnations(
  deps: TurnDeps,
  progress: ClusterProgress,
  nodes: readonly NodeRecord[],
): ClusterProgress {
  const former = nodes.flatMap((node) => {
    if (node.kind !== 'member' || !needsFirstState(deps, node) || !hasReported(deps, node)) return [];
    const { service, etcd } = deps.statuses.latest(node.id)?.status ?? {};
    const incarnation = service?.incarnation ?? null;
    if (incarnation === null || progress.members[node.member] !== undefined) return [];
    const isInCluster = etcd != null && etcd.clusterId === progress.formation?.clusterId;
    if (isInCluster || progress.undeclared.some(({ name }) => name === node.member)) return [];
    const known = progress.retired.some((one) => one.incarnation === incarnation);
    return known ? [] : [{ member: node.member, incarnation, nodeId: node.id, unknown: true as const }];
  });
  return former.length === 0 ? progress : { ...progress, retired: [...progress.retired, ...former] };
}

/** The etcdutl of the release store for this node; null if the store has none for it. */
export function toolOf({ toolFor, statuses }: TurnDeps, node: StateNode) {
  if (node.kind !== 'member') return null;
  const { arch, etcdVersion } = node.facts;
  const installed = statuses.latest(node.id)?.status.service.etcdVersion ?? etcdVersion;
  return toolFor?.(architectureOf(arch), installed) ?? null;
}

/** What the release store has for this node. */
export function storedFor(deps: TurnDeps, node: StateNode, given: GivenEtcds): Stored {
  if (node.kind !== 'member') return nothingStored;
  const architecture = architectureOf(node.facts.arch);
  const stored = (version: string) => deps.programsFor?.(architecture, version) ?? null;
  return {
    tool: toolOf(deps, node),
    programsOf: (version) => programsAsGiven(stored(version), given, architecture, version),
  };
}

/** What this node claims, by its last report, beyond what was published to it (R5); null if it claims nothing. */
export function claimBy(deps: TurnDeps, node: StateNode): Claim | null {
  const latest = deps.statuses.latest(node.id);
  if (latest === null) return null;
  // A node that needs its first state since a restore may have seen more than was published before: that is no claim.
  return (needsFirstState(deps, node) ? claimOfThisEpoch : claimOf)(latest.status, ...publishedTo(deps, node));
}

/** True if it must get a generation above the one from a coordinator before the restore. */
export function followsEarlier(deps: TurnDeps, node: StateNode): boolean {
  const { restoration, statuses } = deps;
  if (restoration.epoch === null || node.evictedAt !== null || !hasReported(deps, node) || needsFirstState(deps, node))
    return false;
  const { agent } = statuses.latest(node.id)?.status ?? {};
  if (agent === undefined) return false;
  return isFollowingEarlier(agent, ...publishedTo(deps, node));
}

/** What was published to this node, and whether a seal is the one of what it follows. */
function publishedTo(deps: TurnDeps, { id: nodeId }: StateNode) {
  const { inventory, publications, restoration, seals } = deps;
  const { epoch } = restoration;
  const generation = publications.generation(nodeId);
  const published = { inventory: inventory.id, epoch, generation, seals: publications.current(nodeId)?.seals ?? [] };
  const isSealed = (followed: Followed, seal: string) => seals.isOf(seal, { ...followed, nodeId });
  return [published, isSealed] as const;
}

/** Of the nodes of this kind, by name. */
function observations(
  deps: TurnDeps,
  nodes: readonly NodeRecord[],
  wanted: NodeKind,
  uncountedBecause: (node: NodeRecord) => Reason | null,
  progress: ClusterProgress,
): Readonly<Record<string, NodeObservation>> {
  const entries = nodes
    .filter(({ kind, evictedAt }) => kind === wanted && evictedAt === null)
    .map((node) => {
      const uncounted = uncountedBecause(node);
      const latest = uncounted === null ? deps.statuses.latest(node.id) : null;
      const { epoch } = deps.restoration;
      const architecture = architectureOf(node.facts.arch);
      const claim = hasReported(deps, node) ? claimBy(deps, node) : null;
      const observation: NodeObservation = {
        nodeId: node.id,
        joinOrder: node.joinOrder,
        inventory: deps.inventory.id,
        generation: deps.publications.generation(node.id),
        ...(epoch === null ? {} : { epoch }),
        ...(uncounted === null ? {} : { uncounted }),
        ...(claim === null ? {} : { claim }),
        receivedAt: latest?.receivedAt ?? null,
        ...(latest === null || latest.heardAt === latest.receivedAt ? {} : { heardAt: latest.heardAt }),
        ...(latest?.unsureUntil === undefined ? {} : { unsureUntil: latest.unsureUntil }),
        ...(latest?.isStored === true ? { isStored: true } : {}),
        healthySince: latest?.healthySince ?? null,
        unhealthySince: latest?.unhealthySince ?? null,
        status: latest?.status ?? null,
        ...(architecture === null ? {} : { architecture }),
        hasStoredTool: toolOf(deps, node) !== null,
      };
      return [nameOf(node), withoutClaims(observation, progress)] as const;
    });
  return Object.fromEntries(entries);
}
