import { appendFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
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

t.test('revocations at once stand in the file each in its line', async (t) => {
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

t.test('a certificate that is not there cannot be revoked', async (t) => {
  const { authorities } = await openHouse(t);
  await t.rejects(authorities.revoke('4a'), { code: 'not_found', message: 'There is no certificate named 4a.' });
});

t.test('the key of a revoked certificate gets no other, after a restart neither', async (t) => {
  const house = await openHouse(t);
  const request = await serverRequest();
  const { record } = await house.authorities.issue(request);
  await house.authorities.revoke(record.serial);
  const refused = {
    code: 'key_revoked',
    message: `The certificate ${record.serial} of this key was revoked at 2026-01-15T12:00:00.000Z; the key gets no other.`,
  };
  await t.rejects(house.authorities.issue(request), refused);
  await house.restart();
  await t.rejects(house.authorities.issue(request), refused);
});

t.test('a line that a crash cut short is dropped, and the next one stands alone', async (t) => {
  const house = await openHouse(t);
  const path = join(house.directory, 'authority', 'revocations.log');
  appendFileSync(path, '{"serial":"4a0');
  await house.restart();
  const { record } = await house.authorities.issue(await serverRequest());
  await house.authorities.revoke(record.serial);
  t.same(JSON.parse(readFileSync(path, 'utf8')), { ...record, revokedAt: house.clock.now });
});

t.test('a damaged line is told, and nothing starts without it', async (t) => {
  const house = await openHouse(t);
  const path = join(house.directory, 'authority', 'revocations.log');
  appendFileSync(path, '{"serial":"4a01"}\n');
  await t.rejects(house.restart(), {
    code: 'revocations_damaged',
    message: `The revocations in ${path} cannot be read: line 1 is damaged.`,
  });
  rmSync(path);
});

t.test('the file of revocations is for its owner alone', async (t) => {
  const house = await openHouse(t);
  t.equal(statSync(join(house.directory, 'authority', 'revocations.log')).mode & 0o777, 0o600);
});
