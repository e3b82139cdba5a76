import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import type { San } from '@picket/shared/pki/san.ts';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import t, { type Test } from 'tap';
import { ensureServerCredential, serverCertificateDue } from '../../src/authority/server-credential.ts';
import { day, start } from '../inventory/samples.ts';
import { openHouse } from './samples.ts';

const sans: readonly San[] = [
  { type: 'dns', value: 'picket.home.example' },
  { type: 'ip', value: '192.168.7.2' },
];

async function opened(t: Test) {
  const house = await openHouse(t);
  const deps = { authorities: house.authorities, inventoryId: house.inventory.id, now: () => house.clock.now };
  const identity = { path: join(house.directory, 'server.pem'), commonName: 'picket.home.example', sans };
  return { house, deps, identity, credential: await ensureServerCredential(deps, identity) };
}

t.test('the coordinator’s certificate is a server’s, of the control authority, for 397 days', async (t) => {
  const { house, credential } = await opened(t);
  t.ok(verifyIssued(credential.certificate, [house.authorities.control.certificate], { purpose: 'serverAuth' }));
  t.equal(credential.certificate.notAfter.getTime(), start + 397 * day);
});

t.test('certificate and key are in one file for its owner alone', async (t) => {
  const { identity } = await opened(t);
  t.equal(statSync(identity.path).mode & 0o777, 0o600);
});

t.test('a certificate that is not due stays', async (t) => {
  const { house, deps, identity, credential } = await opened(t);
  house.clock.now = start + 264 * day;
  t.equal((await ensureServerCredential(deps, identity)).certificate.serial, credential.certificate.serial);
});

t.test('a certificate is renewed after two thirds of its life, with a new key', async (t) => {
  const { house, deps, identity, credential } = await opened(t);
  house.clock.now = start + 265 * day;
  const renewed = await ensureServerCredential(deps, identity);
  t.not(renewed.certificate.spkiHash, credential.certificate.spkiHash);
});

t.test('why a certificate is due is said', async (t) => {
  const { house, credential } = await opened(t);
  const authority = house.authorities.control.certificate;
  const { certificate } = credential;
  const other = readBundle(house.authorities.cluster('prod00000000').peer.certificate.pem)[0] ?? authority;
  t.same(
    [
      serverCertificateDue(certificate, { sans: [...sans].reverse(), authority }, start),
      serverCertificateDue(certificate, { sans, authority }, start + 265 * day),
      serverCertificateDue(certificate, { sans: sans.slice(1), authority }, start),
      serverCertificateDue(certificate, { sans, authority: other }, start),
    ],
    [null, 'two thirds of its life are over', 'its names have changed', 'the control authority has changed'],
  );
});
