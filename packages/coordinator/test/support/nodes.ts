import type { KeyObject } from 'node:crypto';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { exportPrivateKeyPem, generateKey } from '@picket/shared/pki/keys.ts';
import type { ClusterChange, ClusterCreate } from '@picket/shared/protocol/clusters.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { JoinAnswer, JoinRequest } from '@picket/shared/protocol/join.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { TokenCreate, TokenCreated } from '@picket/shared/protocol/tokens.ts';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { Answer, Client } from './client.ts';
import type { TestCoordinator } from './coordinator.ts';

/** The seed's cluster, as an operator asks for it. */
export function seedCluster(overrides: Partial<ClusterCreate> = {}): ClusterCreate {
  return {
    name: 'x-k3s',
    domain: 'edge.huatai.me',
    members: [
      { name: 'x-k3s-m-1', address: '192.168.7.11' },
      { name: 'x-k3s-m-2', address: '192.168.7.12' },
      { name: 'x-k3s-m-3', address: '192.168.7.13' },
    ],
    ...overrides,
  };
}

export async function createCluster(
  { admin }: TestCoordinator,
  overrides: Partial<ClusterCreate> = {},
): Promise<ClusterCreate> {
  const wanted = seedCluster(overrides);
  const answer = await admin.post('/v1/clusters', wanted);
  if (answer.status !== 201) throw new Error(answer.text);
  return wanted;
}

/** Changes the tuning in every conf.yml, against this revision. */
export async function changeTuning(
  { admin }: TestCoordinator,
  revision: number,
  tuning: NonNullable<ClusterChange['tuning']>,
): Promise<void> {
  const headers = { 'if-match': `"${revision}"` };
  const answer = await admin.request('PATCH', '/v1/clusters/x-k3s', { headers, body: { tuning } });
  if (answer.status !== 200) throw new Error(answer.text);
}

export async function createToken(
  { admin }: TestCoordinator,
  wanted: Partial<TokenCreate> = {},
): Promise<TokenCreated> {
  const answer = await admin.post('/v1/tokens', { cluster: 'x-k3s', ...wanted });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json<TokenCreated>();
}

/** The request of this member's agent with this join string. */
export function joinRequest(
  joinString: string,
  key: KeyObject,
  number: number,
  overrides: Partial<JoinRequest['node']> = {},
): JoinRequest {
  const { tokenId, secret } = parseJoinString(joinString);
  return {
    tokenId,
    secret,
    csr: createCsr({ key, commonName: 'a node' }),
    node: {
      name: `x-k3s-m-${number}`,
      addresses: ['127.0.0.1', `192.168.7.${number + 10}`],
      agentVersion: '0.1.0',
      etcdVersion: '3.5.33',
      os: 'Alpine Linux 3.23',
      arch: 'arm64',
      layout: { etcDir: '/etc/etcd', dataRoot: '/var/lib/etcd', logFile: '/var/log/etcd/etcd.log' },
      ...overrides,
    },
  };
}

/** A node of the test: it joined by a real token and uses its own certificate. */
export interface TestNode {
  readonly id: string;
  readonly name: string;
  readonly client: Client;
  readonly key: KeyObject;
  readonly certificate: string;
  desiredState(): Promise<MemberState>;
  /** Reports the whole status; by default that of a machine that is ready and runs no etcd. */
  report(changes?: Partial<NodeStatus>): Promise<Answer>;
}

/** Joins `x-k3s-m-NUMBER`. */
export async function joinNode(coordinator: TestCoordinator, number: number): Promise<TestNode> {
  const key = await generateKey('p256');
  const { joinString } = await createToken(coordinator);
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, key, number));
  if (answer.status !== 200) throw new Error(answer.text);
  const { nodeId, certificate, member } = answer.json<JoinAnswer>();
  return nodeWith(coordinator, { id: nodeId, name: member.name, key, certificate });
}

/** The same node with a new connection: after a restart of the coordinator. */
export function nodeWith(
  coordinator: TestCoordinator,
  { id, name, key, certificate }: Pick<TestNode, 'id' | 'name' | 'key' | 'certificate'>,
): TestNode {
  const client = coordinator.client({ certificate, key: exportPrivateKeyPem(key) });
  let sequence = 0;
  const run = 1;
  return {
    id,
    name,
    key,
    certificate,
    client,
    async desiredState() {
      const answer = await client.get('/v1/node/desired-state');
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      return answer.json<MemberState>();
    },
    report(changes = {}) {
      sequence += 1;
      return client.post('/v1/node/report', { run, sequence, basis: null, changed: { ...readyStatus(), ...changes } });
    },
  };
}

/** The report of a founder that serves alone: of this incarnation, in the cluster `c1`, as member `a1`. */
export function servingAlone(incarnation: string, name: string, number = 1): Pick<NodeStatus, 'service' | 'etcd'> {
  return {
    service: { ...readyStatus().service, state: 'running', incarnation },
    etcd: {
      clusterId: 'c1',
      memberId: 'a1',
      isLearner: false,
      leader: 'a1',
      raftTerm: 2,
      raftIndex: 8,
      raftAppliedIndex: 8,
      dbSizeBytes: 20_480,
      dbSizeInUseBytes: 20_480,
      revision: 1,
      version: '3.5.33',
      alarms: [],
      healthy: true,
      linearizableRead: true,
      members: [
        {
          id: 'a1',
          name,
          peerUrls: [`https://192.168.7.${number + 10}:2380`],
          clientUrls: [`https://192.168.7.${number + 10}:2379`],
          isLearner: false,
        },
      ],
      membersAsOf: 8,
    },
  };
}
