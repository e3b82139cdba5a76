import { createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { issueAuthority, signCertificate } from '@picket/shared/pki/issue.ts';
import { exportPrivateKeyPem, generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import type { NodeStatus, ReportAnswer } from '@picket/shared/protocol/report.ts';
import { readyStatus } from '../../packages/shared/test/samples/node-status.ts';
import type { SourceChange } from '../mutants/source-change.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { cluster } from '../support/fleet-of-test.ts';
import { said } from '../support/said.ts';
import { until } from '../support/until.ts';
import { askOnce, connectedTls12, renegotiated, requestText } from './attackers.ts';
import type { Scene } from './scene.ts';

const etcd = await ensureEtcd();

/** An attack by what is said rather than by how much; the traitor is a member. */
export interface Forgery {
  readonly rule: string;
  /** What the coordinator does where it holds. */
  readonly holds: string;
  /** Resolves with the harm that it did: with nothing where the coordinator holds. */
  attempt(scene: Scene): Promise<readonly string[]>;
  /** The coordinator without its guard, which comes to harm. */
  readonly mutant: SourceChange;
}

/** In this order: after the last one the traitor is quarantined. */
export const forgeries: readonly Forgery[] = [
  {
    rule: 'R8',
    holds: 'a client that renegotiates to a forged certificate is cut off',
    attempt: renegotiatesToForgery,
    mutant: {
      file: 'packages/coordinator/src/app.ts',
      in: 'secureContext',
      guard: 'constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION',
      without: 'constants.SSL_OP_NO_TICKET',
    },
  },
  {
    rule: 'R18',
    holds: 'a member with a name that JavaScript has in every record is refused',
    attempt: declaresConstructor,
    mutant: {
      file: 'packages/coordinator/src/declaration/make-spec.ts',
      in: 'checkSpec',
      guard: 'spec.members.some(({ name }) => name in {})',
      without: 'spec.members.length === 0',
    },
  },
  {
    rule: 'R18',
    holds: 'a member that joins again with `..` in a path is refused, and nothing of its paths is kept',
    attempt: rejoinsWithUpwardPath,
    mutant: {
      file: 'packages/coordinator/src/identity/judge-admission.ts',
      in: 'requireOwnFolders',
      guard: 'requireLayout(spec, member, facts.layout);',
      without: '',
    },
  },
  {
    rule: 'R18',
    holds: 'a report with a list of members as of an index that no etcd comes to is refused',
    attempt: listsMembersAsOfTheEnd,
    mutant: {
      file: 'packages/shared/src/protocol/primitives.ts',
      in: 'Count',
      guard: 'minimum: 0, maximum: 2 ** 48',
      without: 'minimum: 0',
    },
  },
  {
    rule: 'R18',
    holds: 'a long text of one node does not make the answers to others longer than their agents accept',
    attempt: tellsLongWait,
    mutant: {
      file: 'packages/coordinator/src/executor/turn.ts',
      in: 'observed',
      guard: 'deps.decisions.withExcerpts(observe(deps, nodes, progress, when))',
      without: 'observe(deps, nodes, progress, when)',
    },
  },
  {
    rule: 'R18',
    holds: 'a report with a date that no calendar has is refused, and all certificates are listed',
    attempt: holdsCertificateOfNoDay,
    mutant: {
      file: 'packages/shared/src/protocol/primitives.ts',
      in: 'days',
      guard: { text: '|(?:0[469]|11)-' },
      without: '|\\\\d\\\\d-\\\\d\\\\d|(?:0[469]|11)-',
    },
  },
  {
    rule: 'R5',
    holds: 'a generation that no seal proves quarantines the node that claims it, and no other',
    attempt: claimsGeneration,
    mutant: {
      file: 'packages/coordinator/src/model/claims.ts',
      in: 'claimOf',
      guard: 'const proven = agent.seal !== undefined && isSealed(followed, agent.seal);',
      without: 'const proven = agent.seal === undefined ? isAhead : isSealed(followed, agent.seal);',
    },
  },
];

async function renegotiatesToForgery({ victim, traitor }: Scene): Promise<readonly string[]> {
  const [authorityKey, key] = [await generateKey('p256'), await generateKey('p256')];
  const lifetime = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 3_600_000) };
  const issuer = issueAuthority({
    commonName: 'Picket control CA',
    key: authorityKey,
    pathLength: 1,
    serial: '7f02',
    ...lifetime,
  });
  const forged = signCertificate({
    issuer,
    subject: { commonName: 'admin' },
    publicKey: publicKeyOf(key),
    sans: [{ type: 'uri', value: 'urn:picket:operator:admin' }],
    usage: 'operator',
    serial: '7f03',
    ...lifetime,
  });
  const socket = await connectedTls12(victim, traitor);
  socket.setKeyCert(createSecureContext({ cert: forged.pem, key: exportPrivateKeyPem(key) }));
  const harm = (await renegotiated(socket)) ? ['the coordinator has renegotiated'] : [];
  return socket.destroyed ? harm : [...harm, 'the connection is still open'];
}

async function declaresConstructor({ fleet }: Scene): Promise<readonly string[]> {
  const refusal = await fleet
    .ask((api) =>
      api.createCluster({
        body: {
          name: 'y-k3s',
          domain: 'edge.huatai.me',
          members: [{ name: 'constructor', address: '192.168.7.99' }],
        },
      }),
    )
    .then(
      () => 'nothing',
      (error: unknown) => (error as Error).message,
    );
  return refusal.includes('the member name "constructor" is not possible') ? [] : [`it says ${refusal}`];
}

