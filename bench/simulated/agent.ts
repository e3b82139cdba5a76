import { exportPrivateKeyPem, generateKey } from '@picket/shared/pki/keys.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { JoinAnswer } from '@picket/shared/protocol/join.ts';
import type { NodeStatus, ReportRequest } from '@picket/shared/protocol/report.ts';
import type { TokenCreated } from '@picket/shared/protocol/tokens.ts';
import type { Answer, Client, Credentials } from '../../packages/coordinator/test/support/client.ts';
import { joinRequest, servingAlone } from '../../packages/coordinator/test/support/nodes.ts';
import { readyStatus } from '../../packages/shared/test/samples/node-status.ts';

/** How the coordinator is reached, and as whom. */
export interface Reach {
  readonly client: (credentials: Credentials | null) => Client;
  readonly operator: Client;
}

/** The agent of an idle member. */
export interface SimulatedAgent {
  readonly credentials: Credentials;
  /** Reports what has changed since the last report: the numbers of etcd, and the figures of the machine. */
  report(): Promise<void>;
}

/** Declares a cluster of one member without snapshots, joins as that member, and reports until the cluster is founded. */
export async function joinedAgent({ client, operator }: Reach, number: number): Promise<SimulatedAgent> {
  const cluster = `idle-${number}`;
  const name = `${cluster}-m-1`;
  const address = `192.168.${Math.floor(number / 200)}.${(number % 200) + 11}`;
  await expect(
    operator.post('/v1/clusters', {
      name: cluster,
      domain: 'edge.huatai.me',
      members: [{ name, address }],
      snapshots: { everyMinutes: 0 },
    }),
  );
  const { joinString } = (await expect(operator.post('/v1/tokens', { cluster }))).json<TokenCreated>();
  const key = await generateKey('p256');
  const stranger = client(null);
  const request = joinRequest(joinString, key, 1, { name, addresses: ['127.0.0.1', address] });
  const { certificate } = (await expect(stranger.post('/v1/join', request))).json<JoinAnswer>();
  stranger.close();
  const credentials = { certificate, key: exportPrivateKeyPem(key) };
  const node = client(credentials);
  let sequence = 0;

  async function send(changed: ReportRequest['changed'], isWhole: boolean): Promise<void> {
    const basis = isWhole ? null : sequence;
    sequence += 1;
    await expect(node.post('/v1/node/report', { run: 1, sequence, basis, changed }));
  }

  await send(readyStatus(), true);
  const founding = (await expect(node.get('/v1/node/desired-state'))).json<MemberState>();
  const { service, etcd } = servingAlone(founding.etcd?.incarnation ?? '', name);
  if (etcd === null) throw new Error('the member has no etcd');
  const serving: NodeStatus = { ...readyStatus(), service, etcd };
  await send(serving, true);
  const { inventory, generation, seal } = (await expect(node.get('/v1/node/desired-state'))).json<MemberState>();
  const followed = { inventory, generationSeen: generation, generationApplied: generation, seal };
  await send({ agent: { ...serving.agent, ...followed } }, false);

  return {
    credentials,
    async report() {
      const index = etcd.raftIndex + sequence;
      const numbers = { raftIndex: index, raftAppliedIndex: index, membersAsOf: index };
      const machine = { ...serving.machine, temperatureCelsius: 45 + (sequence % 5) };
      await send({ etcd: { ...etcd, ...numbers }, machine }, false);
    },
  };
}

async function expect(asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  if (answer.status >= 300) throw new Error(`answered ${answer.status}: ${answer.text}`);
  return answer;
}
