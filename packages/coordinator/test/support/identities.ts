import type { KeyObject } from 'node:crypto';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { exportPrivateKeyPem, generateKey } from '@picket/shared/pki/keys.ts';
import type { CertificateAnswer } from '@picket/shared/protocol/certificates.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { RecoverAnswer } from '@picket/shared/protocol/join.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { Answer, Client } from './client.ts';
import type { TestCoordinator } from './coordinator.ts';
import { nodeWith, type TestNode } from './nodes.ts';
import { reasonsOf } from './said.ts';

/** Asks for another identity, with this new key. */
export function askRenewal({ client }: TestNode, key: KeyObject): Promise<Answer> {
  return client.post('/v1/node/certificates', { purpose: 'identity', csr: createCsr({ key, commonName: 'a node' }) });
}

/** The same node with a renewed identity, which it has not used yet. */
export async function renewed(coordinator: TestCoordinator, node: TestNode, key?: KeyObject): Promise<TestNode> {
  const next = key ?? (await generateKey('p256'));
  const answer = await askRenewal(node, next);
  if (answer.status !== 200) throw new Error(answer.text);
  const { certificate } = answer.json<CertificateAnswer>();
  return nodeWith(coordinator, { id: node.id, name: node.name, key: next, certificate });
}

/** The answer to a recovery request with this certificate and key. */
export async function askRecovery(client: Client, key: KeyObject): Promise<Answer> {
  return client.post('/v1/recover', { csr: createCsr({ key, commonName: 'a node' }) });
}

/** The same node with the identity that it recovers. */
export async function recovered(coordinator: TestCoordinator, node: TestNode): Promise<TestNode> {
  const answer = await askRecovery(clientOf(coordinator, node), node.key);
  if (answer.status !== 200) throw new Error(answer.text);
  return nodeWith(coordinator, { ...node, certificate: answer.json<RecoverAnswer>().certificate });
}

/** A new connection with the node's present identity. */
export function clientOf(coordinator: TestCoordinator, { certificate, key }: TestNode): Client {
  return coordinator.client({ certificate, key: exportPrivateKeyPem(key) });
}

/** The kinds of past events, the latest first. */
export async function eventKinds({ admin }: TestCoordinator): Promise<readonly string[]> {
  return (await admin.get('/v1/events')).json<Page<EventView>>().items.map(({ kind }) => kind);
}

export async function noticesOf({ admin }: TestCoordinator): Promise<readonly AnyReason[]> {
  return reasonsOf((await admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>().notices);
}