async function rejoinsWithUpwardPath(scene: Scene): Promise<readonly string[]> {
  const { fleet, victim, traitor } = scene;
  const { tokenId, secret } = parseJoinString(await fleet.joinString(cluster));
  const node = {
    name: 'x-k3s-m-2',
    addresses: [fleet.machine('x-k3s-m-2').address],
    agentVersion: '0.1.0',
    etcdVersion: etcd.version,
    os: 'none',
    arch: 'none',
    layout: { etcDir: '/etc/etcd', dataRoot: '/var/lib/etcd', logFile: '/var/log/../etcd.log' },
  };
  const csr = createCsr({ key: createPrivateKey(traitor.key), commonName: 'a node' });
  const answer = await askOnce(victim, requestText('POST', '/v1/join', { tokenId, secret, csr, node }));
  const harm = /^HTTP\/1\.1 422 [\s\S]*layout_invalid/.test(answer) ? [] : [`to join again was answered ${answer}`];
  return [...harm, ...(await harmOfChange(scene, { heartbeatIntervalMs: 110 }))];
}

async function listsMembersAsOfTheEnd(scene: Scene): Promise<readonly string[]> {
  // The change that the forgery before this one ends with restarts it, and meanwhile its agent reports none.
  const etcd = await until(
    'the first member reports its etcd',
    async () => (await scene.fleet.status(cluster)).members[0]?.status?.etcd,
    { within: 120_000, every: 250 },
  );
  const far = 2 ** 53 - 1;
  const own = { id: 'dead', name: 'x-k3s-m-2', peerUrls: [], clientUrls: [], isLearner: false };
  const lie = { ...etcd, memberId: own.id, members: [own], membersAsOf: far, raftIndex: far, raftAppliedIndex: far };
  const answer = await report(scene, 1, { etcd: lie });
  return /^HTTP\/1\.1 400 /.test(answer) ? [] : [`the report was answered ${answer.slice(0, 200)}`];
}

async function tellsLongWait(scene: Scene): Promise<readonly string[]> {
  const lie = { agent: { ...readyStatus().agent, waits: [said('x'.repeat(2000))] } };
  let told: readonly string[] = [];
  // While an earlier change is carried out, the cluster waits for that alone. The same report again counts once.
  await until(
    'the text of the traitor is shown',
    async () => {
      const answer = await report(scene, 2, lie);
      const { waitsFor } = JSON.parse(answer.slice(answer.indexOf('{'))) as ReportAnswer;
      told = waitsFor.flatMap((wait) => (wait.message.includes('xxx') ? [JSON.stringify(wait)] : []));
      return told.length > 0;
    },
    { within: 120_000, every: 250 },
  );
  return told.flatMap(({ length }) => (length > 2000 ? [`every node is sent a reason of ${length} characters`] : []));
}

async function holdsCertificateOfNoDay(scene: Scene): Promise<readonly string[]> {
  const day = '2026-99-99T00:00:00Z';
  const lie = { purpose: 'client', serial: 'ab', notBefore: day, notAfter: day } as const;
  const answer = await report(scene, 3, { certificates: [lie] });
  const { code, stderr } = await scene.fleet.picket('certificates');
  return [
    ...(/^HTTP\/1\.1 400 /.test(answer) ? [] : [`the report was answered ${answer.slice(0, 200)}`]),
    ...(code === 0 ? [] : [`the list of certificates failed: ${stderr}`]),
  ];
}

async function claimsGeneration(scene: Scene): Promise<readonly string[]> {
  const { fleet, victim, traitor } = scene;
  const polled = await askOnce(victim, requestText('GET', '/v1/node/desired-state'), traitor);
  const { inventory } = JSON.parse(polled.slice(polled.indexOf('{'))) as MemberState;
  await report(scene, 4, { agent: { ...readyStatus().agent, inventory, generationSeen: 999_999 } });
  const { state, waitsFor } = await fleet.status(cluster);
  const waits = waitsFor.map(({ message }) => message);
  const told = waits.some((wait) => wait.includes('x-k3s-m-2') && wait.includes('is quarantined'));
  return [
    ...(state === 'frozen' ? [`the cluster is frozen: ${waits[0]}`] : []),
    ...(told ? [] : [`status waits for ${waits.join('; ')}`]),
    ...(await harmOfChange(scene, { heartbeatIntervalMs: 120 })),
  ];
}

/** @param sequence rises from report to report of one run */
function report({ victim, traitor }: Scene, sequence: number, lie: Partial<NodeStatus>): Promise<string> {
  const ready = readyStatus();
  // With another minor version than the cluster, that alone would be said of it.
  const service = { ...ready.service, etcdVersion: etcd.version };
  const body = { run: 1, sequence, basis: null, changed: { ...ready, service, ...lie } };
  return askOnce(victim, requestText('POST', '/v1/node/report', body), traitor);
}

/** Whether an operator's change is taken, and reaches the honest member. */
async function harmOfChange(
  { fleet }: Scene,
  tuning: { readonly heartbeatIntervalMs: number },
): Promise<readonly string[]> {
  const published = async () => (await fleet.status(cluster)).members[0]?.generation ?? 0;
  const before = await published();
  try {
    const { spec } = await fleet.ask((api) => api.cluster({ name: cluster }));
    await fleet.ask((api) =>
      api.changeCluster({ name: cluster, ifMatch: spec.revision, body: { tuning, allowDowntime: true } }),
    );
  } catch (error) {
    return [`an operator’s change was refused: ${(error as Error).message}`];
  }
  await until('the change is published to the honest member', async () => (await published()) > before, {
    within: 120_000,
    every: 250,
  });
  return [];
}
