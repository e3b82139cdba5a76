import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import t from 'tap';
import { openAuthorities } from '../../src/authority/authorities.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { createCluster, day, openSample, start } from '../inventory/samples.ts';
import { newPublicKey, openHouse, serverRequest } from './samples.ts';

t.test('R7: a certificate holds what the caller wants, for the key of the request', async (t) => {
  const { authorities } = await openHouse(t);
  const publicKey = await newPublicKey();
  const { certificate } = await authorities.issue(await serverRequest({ publicKey }));
  const { commonName, sans, extendedKeyUsage, notBefore, notAfter, ...read } = parseCertificate(certificate.pem);
  t.same(
    { commonName, sans, extendedKeyUsage, notBefore: notBefore.getTime(), notAfter: notAfter.getTime() },
    {
      commonName: 'pi-1',
      sans: [{ type: 'ip', value: '192.168.7.11' }],
      extendedKeyUsage: ['serverAuth', 'clientAuth'],
      notBefore: start - 300_000,
      notAfter: start + 365 * day,
    },
  );
  t.ok(read.publicKey.equals(publicKey));
});

for (const [purpose, authority] of [
  ['server', 'client'],
  ['client', 'client'],
  ['peer', 'peer'],
] as const) {
  t.test(`a ${purpose} certificate is from the cluster's ${authority} authority`, async (t) => {
    const { authorities } = await openHouse(t);
    const { certificate } = await authorities.issue(await serverRequest({ purpose }));
    t.ok(verifyIssued(parseCertificate(certificate.pem), [authorities.cluster('prod00000000')[authority].certificate]));
  });
}

for (const purpose of ['node', 'operator', 'coordinator'] as const) {
  t.test(`a ${purpose} certificate is from the control authority`, async (t) => {
    const { authorities } = await openHouse(t);
    const { certificate } = await authorities.issue(await serverRequest({ purpose, cluster: null }));
    t.ok(verifyIssued(parseCertificate(certificate.pem), [authorities.control.certificate]));
  });
}

t.test('a certificate never outlives its authority', async (t) => {
  const { authorities, clock } = await openHouse(t);
  clock.now = start + 3600 * day;
  const { certificate } = await authorities.issue(await serverRequest());
  t.equal(parseCertificate(certificate.pem).notAfter.getTime(), start + 3650 * day);
});

t.test('an expired authority issues nothing', async (t) => {
  const { authorities, clock } = await openHouse(t);
  clock.now = start + 3651 * day;
  await t.rejects(authorities.issue(await serverRequest()), { code: 'lifetime_refused' });
});

t.test('a cluster without authorities is named', async (t) => {
  const { authorities } = await openHouse(t);
  await t.rejects(
    serverRequest({ cluster: { id: 'dev000000000', name: 'dev' } }).then((request) => authorities.issue(request)),
    { code: 'authority_missing', facts: { authority: 'of cluster dev000000000' } },
  );
});

t.test('R12: every issued certificate is in the store', async (t) => {
  const house = await openHouse(t);
  const { certificate, record } = await house.authorities.issue(await serverRequest());
  t.same(await house.inventory.certificates.find(certificate.serial), { ...record, revokedAt: null });
});

t.test('R12: the record of a certificate matches the certificate', async (t) => {
  const { authorities } = await openHouse(t);
  const { certificate, record } = await authorities.issue(await serverRequest());
  const { serial, commonName, spkiHash, notBefore, notAfter } = parseCertificate(certificate.pem);
  t.match(record, { serial, commonName, spkiHash, notBefore: notBefore.getTime(), notAfter: notAfter.getTime() });
});

t.test('R12: if the record cannot be stored, there is no certificate', async (t) => {
  const house = await openHouse(t);
  const request = await serverRequest();
  await house.inventory.close();
  await t.rejects(house.authorities.issue(request));
  await house.restart();
  t.same((await house.inventory.certificates.list({ limit: 10, after: null }, null)).items, []);
});

t.test('R12: certificates issued at the same time are all in the store, by one write', async (t) => {
  const house = await openHouse(t);
  let writes = 0;
  const { certificates } = house.inventory;
  const counted: Inventory = Object.create(house.inventory, {
    certificates: {
      value: {
        ...certificates,
        createAll: (records: Parameters<typeof certificates.createAll>[0]) => {
          writes++;
          return certificates.createAll(records);
        },
      },
    },
    transaction: { value: house.inventory.transaction.bind(house.inventory) },
  });
  const authorities = await openAuthorities({
    custody: house.custody,
    inventory: counted,
    witness: house.identities,
    now: () => start,
    failpoint: () => undefined,
  });
  t.teardown(() => authorities.close());
  const requests = await Promise.all(Array.from({ length: 20 }, () => serverRequest()));
  const issued = await Promise.all(requests.map((request) => authorities.issue(request)));
  const stored = await certificates.list({ limit: 100, after: null }, 'prod');
  t.same(new Set(stored.items.map(({ serial }) => serial)), new Set(issued.map(({ record }) => record.serial)));
  t.equal(writes, 1);
});

t.test('R14: nothing is issued while the clock is before the last issuance', async (t) => {
  const { authorities, clock } = await openHouse(t);
  await authorities.issue(await serverRequest());
  clock.now = start - 1;
  await t.rejects(authorities.issue(await serverRequest()), {
    code: 'clock_behind',
    facts: { now: '2026-01-15T11:59:59.999Z', lastIssuance: '2026-01-15T12:00:00.000Z' },
  });
});

t.test('R14: the last issuance is known after a restart', async (t) => {
  const house = await openHouse(t);
  await house.authorities.issue(await serverRequest());
  await house.restart();
  house.clock.now = start - 1;
  await t.rejects(house.authorities.issue(await serverRequest()), { code: 'clock_behind' });
});

t.test('R14: at the very moment of the last issuance another one is issued', async (t) => {
  const { authorities } = await openHouse(t);
  await authorities.issue(await serverRequest());
  t.ok(await authorities.issue(await serverRequest()));
});

t.test('R14: no authority is made while the clock is before the last issuance', async (t) => {
  const { authorities, clock } = await openHouse(t);
  await authorities.issue(await serverRequest());
  clock.now = start - 1;
  await t.rejects(authorities.createCluster({ id: 'dev000000000', name: 'dev', keyType: 'p256' }), {
    code: 'clock_behind',
  });
});

t.test('authorities exist after a restart', async (t) => {
  const house = await openHouse(t);
  const before = house.authorities.cluster('prod00000000').peer.certificate.pem;
  await house.restart();
  t.equal(house.authorities.cluster('prod00000000').peer.certificate.pem, before);
});

t.test('a coordinator without the authorities of one of its clusters does not start', async (t) => {
  const house = await openHouse(t);
  await createCluster(house.inventory, { name: 'dev' });
  await house.inventory.close();
  const inventory = await openSample(`${house.directory}/picket.db`);
  t.teardown(() => inventory.close());
  const { custody, identities: witness } = house;
  await t.rejects(openAuthorities({ custody, inventory, witness, now: () => start, failpoint: () => undefined }), {
    code: 'authority_missing',
    facts: { authority: 'for clients of cluster dev00000000' },
  });
});
