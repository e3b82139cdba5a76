import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import type { JoinAnswer, JoinRequest } from '@picket/shared/protocol/join.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { TokenView } from '@picket/shared/protocol/tokens.ts';
import t from 'tap';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { csrWith, withBrokenSignature } from '../support/foreign-csr.ts';
import { createCluster, createToken, joinNode, joinRequest, nodeWith } from '../support/nodes.ts';

const hour = 3_600_000;

t.test('the trust bundle is the control CA, whose key the join string pins', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const bundle = (await coordinator.stranger.get('/v1/trust-bundle')).json<{ controlCertificates: string }>();
  t.equal(parseCertificate(bundle.controlCertificates).spkiHash, parseJoinString(joinString).pin);
});

t.test('a node that joins gets an identity for this member, which works at once', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const key = await generateKey('p256');
  const { joinString } = await createToken(coordinator);
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, key, 1));
  const { certificate, nodeId, controlCertificates, ...rest } = answer.json<JoinAnswer>();
  const { sans, notAfter } = parseCertificate(certificate);
  t.same(rest, {
    cluster: 'x-k3s',
    member: { name: 'x-k3s-m-1', address: '192.168.7.11', ports: { client: 2379, peer: 2380, metrics: 2381 } },
    names: [{ name: 'x-k3s-m-1.edge.huatai.me', addresses: ['192.168.7.11'], usedBy: 'clients' }],
    now: new Date(coordinator.clock.now).toISOString(),
  });
  t.same(sans, [{ type: 'uri', value: `urn:picket:node:${nodeId}` }]);
  t.equal(Math.round((notAfter.getTime() - coordinator.clock.now) / (24 * hour)), 30);
  t.equal(controlCertificates.trim(), coordinator.authority.trim());
  const node = nodeWith(coordinator, { id: nodeId, name: 'x-k3s-m-1', key, certificate });
  t.equal((await node.desiredState()).generation, 1, 'its first desired state exists before the answer');
});

t.test('the same key with the same token is the same node', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const request = joinRequest((await createToken(coordinator)).joinString, await generateKey('p256'), 1);
  const answers = [
    await coordinator.stranger.post('/v1/join', request),
    await coordinator.stranger.post('/v1/join', request),
  ];
  const [first, second] = answers.map((answer) => answer.json<JoinAnswer>().nodeId);
  t.equal(first, second);
});

t.test('R11: a token is listed without its secret', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString, warnings, ...shown } = await createToken(coordinator, {
    member: 'x-k3s-m-2',
    uses: 3,
    ttlSeconds: 60,
  });
  const { items } = (await coordinator.admin.get('/v1/tokens')).json<Page<TokenView>>();
  t.same(items, [shown]);
  t.same(warnings, []);
  t.same(shown, {
    id: parseJoinString(joinString).tokenId,
    cluster: 'x-k3s',
    member: 'x-k3s-m-2',
    client: null,
    usesAllowed: 3,
    usesSpent: 0,
    expiresAt: new Date(coordinator.clock.now + 60_000).toISOString(),
    createdAt: new Date(coordinator.clock.now).toISOString(),
    createdBy: 'urn:picket:operator:ada',
    isVoid: false,
  });
});

t.test('R11: the answer with the join string must not be stored on its way', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const answer = await coordinator.admin.post('/v1/tokens', { cluster: 'x-k3s' });
  t.equal(answer.headers['cache-control'], 'no-store');
});

t.test('a token for an unknown cluster is refused', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.post('/v1/tokens', { cluster: 'nowhere' });
  t.equal(answer.error, 'not_found: The cluster nowhere does not exist.');
});

t.test('a token for an undeclared member is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const answer = await coordinator.admin.post('/v1/tokens', { cluster: 'x-k3s', member: 'x-k3s-m-9' });
  t.equal(
    answer.error,
    'member_not_declared: The cluster x-k3s has no member x-k3s-m-9; it has x-k3s-m-1, x-k3s-m-2, x-k3s-m-3.',
  );
});

