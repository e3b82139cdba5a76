import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { type Csr, readCsr } from '@picket/shared/pki/csr.ts';
import type { ClientJoinAnswer, ClientJoinRequest, JoinAnswer, JoinRequest } from '@picket/shared/protocol/join.ts';
import { versionsFit } from '@picket/shared/version-skew.ts';
import { auditEntry } from '../audit/entries.ts';
import type { Issued } from '../authority/issuer.ts';
import { namesForClient, namesToResolve } from '../desired-state/names.ts';
import { declaredMember } from '../desired-state/node-role.ts';
import { type NewAuditEntry, nameOf, type Repositories, type TokenRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { version } from '../model/own-version.ts';
import { releaseOfNewcomer } from '../model/release-of-newcomer.ts';
import type { DecideWithin, Outcome } from '../operations/operation.ts';
import { vacate } from '../operations/vacate.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import type { IdentityDeps } from './deps.ts';
import { issueIdentity } from './issue-identity.ts';
import { type Admission, type Applicant, judgeAdmission, type NodeAfterBackup } from './judge-admission.ts';
import { recordOf } from './readopt-node.ts';
import { holderOf } from './recover-identity.ts';
import { secretMatches } from './secrets.ts';
import { readUri } from './uris.ts';

export interface JoinDeps extends Omit<IdentityDeps, 'statuses' | 'restoration' | 'randomBytes' | 'failpoint'> {
  readonly statuses: Pick<IdentityDeps['statuses'], 'latest' | 'forget'>;
  readonly releases: Pick<ReleaseStore, 'list'>;
}

/**
 * Admits the node of a member by its join token, or the same node again by the same key. Spends the token, makes the
 * node and records its certificate in one transaction, fsynced before the answer (R12). A refusal spends nothing. With
 * a token that an admin bound to this member, it replaces a machine that no longer reports, whose incarnation ends (R3). Throws
 * `token_unknown`, `cluster_deleted`, what `readCsr` throws, `node_evicted`, `joined_as_another`, `token_for_clients`, `token_expired`,
 * `token_used_up`, `token_bound_elsewhere`, `member_not_declared`, `address_not_declared`, `member_taken`,
 * `token_replaces_nobody`, `member_heard`, `replace_refused`, `cluster_frozen`, `address_not_on_node`, what `requireEtcd` throws,
 * `agent_version_differs`, `layout_invalid`, `layout_fixed`, `too_many_nodes`, and what `issue` throws.
 */
export async function joinNode(deps: JoinDeps, request: JoinRequest, from: Caller): Promise<JoinAnswer> {
  const { node: facts, address, hostNamed = false } = request;
  const means = { kind: 'member', facts, address, hostNamed } as const;
  const { answer, spec, progress, name } = await admit(deps, request, means, from);
  const member = declaredMember(spec, name);
  const release = releaseOfNewcomer(spec, progress);
  return {
    ...answer,
    member: { name: member.name, address: member.address, ports: spec.ports },
    names: namesToResolve(spec, member),
    ...(release === null ? {} : { release }),
  };
}

/**
 * As {@link joinNode}, for a client node. Instead of the errors about members and addresses it throws
 * `token_for_members`, `client_name_invalid`, `client_named_as_member`, `client_taken` and `too_many_clients`.
 */
export async function joinClient(deps: JoinDeps, request: ClientJoinRequest, from: Caller): Promise<ClientJoinAnswer> {
  const { answer, spec, name } = await admit(deps, request, { kind: 'client', facts: request.node }, from);
  return { ...answer, client: { name }, names: namesForClient(spec) };
}

/** Where a request to join came from. */
export interface Caller {
  readonly from: string;
  /** Method and route. */
  readonly action: string;
}

/** The content of every request to join. */
type Credentials = Pick<JoinRequest, 'tokenId' | 'secret' | 'csr'>;

async function admit(deps: JoinDeps, request: Credentials, means: Applicant['means'], from: Caller) {
  const { tokenId } = request;
  const token = await deps.inventory.tokens.find(tokenId);
  const matches = secretMatches(token, request.secret);
  if (token === null || !matches) throw failure('token_unknown', { tokenId });
  // Only now: verifying a signature is work that strangers must not cause.
  const csr = readCsr(request.csr);
  const { agentVersion } = means.facts;
  if (!versionsFit(agentVersion, version)) {
    throw failure('agent_version_differs', { version: agentVersion, coordinator: version });
  }
  const { result, record } = await deps.executor.run(
    token.cluster,
    joining(deps, { tokenId, spkiHash: csr.spkiHash, means }, csr, from),
  );
  const answer = {
    nodeId: result.admission.node.record.id,
    cluster: record.spec.name,
    certificate: result.issued.certificate.pem,
    controlCertificates: deps.authorities.control.certificate.pem,
    now: isoTime(deps.now()),
  };
  return { answer, spec: record.spec, progress: record.progress, name: nameOf(result.admission.node.record) };
}

/** A node that is admitted, and its certificate. */
interface Joined {
  readonly admission: Admission;
  readonly issued: Issued;
}

/**
 * Admits a node. Its first desired state is stored in the same transaction: a store that knows the node knows what was
 * published to it (R5).
 */
function joining(deps: JoinDeps, applicant: Applicant, csr: Csr, from: Caller): DecideWithin<Joined> {
  const { directory, statuses, authorities, now } = deps;
  return async (store, situation) => {
    const { spec, progress, rests, nodes } = situation;
    const read = await readings(deps, store, applicant);
    const admission = judgeAdmission({
      ...{ ...read, applicant, spec, progress, rests, nodes, now: now(), freshId: deps.newId() },
      limits: deps.fleetLimits,
      etcdOf: (nodeId) => statuses.latest(nodeId)?.status ?? null,
      releases: deps.releases.list(),
      vacate: (node, why) => vacate(situation, node, why),
    });
    await keepAdmission(store, admission, applicant);
    if (admission.replaces !== null) await store.audit.append(replacementEntry(admission, read.token, from, now()));
    const { node } = admission;
    const issued = await issueIdentity(authorities, store, node.record, csr);
    const kept = async () => {
      if (node.is === 'new' && node.joinedAfterBackup !== null)
        directory.issued(recordOf(node.record, node.joinedAfterBackup.certificate));
      directory.issued(issued.record);
      await directory.refresh(node.record.id, now());
      // A too high count of its agent's runs may have been reported; runs from here on are accepted.
      statuses.forget(node.record.id);
    };
    return { ...outcomeOf({ admission, issued }), kept };
  };
}

/**
 * For the audit log: a machine takes the place of another, at the word of the operator who bound a token to this member.
 * Other joins take nothing from anybody, and are events.
 */
function replacementEntry(
  { replaces, node: { record } }: Admission,
  token: TokenRecord | null,
  { from, action }: Caller,
  at: Instant,
): NewAuditEntry {
  return auditEntry({
    at,
    kind: 'join',
    by: `join token ${record.tokenId}`,
    from,
    action,
    object: `member ${nameOf(record)} of cluster ${record.cluster}`,
    asked: { tokenMadeBy: token === null ? null : `operator ${readUri(token.createdBy)?.name}` },
    outcome: 'done',
    before: { node: replaces?.nodeId ?? null },
    after: { node: record.id, key: record.spkiHash },
  });
}

/** What the store knows of an applicant. */
async function readings(deps: JoinDeps, store: Repositories, { tokenId, spkiHash }: Applicant) {
  const nodeWithKey = (await holderOf(store, spkiHash))?.node ?? null;
  // As it is in this transaction: another request may have spent it since the secret was compared.
  const token = await store.tokens.find(tokenId);
  const maker = readUri(token?.createdBy ?? '');
  const operator = maker?.kind === 'operator' ? await store.operators.find(maker.name) : null;
  return {
    token,
    tokenMayReplace: operator?.role === 'admin',
    nodeWithKey,
    hasUsedToken: nodeWithKey !== null && (await store.nodes.hasUsedToken(nodeWithKey.id, tokenId)),
    joinedInAll: await store.nodes.countPresent(),
    joinedAfterBackup: await findJoinedAfterBackup(deps, store, spkiHash),
  };
}

/**
 * A node that joined after the backup from which this store was restored. It has presented a certificate of this
 * control CA, the CSR proves that it has the key, and the new token shows that an operator agrees. It stays the same
 * node (R5).
 */
async function findJoinedAfterBackup(
  { shownKeys }: JoinDeps,
  { restorations, nodes, certificates }: Repositories,
  spkiHash: string,
): Promise<NodeAfterBackup | null> {
  const restoration = await restorations.find();
  const holder = shownKeys.holderOf(spkiHash);
  if (restoration === null || holder === null || (await nodes.find(holder.nodeId)) !== null) return null;
  if ((await certificates.revoked()).some((one) => one.spkiHash === holder.certificate.spkiHash)) return null;
  // Before the restore, so that its generations continue above what it has seen.
  return { ...holder, joinedAt: Math.min(holder.certificate.notBefore.getTime(), restoration.restoredAt - 1) };
}

function outcomeOf(result: Joined): Outcome<Joined> {
  const { replaces, node, events } = result.admission;
  const joined = { kind: 'node', is: node.is, node: node.record } as const;
  if (replaces === null) return { events, also: [joined], result };
  const { nodeId, progress } = replaces;
  return { events, progress, also: [{ kind: 'eviction', nodeId }, joined], result };
}

/** What the store holds beside the node itself. */
async function keepAdmission(
  { tokens, nodes, identityKeys, certificates }: Repositories,
  { spendsToken, node }: Admission,
  { tokenId, spkiHash }: Applicant,
): Promise<void> {
  const { id } = node.record;
  if (spendsToken) await tokens.spend(tokenId);
  if (node.is === 'known') {
    if (node.isRightOne && node.record.spkiHash !== spkiHash) await identityKeys.putInForce(id, spkiHash);
    if (node.isRightOne) await nodes.unfreeze(id);
    await nodes.keepTokenUse(id, tokenId);
    return;
  }
  if (node.joinedAfterBackup === null) return;
  // Its agent still uses the certificate that identified it.
  const shown = recordOf(node.record, node.joinedAfterBackup.certificate);
  if ((await certificates.find(shown.serial)) === null) await certificates.create(shown);
}
