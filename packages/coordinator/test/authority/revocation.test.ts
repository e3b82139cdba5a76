import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openRevocationLog } from '../../src/authority/revocation-log.ts';
import { day, sampleNode, sampleToken } from '../inventory/samples.ts';
import { openHouse, serverRequest } from './samples.ts';

t.test('R5: a store that lost a revocation gets it back from the file', async (t) => {
  const house = await openHouse(t);
  const { record } = await house.authorities.issue(await serverRequest());
  await house.authorities.revoke(record.serial);
  rmSync(join(house.directory, 'picket.db'));
  rmSync(join(house.directory, 'picket.db-wal'), { force: true });
  await house.restart();
  t.same(await house.inventory.certificates.find(record.serial), { ...record, revokedAt: house.clock.now });
});

t.test('R5: a revocation that only the store knows is written to the file', async (t) => {
  const house = await openHouse(t);
  const { record } = await house.authorities.issue(await serverRequest());
  const revocation = await house.authorities.revoke(record.serial);
  const path = join(house.directory, 'authority', 'revocations.log');
  rmSync(path);
  await house.restart();
  t.same(JSON.parse(readFileSync(path, 'utf8')), revocation);
});

t.test('R12: a revocation is in file and store when it is acknowledged', async (t) => {
  const house = await openHouse(t);
  const { record } = await house.authorities.issue(await serverRequest());
  await house.authorities.revoke(record.serial);
  const path = join(house.directory, 'authority', 'revocations.log');
  t.same(JSON.parse(readFileSync(path, 'utf8')), { ...record, revokedAt: house.clock.now });
  t.equal((await house.inventory.certificates.find(record.serial))?.revokedAt, house.clock.now);
});

t.test('a certificate is revoked once: the first time stays', async (t) => {
  const house = await openHouse(t);
  const { record } = await house.authorities.issue(await serverRequest());
  const first = await house.authorities.revoke(record.serial);
  house.clock.now += 1000;
  t.same(await house.authorities.revoke(record.serial), first);
});

t.test('simultaneous revocations are each on their own line of the file', async (t) => {
  const house = await openHouse(t);
  const issued = await Promise.all(
    (await Promise.all([1, 2, 3].map(() => serverRequest()))).map((request) => house.authorities.issue(request)),
  );
  await Promise.all(issued.map(({ record }) => house.authorities.revoke(record.serial)));
  const lines = readFileSync(join(house.directory, 'authority', 'revocations.log'), 'utf8')
    .trimEnd()
    .split('\n');
  t.same(
    new Set(lines.map((line) => (JSON.parse(line) as { serial: string }).serial)),
    new Set(issued.map(({ record }) => record.serial)),
  );
});

t.test('an unknown certificate cannot be revoked', async (t) => {
  const { authorities } = await openHouse(t);
  await t.rejects(authorities.revoke('4a'), { code: 'not_found', facts: { what: 'certificate', name: '4a' } });
});

t.test('the key of a revoked certificate gets no other, even after a restart', async (t) => {
  const house = await openHouse(t);
  const request = await serverRequest();
  const { record } = await house.authorities.issue(request);
  await house.authorities.revoke(record.serial);
  const refused = {
    code: 'key_revoked',
    facts: { serial: record.serial, revokedAt: '2026-01-15T12:00:00.000Z' },
  };
  await t.rejects(house.authorities.issue(request), refused);
  await house.restart();
  await t.rejects(house.authorities.issue(request), refused);
});

t.test('a line that a crash truncated is dropped, and the next one is separate', async (t) => {
  const house = await openHouse(t);
  const path = join(house.directory, 'authority', 'revocations.log');
  appendFileSync(path, '{"serial":"4a0');
  await house.restart();
  const { record } = await house.authorities.issue(await serverRequest());
  await house.authorities.revoke(record.serial);
  t.same(JSON.parse(readFileSync(path, 'utf8')), { ...record, revokedAt: house.clock.now });
});

t.test('a damaged line is reported, and nothing starts without it', async (t) => {
  const house = await openHouse(t);
  const path = join(house.directory, 'authority', 'revocations.log');
  appendFileSync(path, '{"serial":"4a01"}\n');
  await t.rejects(house.restart(), {
    code: 'revocations_damaged',
    facts: { path, line: 1 },
  });
  rmSync(path);
});

t.test('only its owner can read the file of revocations', async (t) => {
  const house = await openHouse(t);
  t.equal(statSync(join(house.directory, 'authority', 'revocations.log')).mode & 0o777, 0o600);
});

const hour = day / 24;

/** One revoked certificate, and a later one, so that the revoked one is not the last. */
async function revokedOne(t: Test) {
  const house = await openHouse(t);
  const request = await serverRequest();
  const { record } = await house.authorities.issue(request);
  await house.authorities.revoke(record.serial);
  house.clock.now += hour;
  const { record: later } = await house.authorities.issue(await serverRequest());
  const serials = () =>
    readFileSync(join(house.directory, 'authority', 'revocations.log'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { serial: string }).serial);
  return { house, request, record, later, serials };
}

t.test('R18: a revocation is forgotten once its certificate has ended for the retention time', async (t) => {
  const { house, request, record, later, serials } = await revokedOne(t);
  t.equal(await house.authorities.forgetRevocations(record.notAfter, 10), 0);
  t.same(serials(), [record.serial]);
  t.equal(await house.authorities.forgetRevocations(record.notAfter + 1, 10), 1);
  t.same(serials(), []);
  t.equal(await house.inventory.certificates.find(record.serial), null);
  await house.authorities.revoke(later.serial);
  t.same(serials(), [later.serial], 'later ones are in the new file');
  await house.restart();
  t.same(serials(), [later.serial]);
  t.equal(await house.inventory.certificates.find(record.serial), null, 'and it does not return');
  await t.resolves(house.authorities.issue(request));
});

t.test('R8: not while its key may still be used', async (t) => {
  const { house, record, serials } = await revokedOne(t);
  const other = { ...record, serial: 'b1', notAfter: record.notAfter + day, issuedAt: record.issuedAt };
  await house.inventory.certificates.create(other);
  await house.authorities.issue(await serverRequest());
  t.equal(await house.authorities.forgetRevocations(record.notAfter + 1, 10), 0, 'another certificate is still valid');
  t.same(serials(), [record.serial]);
});

t.test('R8: not while a node has the key that was revoked', async (t) => {
  const { house, record, serials } = await revokedOne(t);
  await house.inventory.tokens.create(sampleToken());
  await house.inventory.nodes.create(sampleNode({ spkiHash: record.spkiHash }));
  t.equal(await house.authorities.forgetRevocations(record.notAfter + 500 * day, 10), 0);
  t.same(serials(), [record.serial]);
});

t.test('R12: a revocation that only the file has forgotten, by a crash, is in the file again', async (t) => {
  const { house, record, serials } = await revokedOne(t);
  const log = await openRevocationLog(join(house.directory, 'authority', 'revocations.log'));
  await log.remove(new Set([record.serial]));
  await log.close();
  t.same(serials(), []);
  await house.restart();
  t.same(serials(), [record.serial]);
});

t.test('R5: after a failed removal the next revocation is kept', async (t) => {
  const { house, record, later, serials } = await revokedOne(t);
  const path = join(house.directory, 'authority', 'revocations.log');
  mkdirSync(`${path}.new`);
  await t.rejects(house.authorities.forgetRevocations(record.notAfter + 1, 10));
  await house.authorities.revoke(later.serial);
  t.same(serials(), [record.serial, later.serial]);
});
