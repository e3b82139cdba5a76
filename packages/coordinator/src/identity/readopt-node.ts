import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import {
  type NewCertificate,
  type NewNode,
  type NodeRecord,
  nameOf,
  type Repositories,
} from '../inventory/inventory.ts';
import { nodeReadopted } from '../operations/advance.ts';
import type { IdentityDeps } from './deps.ts';
import { freezeIdentity, requirePresent } from './freeze-identity.ts';
import { holderOf } from './recover-identity.ts';
import type { ShownCertificate } from './shown-keys.ts';
import { nodeUri } from './uris.ts';

/**
 * After a restore, an operator confirms that the machine with this key is the node: from now on it gets certificates
 * and, once its cluster was taken over, orders (R5). A key that the store does not know must have been used with a
 * certificate of this control CA for this very node. A key that was given up, was revoked or belongs to another node
 * never returns (R15). If another key was used as well, there are two machines: issuing to the node stops. Throws
 * `not_found`, `node_evicted`, `readoption_not_needed`, `key_not_shown`, `key_given_up`.
 *
 * @returns the same facts of the node before and after it
 */
export async function readoptNode(
  deps: IdentityDeps,
  nodeId: string,
  key: string,
  by: string,
): Promise<{ readonly before: Standing; readonly after: Standing }> {
  const { inventory, directory, restoration, shownKeys, statuses, executor, now } = deps;
  const shown = shownKeys.of(nodeId).map(({ certificate }) => certificate);
  const chosen = shown.find(({ spkiHash }) => spkiHash === key);
  const { node, record, wasAwaited } = await inventory.transaction(async (repositories) => {
    const node = await requireAwaiting(repositories, nodeId, key);
    if (chosen === undefined) throw failure('key_not_shown', { nodeId, key });
    await requireUsable(repositories, node, key);
    const record = recordOf(node, chosen);
    if ((await repositories.certificates.find(record.serial)) === null) await repositories.certificates.create(record);
    if (node.spkiHash !== key) await repositories.identityKeys.putInForce(nodeId, key);
    const before = await repositories.restorations.find();
    if (before !== null) {
      const awaited = before.awaited.filter((id) => id !== nodeId);
      await repositories.restorations.keep({ ...before, awaited });
    }
    const isOfBackup = node.spkiHash === key;
    const readopted = happening('node-readopted', { by, nodeId, name: nameOf(node), isOfBackup, key });
    await repositories.events.append({ at: now(), cluster: node.cluster, ...readopted });
    return { node, record, wasAwaited: before?.awaited.includes(nodeId) === true };
  });
  // A machine with another key of the node may have reported in its name.
  if (node.spkiHash !== key) statuses.forget(nodeId);
  directory.issued(record);
  await directory.refresh(nodeId, now());
  await restoration.refresh();
  const others = shown.filter(({ spkiHash }) => spkiHash !== key);
  const copies = others.length === 0 ? null : reason('other_keys_shown', { keys: others.map((one) => one.spkiHash) });
  if (copies !== null) await freezeIdentity(deps, nodeId, copies);
  await executor.run(node.cluster, nodeReadopted);
  const frozen = node.frozen?.because ?? null;
  return {
    before: { key: node.spkiHash, frozen, awaitsReadoption: wasAwaited },
    after: { key, frozen: frozen ?? copies, awaitsReadoption: false },
  };
}

/** What a re-adoption changes of a node. */
type Standing = {
  readonly key: string;
  readonly frozen: Reason | null;
  readonly awaitsReadoption: boolean;
};

async function requireAwaiting(
  { nodes, restorations }: Repositories,
  nodeId: string,
  key: string,
): Promise<NodeRecord> {
  const node = await nodes.required(nodeId);
  requirePresent(node);
  const restoration = await restorations.find();
  if (restoration === null) {
    throw failure('readoption_not_needed', { nodeId, problem: reason('not_restored') });
  }
  // With another key, also for a node that was re-adopted already: the operator may first have confirmed a copy.
  if (!restoration.awaited.includes(nodeId) && node.spkiHash === key) {
    throw failure('readoption_not_needed', { nodeId, problem: reason('taken_up_already') });
  }
  return node;
}

async function requireUsable(repositories: Repositories, node: NodeRecord, key: string): Promise<void> {
  const refuse = (problem: Reason) => failure('key_given_up', { key, nodeId: node.id, problem });
  const revoked = (await repositories.certificates.revoked()).find(({ spkiHash }) => spkiHash === key);
  if (revoked !== undefined) throw refuse(reason('certificate_of_key_revoked', { serial: revoked.serial }));
  const holder = await holderOf(repositories, key);
  if (holder !== null && holder.node.id !== node.id) throw refuse(reason('key_of_another_node'));
  const other = holder?.key;
  if (other?.standing === 'superseded') throw refuse(reason('key_was_given_up', { generation: other.generation }));
}

/** The store's record of a certificate that was issued after the backup. */
export function recordOf(node: NewNode, { serial, spkiHash, notBefore, notAfter }: ShownCertificate): NewCertificate {
  return {
    serial,
    purpose: 'node',
    cluster: node.cluster,
    principal: nodeUri(node.id),
    commonName: nameOf(node),
    spkiHash,
    notBefore: notBefore.getTime(),
    notAfter: notAfter.getTime(),
    issuedAt: notBefore.getTime(),
  };
}