t.test('a deleted token has expired', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id, joinString } = await createToken(coordinator);
  const deleted = await coordinator.admin.request('DELETE', `/v1/tokens/${id}`);
  t.equal(deleted.status, 204);
  t.equal(
    await refusal(coordinator, joinString, 1),
    `token_expired: The join token ${id} has not been valid since ${new Date(coordinator.clock.now).toISOString()}: it expired, or was revoked.`,
  );
});

t.test('an unknown token is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const other = joinString.replace(/^pkt1\.[^.]+/, 'pkt1.abcdefgh');
  t.equal(
    await refusal(coordinator, other, 1),
    'token_unknown: The join token abcdefgh is unknown to this coordinator, or its secret is wrong.',
  );
});

t.test('a wrong secret is refused in the same words as an unknown token', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id, joinString } = await createToken(coordinator);
  const { secret } = parseJoinString(joinString);
  t.equal(
    await refusal(coordinator, joinString.replace(secret, 'A'.repeat(32)), 1),
    `token_unknown: The join token ${id} is unknown to this coordinator, or its secret is wrong.`,
  );
});

t.test('a token is valid for an hour by default', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id, joinString } = await createToken(coordinator);
  coordinator.clock.now += hour;
  t.equal(
    await refusal(coordinator, joinString, 1),
    `token_expired: The join token ${id} has not been valid since ${new Date(coordinator.clock.now).toISOString()}: it expired, or was revoked.`,
  );
});

t.test('a token is valid for one node by default', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id, joinString } = await createToken(coordinator);
  await coordinator.stranger.post('/v1/join', joinRequest(joinString, await generateKey('p256'), 1));
  t.equal(
    await refusal(coordinator, joinString, 2),
    `token_used_up: The join token ${id} is used up (allowed uses: 1).`,
  );
});

t.test('a token that is bound to a member joins no other', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id, joinString } = await createToken(coordinator, { member: 'x-k3s-m-2' });
  t.equal(
    await refusal(coordinator, joinString, 1),
    `token_bound_elsewhere: The join token ${id} is bound to the member x-k3s-m-2, but this machine asks to join as x-k3s-m-1.`,
  );
});

t.test('a board that has the domain of the cluster in its host name joins as its member', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  for (const [number, name] of ['x-k3s-m-1.edge.huatai.me', 'X-K3S-M-2.Edge.Huatai.Me.'].entries()) {
    const { joinString } = await createToken(coordinator);
    const request = joinRequest(joinString, await generateKey('p256'), number + 1, { name });
    const answer = await coordinator.stranger.post('/v1/join', { ...request, hostNamed: true });
    t.match(answer.json<JoinAnswer>(), { member: { name: `x-k3s-m-${number + 1}` } });
  }
  const { joinString } = await createToken(coordinator);
  t.equal(
    await refusal(coordinator, joinString, 3, { name: 'x-k3s-m-3.elsewhere.lan' }),
    'member_not_declared: The cluster x-k3s has no member x-k3s-m-3.elsewhere.lan; it has x-k3s-m-1, x-k3s-m-2, x-k3s-m-3.',
  );
});

t.test('a machine with an undeclared name is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  t.equal(
    await refusal(coordinator, joinString, 9),
    'member_not_declared: The cluster x-k3s has no member x-k3s-m-9; it has x-k3s-m-1, x-k3s-m-2, x-k3s-m-3.',
  );
});

t.test('a member that another node holds is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id } = await joinNode(coordinator, 1);
  const { joinString } = await createToken(coordinator);
  t.equal(
    await refusal(coordinator, joinString, 1),
    `member_taken: The member x-k3s-m-1 of x-k3s is already node ${id}, ` +
      `which joined at ${new Date(coordinator.clock.now).toISOString()}.`,
  );
});

