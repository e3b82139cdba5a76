import { type Certificate, parseCertificate } from '@picket/shared/pki/certificate.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { operatorUri } from '../../src/identity/uris.ts';
import { type House, newPublicKey, openHouse } from '../authority/samples.ts';
import { day, start } from '../inventory/samples.ts';
import { join, joinRequest, newMachine, newToken } from './samples.ts';

async function withNode(t: Test): Promise<{ house: House; certificate: Certificate; nodeId: string }> {
  const house = await openHouse(t);
  const answer = await join(house, joinRequest(await newMachine(1), await newToken(house)));
  return { house, certificate: parseCertificate(answer.certificate), nodeId: answer.nodeId };
}

async function operatorCertificate(house: House, name: string): Promise<Certificate> {
  const uri = operatorUri(name);
  const { certificate } = await house.authorities.issue({
    purpose: 'operator',
    cluster: null,
    principal: uri,
    commonName: name,
    sans: [{ type: 'uri', value: uri }],
    publicKey: await newPublicKey(),
    lifetimeMs: 365 * day,
  });
  return parseCertificate(certificate.pem);
}

t.test('a node is identified by its certificate, before and after a restart', async (t) => {
  const { house, certificate, nodeId } = await withNode(t);
  const principal = {
    kind: 'node',
    uri: `urn:picket:node:${nodeId}`,
    nodeId,
    cluster: 'prod',
    nodeRole: { kind: 'member', member: 'pi-1' },
    serial: certificate.serial,
  };
  t.same(house.identities.resolve(certificate, start), { principal });
  await house.restart();
  t.same(house.identities.resolve(certificate, start), { principal });
});

async function withRole({ inventory, identities }: House, role: Role): Promise<void> {
  await inventory.operators.create({ name: 'ada', role, createdAt: start });
  await identities.refreshOperator('ada');
}

t.test('an operator has the role that the store gives', async (t) => {
  const house = await openHouse(t);
  await withRole(house, 'viewer');
  const certificate = await operatorCertificate(house, 'ada');
  t.match(house.identities.resolve(certificate, start).principal, { kind: 'operator', name: 'ada', role: 'viewer' });
});

t.test('a changed role applies to the next request, and after a restart', async (t) => {
  const house = await openHouse(t);
  await withRole(house, 'admin');
  const certificate = await operatorCertificate(house, 'ada');
  await house.inventory.operators.keepRole('ada', 'viewer');
  await house.identities.refreshOperator('ada');
  t.match(house.identities.resolve(certificate, start).principal, { role: 'viewer' });
  await house.restart();
  t.match(house.identities.resolve(certificate, start).principal, { role: 'viewer' });
});

t.test('R8: an operator that was removed is refused', async (t) => {
  const house = await openHouse(t);
  await withRole(house, 'admin');
  const certificate = await operatorCertificate(house, 'ada');
  await house.inventory.operators.remove('ada');
  await house.identities.refreshOperator('ada');
  t.same(house.identities.resolve(certificate, start), { refused: reason('operator_without_role', { name: 'ada' }) });
});

t.test('R8: an operator without a role is refused', async (t) => {
  const house = await openHouse(t);
  const certificate = await operatorCertificate(house, 'eve');
  t.same(house.identities.resolve(certificate, start), { refused: reason('operator_without_role', { name: 'eve' }) });
});

t.test('R8: a certificate whose serial is not in the store is refused', async (t) => {
  const { house, certificate } = await withNode(t);
  t.same(house.identities.resolve({ ...certificate, serial: '4a' }, start), {
    refused: reason('serial_unknown', { serial: '4a' }),
    notKnown: true,
  });
});

t.test('R8: a certificate for a cluster’s etcd is no identity', async (t) => {
  const { house, nodeId } = await withNode(t);
  const uri = `urn:picket:node:${nodeId}`;
  const { certificate } = await house.authorities.issue({
    purpose: 'client',
    cluster: { id: 'prod00000000', name: 'prod' },
    principal: uri,
    commonName: 'pi-1',
    sans: [{ type: 'uri', value: uri }],
    publicKey: await newPublicKey(),
    lifetimeMs: day,
  });
  t.same(house.identities.resolve(parseCertificate(certificate.pem), start), {
    refused: reason('serial_unknown', { serial: certificate.serial }),
    notKnown: true,
  });
});

