import { isDeepStrictEqual } from 'node:util';
import { failure } from '@picket/shared/errors.ts';
import { type Happening, happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { canonicalAddress, isLoopback } from '@picket/shared/names.ts';
import { fits } from '@picket/shared/protocol/check.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ClientFacts, NodeFacts } from '@picket/shared/protocol/join.ts';
import { ClientName } from '@picket/shared/protocol/primitives.ts';
import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { FleetLimits } from '../declaration/fleet-limits.ts';
import { declaredMember, requireClientName } from '../desired-state/node-role.ts';
import { requireLayout } from '../desired-state/node-state.ts';
import {
  type Holder,
  type NewNode,
  type NodeKind,
  type NodeRecord,
  nameOf,
  presentMembers,
  type TokenRecord,
} from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { releaseOfNewcomer } from '../model/release-of-newcomer.ts';
import type { KnownMember } from './etcd-minor.ts';
import { requireEtcd } from './etcd-of-newcomer.ts';
import { requireNotFrozen, requirePresent } from './freeze-identity.ts';
import { nameInCluster } from './name-in-cluster.ts';
import type { ShownCertificate } from './shown-keys.ts';

/** A machine that asks to join. */
export interface Applicant {
  readonly tokenId: string;
  readonly spkiHash: string;
  /**
   * What it wants to become. A member gives its name, or the address at which it is declared. `hostNamed`: the name is only
   * the host name.
   */
  readonly means:
    | {
        readonly kind: 'member';
        readonly facts: NodeFacts;
        readonly address: string | undefined;
        readonly hostNamed: boolean;
      }
    | { readonly kind: 'client'; readonly facts: ClientFacts };
}

/** A node that joined after the backup, identified by the certificate that it has presented. */
export interface NodeAfterBackup {
  readonly nodeId: string;
  readonly certificate: ShownCertificate;
  readonly joinedAt: Instant;
}

/** The input of an admission. */
export interface AdmissionFacts {
  readonly now: Instant;
  readonly applicant: Applicant;
  readonly token: TokenRecord | null;
  readonly spec: ClusterSpec;
  readonly progress: ClusterProgress;
  /** The progress is still that of a backup. */
  readonly rests: boolean;
  /** Of this cluster, also evicted ones. */
  readonly nodes: readonly NodeRecord[];
  readonly limits: FleetLimits;
  /** Nodes of all clusters, without evicted ones. */
  readonly joinedInAll: number;
  /** The etcd versions that the members run, as far as known. */
  readonly etcdOf: (nodeId: string) => KnownMember['status'];
  /** The release store. */
  readonly releases: readonly ReleaseView[];
  /** The node that has, or has had, the applicant's key. */
  readonly nodeWithKey: NodeRecord | null;
  /** That node has joined by this token before. */
  readonly hasUsedToken: boolean;
  /** The one who made the token has the role that replacing a member needs, now. */
  readonly tokenMayReplace: boolean;
  /** The node that the store of a backup does not know, and that has used the applicant's key. */
  readonly joinedAfterBackup: NodeAfterBackup | null;
  /** For a node that is new. */
  readonly freshId: string;
  /** The progress after a new machine has replaced this node. Throws `member_heard`, `replace_refused`. */
  readonly vacate: (node: NodeRecord, why: Reason) => ClusterProgress;
}

/** What to store for an admitted machine. */
export interface Admission {
  /** false for an answer that is given again. */
  readonly spendsToken: boolean;
  /** The node that is replaced, and the progress after that. */
  readonly replaces: { readonly nodeId: string; readonly progress: ClusterProgress } | null;
  readonly node:
    | { readonly is: 'new'; readonly record: NewNode; readonly joinedAfterBackup: NodeAfterBackup | null }
    /** `isRightOne`: an operator has confirmed it since its key was in doubt. */
    | { readonly is: 'known'; readonly record: NodeRecord; readonly isRightOne: boolean };
  readonly events: readonly Happening[];
}

/**
 * Whether a machine is admitted, and as what: the same node again by the same key; with a new token, also a node whose
 * key was in doubt; a node that is newer than the backup of this store; a new node in a free place; or one that
 * replaces a machine that no longer reports. Pure. Throws what `joinNode` does.
 */
export function judgeAdmission(facts: AdmissionFacts): Admission {
  const { applicant, token, nodeWithKey, spec } = facts;
  if (token === null) throw failure('token_unknown', { tokenId: applicant.tokenId });
  if (facts.progress.deletion !== null) throw failure('cluster_deleted', { cluster: spec.name });
  const holder = holderOf(applicant, token, spec);
  const name = nameOf(holder);
  if (nodeWithKey !== null) requireSameNodeRole(nodeWithKey, token, holder);
  requireOwnFolders(facts, holder);
  // A copy may have kept the token too: only a new token can say which of them is the node (R15).
  const doubtful = nodeWithKey !== null && (nodeWithKey.frozen !== null || nodeWithKey.spkiHash !== applicant.spkiHash);
  if (nodeWithKey !== null && !doubtful && facts.hasUsedToken) return again(facts, nodeWithKey, holder, false);
  if (nodeWithKey !== null && doubtful) requireNewerWord(facts, nodeWithKey, token);
  requireKind(token, holder.kind, name);
  requireLeft(token, facts.now);
  if (token.name !== null && token.name !== name) {
    throw failure('token_bound_elsewhere', { tokenId: token.id, kind: token.kind, boundTo: token.name, name });
  }
  requireNamed(spec, holder);
  if (nodeWithKey !== null) {
    requireAddress(spec, holder);
    return again(facts, nodeWithKey, holder, true);
  }
  const ofThisName = facts.joinedAfterBackup?.certificate.commonName === name;
  const joinedAfterBackup = ofThisName ? facts.joinedAfterBackup : null;
  if (joinedAfterBackup === null && facts.rests) {
    // A place that is free in a backup may have been taken since: a second machine in it could found a second cluster
    // (R1).
    const why = facts.progress.frozen ?? reason('rests_after_restore');
    throw failure('cluster_frozen', { cluster: spec.name, reason: why });
  }
  return asNew(facts, token, holder, joinedAfterBackup);
}

/** Throws `address_not_declared`, `client_name_invalid`. */
function holderOf({ means }: Applicant, token: TokenRecord, spec: ClusterSpec): Holder {
  const { name: cluster, members, domain } = spec;
  const called = nameInCluster(spec, means.facts.name);
  if (means.kind === 'client') {
    if (!fits(ClientName, called)) throw failure('client_name_invalid', { cluster, client: called, domain });
    return { kind: 'client', client: called, facts: { ...means.facts, name: called } };
  }
  const { address } = means;
  if (address === undefined) {
    const isMember = members.some(({ name }) => name === called);
    const bound = means.hostNamed && !isMember && token.kind === 'member' ? token.name : null;
    const name = bound ?? called;
    return { kind: 'member', member: name, facts: { ...means.facts, name } };
  }
  const wanted = canonicalAddress(address);
  const member = members.find((one) => canonicalAddress(one.address) === wanted);
  if (member !== undefined)
    return { kind: 'member', member: member.name, facts: { ...means.facts, name: member.name } };
  const declared = members.map((one) => `${one.name} at ${one.address}`).join(', ');
  throw failure('address_not_declared', { cluster, address, declared });
}

/** Throws `node_evicted`, `joined_as_another`. */
function requireSameNodeRole(node: NodeRecord, token: TokenRecord, holder: Holder): void {
  const name = nameOf(holder);
  requirePresent(node);
  const { kind } = holder;
  if (node.cluster === token.cluster && node.kind === kind && nameOf(node) === name) return;
  throw failure('joined_as_another', {
    nodeId: node.id,
    kind: node.kind,
    member: nameOf(node),
    cluster: node.cluster,
    wantedCluster: token.cluster,
    name: node.kind === kind ? name : `the ${kind} ${name}`,
  });
}

/**
 * The facts stored about a node from which its desired state is made. Throws `member_not_declared`, `layout_invalid`,
 * and `layout_fixed`.
 */
function requireOwnFolders({ spec, progress, nodeWithKey }: AdmissionFacts, holder: Holder): void {
  if (holder.kind !== 'member') return;
  const { member: name, facts } = holder;
  const member = declaredMember(spec, name);
  requireLayout(spec, member, facts.layout);
  const incarnation = progress.members[name];
  if (nodeWithKey?.kind !== 'member' || incarnation === undefined || incarnation.phase === 'adding') return;
  if (isDeepStrictEqual(nodeWithKey.facts.layout, facts.layout)) return;
  const { etcDir, dataRoot, logFile } = nodeWithKey.facts.layout;
  throw failure('layout_fixed', { cluster: spec.name, member: name, etcDir, dataRoot, logFile });
}

/**
 * A copy also has the join strings that the node had: only one made since then identifies the right machine (R15).
 * Throws `identity_frozen`, `identity_superseded`.
 */
function requireNewerWord({ applicant, hasUsedToken }: AdmissionFacts, node: NodeRecord, token: TokenRecord): void {
  const { frozen, id: nodeId } = node;
  if (frozen !== null && token.createdAt < frozen.at) requireNotFrozen(nodeId, frozen);
  if (node.spkiHash !== applicant.spkiHash && hasUsedToken) {
    throw failure('identity_superseded', { nodeId, generation: node.identityGeneration - 1 });
  }
}

/** Throws `token_for_clients`, `token_for_members`. */
function requireKind(token: TokenRecord, kind: NodeKind, name: string): void {
  if (token.kind === kind) return;
  throw failure(token.kind === 'client' ? 'token_for_clients' : 'token_for_members', { tokenId: token.id, name });
}

/** Throws `token_expired`, `token_used_up`. */
function requireLeft(token: TokenRecord, now: Instant): void {
  if (now >= token.expiresAt) {
    throw failure('token_expired', { tokenId: token.id, expiredAt: isoTime(token.expiresAt) });
  }
  if (token.usesSpent >= token.usesAllowed) {
    throw failure('token_used_up', { tokenId: token.id, uses: token.usesAllowed });
  }
}

/** Whether a client may have this name in this cluster; `requireOwnFolders` has looked for that of a member. */
function requireNamed(spec: ClusterSpec, holder: Holder): void {
  if (holder.kind === 'client') requireClientName(spec, holder.client);
}

/** Throws `address_not_on_node`. */
function requireAddress(spec: ClusterSpec, holder: Holder): void {
  if (holder.kind !== 'member') return;
  const { facts } = holder;
  const member = declaredMember(spec, holder.member);
  const address = canonicalAddress(member.address);
  if (address !== undefined && spec.allowLoopback && isLoopback(address)) return;
  if (address !== undefined && facts.addresses.some((own) => canonicalAddress(own) === address)) return;
  const shown = facts.addresses.slice(0, 20).join(', ');
  const addresses = facts.addresses.length > 20 ? `${shown} and others` : shown || 'it has no address';
  throw failure('address_not_on_node', { name: member.name, address: member.address, addresses });
}

/** The same key is the same node: a lost answer costs nothing, and a new token gives no second identity. */
function again({ applicant, spec }: AdmissionFacts, node: NodeRecord, holder: Holder, byNewToken: boolean): Admission {
  requireNamed(spec, holder);
  const { kind } = holder;
  return {
    spendsToken: byNewToken,
    replaces: null,
    node: { is: 'known', record: { ...node, ...holder }, isRightOne: byNewToken },
    events: [happening('node-rejoined', { nodeId: node.id, kind, name: nameOf(holder), token: applicant.tokenId })],
  };
}

function asNew(
  facts: AdmissionFacts,
  token: TokenRecord,
  holder: Holder,
  joinedAfterBackup: NodeAfterBackup | null,
): Admission {
  const { now, applicant, spec, progress, freshId } = facts;
  const name = nameOf(holder);
  const other = facts.nodes.find((node) => nameOf(node) === name && node.evictedAt === null) ?? null;
  const why = reason('place_taken', { nodeId: other?.id ?? '', token: token.id });
  const replaces = other && { nodeId: other.id, progress: placeOf(facts, other, token, why) };
  if (other === null && joinedAfterBackup === null) requireRoom(facts, holder);
  requireAddress(spec, holder);
  if (holder.kind === 'member') {
    const members = presentMembers(facts.nodes)
      .filter(({ id }) => id !== other?.id)
      .map(({ id, facts: { etcdVersion: joinedWith } }) => ({ joinedWith, status: facts.etcdOf(id) }));
    const { releases } = facts;
    const release = releaseOfNewcomer(spec, progress);
    const recorded = progress.etcdMinor;
    requireEtcd({ cluster: spec.name, release, facts: holder.facts, recorded, members, releases });
  }
  const record: NewNode = {
    ...holder,
    id: joinedAfterBackup?.nodeId ?? freshId,
    cluster: spec.name,
    joinedAt: joinedAfterBackup?.joinedAt ?? now,
    tokenId: token.id,
    spkiHash: applicant.spkiHash,
  };
  const address = holder.kind === 'member' ? declaredMember(spec, name).address : null;
  const { id: nodeId, kind } = record;
  const joined = happening('node-joined', { nodeId, kind, name, token: applicant.tokenId, address });
  return {
    spendsToken: true,
    replaces,
    node: { is: 'new', record, joinedAfterBackup },
    events: replaces === null ? [joined] : [happening('replace', { member: name, why }), joined],
  };
}

/** Throws `too_many_clients`, `too_many_nodes`. */
function requireRoom({ spec: { name: cluster }, nodes, joinedInAll, limits }: AdmissionFacts, holder: Holder): void {
  const name = nameOf(holder);
  const clients = nodes.filter(({ kind, evictedAt }) => kind === 'client' && evictedAt === null).length;
  if (holder.kind === 'client' && clients >= limits.clientsPerCluster) {
    throw failure('too_many_clients', { client: name, cluster, most: limits.clientsPerCluster });
  }
  if (joinedInAll >= limits.nodes) throw failure('too_many_nodes', { name, cluster, most: limits.nodes });
}

/** Throws `member_taken`, `client_taken`, `token_replaces_nobody`, and what `vacate` throws. */
function placeOf(
  { spec, vacate, tokenMayReplace }: AdmissionFacts,
  other: NodeRecord,
  token: TokenRecord,
  why: Reason,
) {
  if (other.kind === 'member' && token.name !== null) {
    // Else whoever may make tokens could end the incarnation of a member, which only an admin may order (R3).
    if (!tokenMayReplace) {
      const facts = { tokenId: token.id, member: nameOf(other), cluster: spec.name, nodeId: other.id };
      throw failure('token_replaces_nobody', facts);
    }
    return vacate(other, why);
  }
  const facts = { cluster: spec.name, nodeId: other.id, joinedAt: isoTime(other.joinedAt) };
  const name = nameOf(other);
  throw other.kind === 'member'
    ? failure('member_taken', { ...facts, member: name })
    : failure('client_taken', { ...facts, client: name });
}
