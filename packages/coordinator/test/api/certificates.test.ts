import { failure, type WireError } from '@picket/shared/errors.ts';
import { type Certificate, parseCertificate } from '@picket/shared/pki/certificate.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import { spkiHash } from '@picket/shared/pki/spki.ts';
import type { CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import t from 'tap';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { csrWith, withBrokenSignature } from '../support/foreign-csr.ts';
import { createCluster, joinNode, type TestNode } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';

const hour = 3_600_000;
const own = ['dns:x-k3s-m-1.edge.huatai.me', 'dns:x-k3s-m-1'];
const expected: Readonly<Record<LeafPurpose, { readonly commonName: string; readonly sans: readonly string[] }>> = {
  server: {
    commonName: 'etcd x-k3s-m-1',
    sans: [
      'dns:etcd.edge.huatai.me',
      ...own,
      'dns:localhost',
      'ip:192.168.7.10',
      'ip:192.168.7.11',
      'ip:127.0.0.1',
      'ip:::1',
    ],
  },
  peer: { commonName: 'x-k3s-m-1', sans: [...own, 'ip:192.168.7.11', 'ip:127.0.0.1'] },
  client: { commonName: 'client:x-k3s-m-1', sans: [] },
  admin: { commonName: 'picket-agent', sans: [] },
};

for (const purpose of ['server', 'peer', 'client', 'admin'] as const) {
  t.test(`R7: the names of a ${purpose} certificate come from the spec alone`, async (t) => {
    const coordinator = await testCoordinator(t);
    await createCluster(coordinator, { serviceNames: ['etcd.edge.huatai.me'], vips: ['192.168.7.10'] });
    const certificate = await issued(await joinNode(coordinator, 1), purpose);
    t.same(
      { subject: certificate.x509.subject, sans: certificate.sans.map(({ type, value }) => `${type}:${value}`) },
      { subject: `CN=${expected[purpose].commonName}`, sans: expected[purpose].sans },
    );
  });

  t.test(`R7: the lifetime of a ${purpose} certificate comes from the spec`, async (t) => {
    const coordinator = await testCoordinator(t);
    await createCluster(coordinator, { leafLifetimeHours: 24 });
    const { notAfter } = await issued(await joinNode(coordinator, 1), purpose);
    t.equal(Math.round((notAfter.getTime() - coordinator.clock.now) / hour), 24);
  });

  t.test(
    `a ${purpose} certificate is by the ${purpose === 'peer' ? 'peer' : 'client'} CA of its cluster`,
    async (t) => {
      const coordinator = await testCoordinator(t);
      await createCluster(coordinator);
      const node = await joinNode(coordinator, 1);
      const certificate = await issued(node, purpose);
      const { trust } = await node.desiredState();
      const authority = parseCertificate(purpose === 'peer' ? trust.peer : trust.client);
      t.ok(certificate.x509.verify(authority.publicKey));
    },
  );
}

t.test('R7: the key is that of the CSR', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const key = await generateKey('p256');
  const certificate = await issued(await joinNode(coordinator, 1), 'server', createCsr({ key, commonName: 'root' }));
  t.equal(certificate.spkiHash, spkiHash(publicKeyOf(key)));
});

t.test('an unknown purpose is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { client } = await joinNode(coordinator, 1);
  const answer = await client.post('/v1/node/certificates', { purpose: 'node', csr: await csrWith() });
  t.equal(answer.status, 400);
});

const badRequests: readonly (readonly [what: string, csr: () => Promise<string>, error: WireError])[] = [
  [
    'asks for names',
    () => csrWith('subjectAltName=IP:192.168.7.12'),
    failure('csr_asks_for_names', { names: 'ip:192.168.7.12' }).toWire(),
  ],
  [
    'asks to be an authority',
    () => csrWith('basicConstraints=critical,CA:TRUE'),
    failure('csr_asks_for_ca', {}).toWire(),
  ],
  [
    'does not prove that its sender has the key',
    async () => withBrokenSignature(await csrWith()),
    failure('csr_signature_invalid', { problem: 'its signature is not by its key' }).toWire(),
  ],
];
for (const [what, csr, error] of badRequests) {
  for (const purpose of ['server', 'peer', 'client', 'admin'] as const) {
    t.test(`R7: a CSR for a ${purpose} certificate that ${what} is refused, and nothing issued`, async (t) => {
      const coordinator = await testCoordinator(t);
      await createCluster(coordinator);
      const { client } = await joinNode(coordinator, 1);
      const before = await certificatesOf(coordinator);
      const answer = await client.post('/v1/node/certificates', { purpose, csr: await csr() });
      t.strictSame([answer.status, answer.json()], [400, error]);
      t.same(await certificatesOf(coordinator), before);
    });
  }
}

t.test('an unknown field of a request for a certificate is named', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { client } = await joinNode(coordinator, 1);
  const request = { purpose: 'peer', csr: await csrWith(), names: ['evil.example'] };
  const answer = await client.post('/v1/node/certificates', request);
  t.strictSame(
    [answer.status, answer.json()],
    [400, failure('invalid_request', { problem: 'body has the unknown field "names"' }).toWire()],
  );
});

t.test('anything other than a CSR gets no certificate', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const answer = await node.client.post('/v1/node/certificates', { purpose: 'peer', csr: node.certificate });
  t.equal(answer.status, 400);
});

t.test('R14: nothing is issued while the clock is before the last issuance', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  coordinator.clock.now -= 1000;
  const answer = await node.client.post('/v1/node/certificates', { purpose: 'peer', csr: await csrWith() });
  t.equal(answer.status, 503);
  t.match(answer.json(), wireRefusal('clock_behind'));
});

/** The serial numbers of everything that was issued. */
async function certificatesOf({ admin }: TestCoordinator): Promise<readonly string[]> {
  const { items } = (await admin.get('/v1/certificates')).json<Page<CertificateView>>();
  return items.map(({ serial }) => serial);
}

/** What the node gets for this purpose, by a CSR with a new key unless one is given. */
async function issued(node: TestNode, purpose: LeafPurpose, csr?: string): Promise<Certificate> {
  const answer = await node.client.post('/v1/node/certificates', { purpose, csr: csr ?? (await csrWith()) });
  if (answer.status !== 200) throw new Error(answer.text);
  return parseCertificate(answer.json<{ certificate: string }>().certificate);
}