t.test('a key that is already one member becomes no other', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const { joinString } = await createToken(coordinator);
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, node.key, 2));
  t.equal(
    answer.error,
    `joined_as_another: This machine is already node ${node.id}, the member x-k3s-m-1 of x-k3s. ` +
      'It cannot join x-k3s as x-k3s-m-2.',
  );
});

t.test('an evicted key can no longer join', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await coordinator.running.directory.evict(node.id, coordinator.clock.now);
  const { joinString } = await createToken(coordinator);
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, node.key, 1));
  t.equal(
    answer.error,
    `node_evicted: Node ${node.id}, whose key this is, was evicted at ${new Date(coordinator.clock.now).toISOString()}.`,
  );
});

t.test('a machine without the member’s address is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const request = joinRequest(joinString, await generateKey('p256'), 1, { addresses: ['127.0.0.1', '10.0.0.5'] });
  t.equal(
    (await coordinator.stranger.post('/v1/join', request)).error,
    'address_not_on_node: The member x-k3s-m-1 has the address 192.168.7.11, ' +
      'but no interface of this machine has it (127.0.0.1, 10.0.0.5).',
  );
});

t.test('R14: nobody joins while the coordinator’s clock is before its last issuance', async (t) => {
  // In the past, so that it is initialised at this very time.
  const coordinator = await testCoordinator(t, Date.now() - 3_600_000);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const issued = new Date(coordinator.clock.now).toISOString();
  coordinator.clock.now -= 1000;
  const now = new Date(coordinator.clock.now).toISOString();
  t.equal(
    await refusal(coordinator, joinString, 1),
    `clock_behind: The coordinator’s clock says ${now}, which is before its last issuance at ${issued}.`,
  );
});

const badRequests: readonly (readonly [what: string, csr: () => Promise<string>, error: string])[] = [
  [
    'asks for names',
    () => csrWith('subjectAltName=DNS:etcd.example.org'),
    'csr_asks_for_names: The certificate signing request asks for names: dns:etcd.example.org.',
  ],
  [
    'asks to be an authority',
    () => csrWith('basicConstraints=critical,CA:TRUE'),
    'csr_asks_for_ca: The certificate signing request asks to be a certificate authority.',
  ],
  [
    'does not prove that its sender has the key',
    async () => withBrokenSignature(createCsr({ key: await generateKey('p256'), commonName: 'a node' })),
    'csr_signature_invalid: The certificate signing request does not prove that its sender has the key: its signature is not by its key.',
  ],
];
for (const [what, csr, error] of badRequests) {
  t.test(`R7: a CSR that ${what} is refused, and the token not spent`, async (t) => {
    const coordinator = await testCoordinator(t);
    await createCluster(coordinator);
    const { joinString } = await createToken(coordinator);
    const request = { ...joinRequest(joinString, await generateKey('p256'), 1), csr: await csr() };
    const answer = await coordinator.stranger.post('/v1/join', request);
    t.same([answer.status, answer.error], [400, error]);
    const { items } = (await coordinator.admin.get('/v1/tokens')).json<Page<TokenView>>();
    t.equal(items[0]?.usesSpent, 0);
  });
}

t.test('an unknown field of a join is named with its place, and the token not spent', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const request = joinRequest(joinString, await generateKey('p256'), 1);
  const answer = await coordinator.stranger.post('/v1/join', { ...request, node: { ...request.node, rack: 3 } });
  t.same(
    [answer.status, answer.error],
    [400, 'invalid_request: The request is not valid: body/node has the unknown field "rack".'],
  );
  const { items } = (await coordinator.admin.get('/v1/tokens')).json<Page<TokenView>>();
  t.equal(items[0]?.usesSpent, 0);
});

/** The answer to a machine with a new key. */
async function refusal(
  { stranger }: TestCoordinator,
  joinString: string,
  number: number,
  overrides: Partial<JoinRequest['node']> = {},
): Promise<string> {
  const request = joinRequest(joinString, await generateKey('p256'), number, overrides);
  return (await stranger.post('/v1/join', request)).error;
}
