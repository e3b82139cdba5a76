import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import type { San } from '@picket/shared/pki/san.ts';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import t, { type Test } from 'tap';
import {
  ensureServerCredential,
  openServerCertificate,
  serverCertificateDue,
} from '../../src/authority/server-credential.ts';
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

t.test('the coordinator’s certificate is a server certificate of the control authority, for 397 days', async (t) => {
  const { house, credential } = await opened(t);
  t.ok(verifyIssued(credential.certificate, [house.authorities.control.certificate], { purpose: 'serverAuth' }));
  t.equal(credential.certificate.notAfter.getTime(), start + 397 * day);
});

t.test('certificate and key are in one file that only its owner can read', async (t) => {
  const { identity } = await opened(t);
  t.equal(statSync(identity.path).mode & 0o777, 0o600);
});

t.test('a certificate that is not due stays', async (t) => {
  const { house, deps, identity, credential } = await opened(t);
  house.clock.now = start + 264 * day;
  t.equal((await ensureServerCredential(deps, identity)).certificate.serial, credential.certificate.serial);
});

t.test('a certificate is renewed after two thirds of its lifetime, with a new key', async (t) => {
  const { house, deps, identity, credential } = await opened(t);
  house.clock.now = start + 265 * day;
  const renewed = await ensureServerCredential(deps, identity);
  t.not(renewed.certificate.spkiHash, credential.certificate.spkiHash);
});

t.test('R14: a certificate that is not valid yet, because a clock was ahead, is due', async (t) => {
  const { house, deps, identity } = await opened(t);
  house.clock.now = start + 300 * day;
  const { certificate } = await ensureServerCredential(deps, identity);
  const wanted = { sans, authority: house.authorities.control.certificate };
  const begin = certificate.notBefore.getTime();
  t.equal(serverCertificateDue(certificate, wanted, begin - 1), 'it is not valid yet');
  t.equal(serverCertificateDue(certificate, wanted, begin), null);
  const authorityBegin = wanted.authority.notBefore.getTime();
  t.equal(serverCertificateDue(certificate, wanted, authorityBegin), 'it is not valid yet');
  t.equal(serverCertificateDue(certificate, wanted, authorityBegin - 1), null, 'another would begin no earlier');
});

t.test('R14: if the clock forbids another one, the present certificate stays, and the reason is logged', async (t) => {
  const { house, deps, identity } = await opened(t);
  house.clock.now = start + 300 * day;
  const { certificate } = await ensureServerCredential(deps, identity);
  house.clock.now = start + day;
  const refusals: string[] = [];
  const server = await openServerCertificate(deps, identity, ({ code }) => refusals.push(code));
  t.equal(server.credential().certificate.serial, certificate.serial);
  t.same(refusals, ['clock_behind']);
});

t.test('R14: a clock that was set back is noticed at once', async (t) => {
  const { house, deps, identity } = await opened(t);
  const refusals: string[] = [];
  house.clock.now = start + 300 * day;
  const server = await openServerCertificate(deps, identity, ({ code }) => refusals.push(code));
  house.clock.now = start + day;
  t.equal(await server.renewWhenDue(), false);
  t.same(refusals, ['clock_behind']);
});

t.test('a running process renews it within the hour in which it is due', async (t) => {
  const { house, deps, identity, credential } = await opened(t);
  const due = credential.certificate.notBefore.getTime() + (397 * day + 300_000) * (2 / 3);
  house.clock.now = due - 1;
  const server = await openServerCertificate(deps, identity, () => undefined);
  house.clock.now = due + 3_590_000;
  t.equal(await server.renewWhenDue(), false, 'checked less than an hour ago');
  house.clock.now = due + 3_600_000;
  t.equal(await server.renewWhenDue(), true);
  t.not(server.credential().certificate.serial, credential.certificate.serial);
  t.equal(await server.renewWhenDue(), false);
});

t.test('the reason why a certificate is due is given', async (t) => {
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
    [null, 'two thirds of its lifetime are over', 'its names have changed', 'the control authority has changed'],
  );
});
