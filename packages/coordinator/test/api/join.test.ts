import { failure, type WireError } from '@picket/shared/errors.ts';
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
  t.strictSame(answer.json(), failure('not_found', { what: 'cluster', name: 'nowhere' }).toWire());
});

t.test('a token for an undeclared member is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const answer = await coordinator.admin.post('/v1/tokens', { cluster: 'x-k3s', member: 'x-k3s-m-9' });
  t.strictSame(
    answer.json(),
    failure('member_not_declared', {
      cluster: 'x-k3s',
      member: 'x-k3s-m-9',
      declared: 'x-k3s-m-1, x-k3s-m-2, x-k3s-m-3',
      near: 'x-k3s-m-1',
    }).toWire(),
  );
});

t.test('a deleted token has expired', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id, joinString } = await createToken(coordinator);
  const deleted = await coordinator.admin.request('DELETE', `/v1/tokens/${id}`);
  t.equal(deleted.status, 204);
  const expiredAt = new Date(coordinator.clock.now).toISOString();
  t.strictSame(
    await refusal(coordinator, joinString, 1),
    failure('token_expired', { tokenId: id, expiredAt }).toWire(),
  );
});

t.test('an unknown token is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const other = joinString.replace(/^pkt1\.[^.]+/, 'pkt1.abcdefgh');
  t.strictSame(await refusal(coordinator, other, 1), failure('token_unknown', { tokenId: 'abcdefgh' }).toWire());
});

t.test('a wrong secret is refused in the same words as an unknown token', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id, joinString } = await createToken(coordinator);
  const { secret } = parseJoinString(joinString);
  t.strictSame(
    await refusal(coordinator, joinString.replace(secret, 'A'.repeat(32)), 1),
    failure('token_unknown', { tokenId: id }).toWire(),
  );
});

t.test('a token is valid for an hour by default', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id, joinString } = await createToken(coordinator);
  coordinator.clock.now += hour;
  const expiredAt = new Date(coordinator.clock.now).toISOString();
  t.strictSame(
    await refusal(coordinator, joinString, 1),
    failure('token_expired', { tokenId: id, expiredAt }).toWire(),
  );
});

t.test('a token is valid for one node by default', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id, joinString } = await createToken(coordinator);
  await coordinator.stranger.post('/v1/join', joinRequest(joinString, await generateKey('p256'), 1));
  t.strictSame(await refusal(coordinator, joinString, 2), failure('token_used_up', { tokenId: id, uses: 1 }).toWire());
});

t.test('a token that is bound to a member joins no other', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id, joinString } = await createToken(coordinator, { member: 'x-k3s-m-2' });
  t.strictSame(
    await refusal(coordinator, joinString, 1),
    failure('token_bound_elsewhere', {
      tokenId: id,
      kind: 'member',
      boundTo: 'x-k3s-m-2',
      name: 'x-k3s-m-1',
    }).toWire(),
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
  t.strictSame(
    await refusal(coordinator, joinString, 3, { name: 'x-k3s-m-3.elsewhere.lan' }),
    failure('member_not_declared', {
      cluster: 'x-k3s',
      member: 'x-k3s-m-3.elsewhere.lan',
      declared: 'x-k3s-m-1, x-k3s-m-2, x-k3s-m-3',
    }).toWire(),
  );
});

t.test('a machine with an undeclared name is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  t.strictSame(
    await refusal(coordinator, joinString, 9),
    failure('member_not_declared', {
      cluster: 'x-k3s',
      member: 'x-k3s-m-9',
      declared: 'x-k3s-m-1, x-k3s-m-2, x-k3s-m-3',
      near: 'x-k3s-m-1',
    }).toWire(),
  );
});

t.test('a member that another node holds is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id } = await joinNode(coordinator, 1);
  const { joinString } = await createToken(coordinator);
  const joinedAt = new Date(coordinator.clock.now).toISOString();
  t.strictSame(
    await refusal(coordinator, joinString, 1),
    failure('member_taken', { member: 'x-k3s-m-1', cluster: 'x-k3s', nodeId: id, joinedAt }).toWire(),
  );
});

t.test('a key that is already one member becomes no other', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const { joinString } = await createToken(coordinator);
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, node.key, 2));
  t.strictSame(
    answer.json(),
    failure('joined_as_another', {
      nodeId: node.id,
      kind: 'member',
      member: 'x-k3s-m-1',
      cluster: 'x-k3s',
      wantedCluster: 'x-k3s',
      name: 'x-k3s-m-2',
    }).toWire(),
  );
});

t.test('an evicted key can no longer join', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await coordinator.running.directory.evict(node.id, coordinator.clock.now);
  const { joinString } = await createToken(coordinator);
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, node.key, 1));
  const evictedAt = new Date(coordinator.clock.now).toISOString();
  t.strictSame(answer.json(), failure('node_evicted', { nodeId: node.id, evictedAt }).toWire());
});

t.test('a machine without the member’s address is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const request = joinRequest(joinString, await generateKey('p256'), 1, { addresses: ['127.0.0.1', '10.0.0.5'] });
  t.strictSame(
    (await coordinator.stranger.post('/v1/join', request)).json(),
    failure('address_not_on_node', {
      name: 'x-k3s-m-1',
      address: '192.168.7.11',
      addresses: '127.0.0.1, 10.0.0.5',
    }).toWire(),
  );
});

t.test('R14: nobody joins while the coordinator’s clock is before its last issuance', async (t) => {
  // In the past, so that it is initialised at this very time.
  const coordinator = await testCoordinator(t, Date.now() - 3_600_000);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const lastIssuance = new Date(coordinator.clock.now).toISOString();
  coordinator.clock.now -= 1000;
  const now = new Date(coordinator.clock.now).toISOString();
  t.strictSame(await refusal(coordinator, joinString, 1), failure('clock_behind', { now, lastIssuance }).toWire());
});

const badRequests: readonly (readonly [what: string, csr: () => Promise<string>, error: WireError])[] = [
  [
    'asks for names',
    () => csrWith('subjectAltName=DNS:etcd.example.org'),
    failure('csr_asks_for_names', { names: 'dns:etcd.example.org' }).toWire(),
  ],
  [
    'asks to be an authority',
    () => csrWith('basicConstraints=critical,CA:TRUE'),
    failure('csr_asks_for_ca', {}).toWire(),
  ],
  [
    'does not prove that its sender has the key',
    async () => withBrokenSignature(createCsr({ key: await generateKey('p256'), commonName: 'a node' })),
    failure('csr_signature_invalid', { problem: 'its signature is not by its key' }).toWire(),
  ],
];
for (const [what, csr, error] of badRequests) {
  t.test(`R7: a CSR that ${what} is refused, and the token not spent`, async (t) => {
    const coordinator = await testCoordinator(t);
    await createCluster(coordinator);
    const { joinString } = await createToken(coordinator);
    const request = { ...joinRequest(joinString, await generateKey('p256'), 1), csr: await csr() };
    const answer = await coordinator.stranger.post('/v1/join', request);
    t.strictSame([answer.status, answer.json()], [400, error]);
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
  t.strictSame(
    [answer.status, answer.json()],
    [400, failure('invalid_request', { problem: 'body/node has the unknown field "rack"' }).toWire()],
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
): Promise<WireError> {
  const request = joinRequest(joinString, await generateKey('p256'), number, overrides);
  return (await stranger.post('/v1/join', request)).json<WireError>();
}
