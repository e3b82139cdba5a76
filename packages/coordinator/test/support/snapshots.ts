import { createHash, randomBytes } from 'node:crypto';
import { type SnapshotEnd, type SnapshotState, snapshotPartBytes } from '@picket/shared/protocol/snapshots.ts';
import type { Test } from 'tap';
import type { Config } from '../../src/config/config.ts';
import { type TestCoordinator, testCoordinator } from './coordinator.ts';
import { databasePages, pageSize, withHash } from './database-pages.ts';
import { createCluster, joinNode, servingAlone, type TestNode } from './nodes.ts';

export const clusterPath = '/v1/clusters/x-k3s';
export const octets = withHash(databasePages(randomBytes(snapshotPartBytes + pageSize)));
export const sha256 = createHash('sha256').update(octets).digest('hex');
export const end: SnapshotEnd = { sizeBytes: octets.length, revision: 7, clusterId: 'c1', etcdVersion: '3.5.16' };
export const parts = [octets.subarray(0, snapshotPartBytes), octets.subarray(snapshotPartBytes)] as const;

/** A founder that serves alone, and a second node that has joined. */
export async function founded(t: Test, settings: Partial<Config> = {}) {
  const coordinator = await testCoordinator(t, Date.now(), settings);
  await createCluster(coordinator);
  const [founder, other] = [await joinNode(coordinator, 1), await joinNode(coordinator, 2)];
  await founder.report();
  const { etcd } = await founder.desiredState();
  await founder.report(servingAlone(etcd?.incarnation ?? '', founder.name));
  return { coordinator, founder, other };
}

export async function asked({ admin }: TestCoordinator): Promise<string> {
  const answer = await admin.post(`${clusterPath}/snapshots`);
  if (answer.status !== 202) throw new Error(answer.text);
  return answer.json<{ id: string }>().id;
}

export function sendPart({ client }: TestNode, id: string, offset: number, body: Uint8Array) {
  const headers = { 'content-type': 'application/octet-stream' };
  return client.request('PUT', `/v1/node/snapshots/${id}?offset=${offset}`, { headers, body });
}

export async function sendAll(node: TestNode, id: string, ending: SnapshotEnd = end) {
  await sendPart(node, id, 0, parts[0]);
  await sendPart(node, id, parts[0].length, parts[1]);
  return node.client.post(`/v1/node/snapshots/${id}`, ending);
}

/** Sends these octets as the ordered snapshot of an etcd. */
export async function sendOctets(node: TestNode, id: string, content: Buffer) {
  for (let offset = 0; offset < content.length; offset += snapshotPartBytes)
    await sendPart(node, id, offset, content.subarray(offset, offset + snapshotPartBytes));
  return node.client.post(`/v1/node/snapshots/${id}`, { ...end, sizeBytes: content.length });
}

export async function stateOf({ admin }: TestCoordinator): Promise<SnapshotState> {
  return (await admin.get(`${clusterPath}/snapshots`)).json<SnapshotState>();
}