t.test('R8: a revoked certificate is refused from the next request on, after a restart too', async (t) => {
  const { house, certificate } = await withNode(t);
  await house.authorities.revoke(certificate.serial);
  const refused = { refused: reason('revoked_at', { at: '2026-01-15T12:00:00.000Z' }) };
  t.same(house.identities.resolve(certificate, start), refused);
  await house.restart();
  t.same(house.identities.resolve(certificate, start), refused);
});

t.test('R8: an evicted node is refused from the next request on, after a restart too', async (t) => {
  const { house, certificate, nodeId } = await withNode(t);
  await house.identities.evict(nodeId, start);
  const evictedAt = '2026-01-15T12:00:00.000Z';
  const refused = { refused: reason('node_evicted_at', { nodeId, at: evictedAt }), evicted: { nodeId, evictedAt } };
  t.same(house.identities.resolve(certificate, start), refused);
  await house.restart();
  t.same(house.identities.resolve(certificate, start), refused);
});

t.test('R8: a join that is stored late does not undo an eviction', async (t) => {
  const { house, certificate, nodeId } = await withNode(t);
  const late = house.identities.refresh(nodeId, start);
  await house.identities.evict(nodeId, start);
  await late;
  t.ok(house.identities.resolve(certificate, start).refused);
});

t.test('R8: an issuance that is stored late does not undo a revocation', async (t) => {
  const { house, certificate } = await withNode(t);
  const { revokedAt: _, ...issued } = (await house.inventory.certificates.find(certificate.serial))!;
  await house.authorities.revoke(certificate.serial);
  house.identities.issued(issued);
  t.ok(house.identities.resolve(certificate, start).refused);
});

t.test('an unknown node cannot be evicted', async (t) => {
  const house = await openHouse(t);
  await t.rejects(house.identities.evict('nobodys0', start), {
    code: 'not_found',
    facts: { what: 'node', name: 'nobodys0' },
  });
});

t.test('R8: a certificate counts to the last second of its lifetime and no longer', async (t) => {
  const { house, certificate } = await withNode(t);
  const end = certificate.notAfter.getTime();
  t.ok(house.identities.resolve(certificate, end + 999).principal);
  t.same(house.identities.resolve(certificate, end + 1000), {
    refused: reason('ended_at', { at: '2026-02-14T12:00:00.000Z' }),
  });
});

t.test('R8: a certificate does not count before its time', async (t) => {
  const { house, certificate } = await withNode(t);
  t.same(house.identities.resolve(certificate, start - 300_001), {
    refused: reason('valid_only_from', { from: '2026-01-15T11:55:00.000Z', now: '2026-01-15T11:54:59.999Z' }),
  });
});

for (const [what, change] of [
  ['another end', { notAfter: new Date(start + 400 * day) }],
  ['another beginning', { notBefore: new Date(start - 400 * day) }],
  ['another key', { spkiHash: '00'.repeat(32) }],
  ['another URI', { sans: [{ type: 'uri', value: 'urn:picket:operator:ada' }] }],
  ['no URI', { sans: [] }],
] as const) {
  t.test(`R8: a certificate with a known serial and ${what} is refused`, async (t) => {
    const { house, certificate } = await withNode(t);
    t.same(house.identities.resolve({ ...certificate, ...change }, start), {
      refused: reason('not_the_issued', { serial: certificate.serial }),
    });
  });
}

t.test('R8: a certificate with a second URI is refused', async (t) => {
  const { house, certificate } = await withNode(t);
  const sans = [...certificate.sans, { type: 'uri', value: 'urn:picket:operator:ada' }] as const;
  t.same(house.identities.resolve({ ...certificate, sans }, start), {
    refused: reason('not_the_issued', { serial: certificate.serial }),
  });
});

t.test('a request is judged without the store', async (t) => {
  const { house, certificate } = await withNode(t);
  await house.inventory.close();
  t.ok(house.identities.resolve(certificate, start).principal);
});
