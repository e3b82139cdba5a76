import { join } from 'node:path';
import t, { type Test } from 'tap';
import { auditEntry } from '../../src/audit/entries.ts';
import { openIdentityDirectory } from '../../src/identity/principals.ts';
import { oldRecords } from '../../src/retention/remove-old-records.ts';
import {
  createCluster,
  day,
  openSample,
  sampleCertificate,
  sampleNode,
  sampleToken,
  start,
} from '../inventory/samples.ts';

const retention = { certificateDays: 90, eventDays: 400, eventsPerCluster: 3, auditDays: 400, auditEntries: 1500 };

/** A store with one node; the test sets its clock and the coordinator's uptime. */
async function prepared(t: Test) {
  const inventory = await openSample(join(t.testdir(), 'inventory.sqlite'));
  t.teardown(() => inventory.close());
  await createCluster(inventory);
  await inventory.tokens.create(sampleToken());
  await inventory.nodes.create(sampleNode());
  const clock = { now: start, up: 0 };
  const directory = await openIdentityDirectory(inventory, start);
  const remove = oldRecords({
    ...{ inventory, directory, retention },
    authorities: { forgetRevocations: async () => 0 },
    now: () => clock.now,
    monotonic: () => clock.up,
  });
  return {
    inventory,
    directory,
    clock,
    remove,
    async pass(days: number) {
      clock.now += days * day;
      clock.up += days * day;
      await remove();
    },
    serials: async () =>
      (await inventory.certificates.list({ limit: 100, after: null }, null)).items.map((one) => one.serial),
    kinds: async () => (await inventory.events.list({ limit: 100, after: null }, null)).items.map((one) => one.kind),
  };
}

const ofOtherKey = { spkiHash: '22'.repeat(32), purpose: 'server' } as const;

t.test('R18: certificates are removed once they have ended for the retention time', async (t) => {
  const { inventory, pass, serials } = await prepared(t);
  await inventory.certificates.create(sampleCertificate({ ...ofOtherKey, serial: 'old', notAfter: start + day }));
  await inventory.certificates.create(sampleCertificate({ ...ofOtherKey, serial: 'new', issuedAt: start + 1 }));
  await pass(90);
  t.same(await serials(), ['new', 'old']);
  await pass(2);
  t.same(await serials(), ['new']);
});

t.test('R14: the certificate that was issued last stays, however old', async (t) => {
  const { inventory, pass, serials } = await prepared(t);
  await inventory.certificates.create(sampleCertificate({ ...ofOtherKey, serial: 'last' }));
  await pass(500);
  t.same(await serials(), ['last']);
  t.equal(await inventory.certificates.lastIssuance(), start);
});

t.test('R15: of the key that a node has in force the newest certificate stays', async (t) => {
  const { inventory, pass, serials } = await prepared(t);
  for (const [index, serial] of ['a1', 'a2'].entries()) {
    await inventory.certificates.create(sampleCertificate({ serial, issuedAt: start + index }));
  }
  await inventory.certificates.create(
    sampleCertificate({ ...ofOtherKey, serial: 'last', issuedAt: start + 2, notAfter: start + 9000 * day }),
  );
  await pass(500);
  t.same(await serials(), ['last', 'a2']);
});

t.test('a revoked certificate is left to the authorities, whose file has it too', async (t) => {
  const { inventory, pass, serials } = await prepared(t);
  await inventory.certificates.create(sampleCertificate({ ...ofOtherKey, serial: 'bad' }));
  await inventory.certificates.revoke('bad', start);
  await inventory.certificates.create(sampleCertificate({ ...ofOtherKey, serial: 'last', issuedAt: start + 1 }));
  await pass(500);
  t.same(await serials(), ['last', 'bad']);
});

t.test('R18: a key that a node gave up is removed with the last of its certificates', async (t) => {
  const { inventory, directory, pass } = await prepared(t);
  const given = '33'.repeat(32);
  await inventory.identityKeys.keepPending({ spkiHash: given, nodeId: 'node0001', generation: 2, certificate: null });
  await inventory.identityKeys.keepPending({ spkiHash: 'next', nodeId: 'node0001', generation: 2, certificate: null });
  await inventory.certificates.create(sampleCertificate({ serial: 'b1', spkiHash: given }));
  await inventory.certificates.create(sampleCertificate({ ...ofOtherKey, serial: 'last', issuedAt: start + 1 }));
  await pass(100);
  t.equal(directory.standingOf('node0001', given)?.kind, 'superseded');
  await pass(30);
  t.equal(await inventory.identityKeys.find(given), null);
  t.equal(directory.standingOf('node0001', given)?.kind, 'unknown');
  t.equal((await inventory.identityKeys.find('next'))?.standing, 'pending');
});

t.test('R14: a clock that was set ahead removes nothing', async (t) => {
  const { inventory, clock, remove, serials } = await prepared(t);
  await inventory.certificates.create(
    sampleCertificate({ ...ofOtherKey, serial: 'good', notAfter: start + 365 * day }),
  );
  await inventory.certificates.create(sampleCertificate({ ...ofOtherKey, serial: 'last', issuedAt: start + 1 }));
  clock.now += 3650 * day;
  clock.up += day / 2;
  await remove();
  t.same(await serials(), ['last', 'good']);
});

t.test('R18: old events are removed', async (t) => {
  const { inventory, pass, kinds } = await prepared(t);
  await inventory.events.append({ at: start, cluster: 'prod', kind: 'old', facts: {} });
  await inventory.events.append({ at: start + 200 * day, cluster: 'prod', kind: 'later', facts: {} });
  await pass(401);
  t.same(await kinds(), ['later']);
});

t.test('R18: a number of each cluster’s events is kept, whatever happens in others', async (t) => {
  const { inventory, remove, kinds } = await prepared(t);
  await inventory.events.append({ at: start, cluster: 'other', kind: 'quiet', facts: {} });
  await inventory.events.append({ at: start, cluster: null, kind: 'of none', facts: {} });
  for (const kind of ['1', '2', '3', '4', '5']) {
    await inventory.events.append({ at: start, cluster: 'prod', kind, facts: {} });
  }
  await remove();
  t.same(await kinds(), ['5', '4', '3', 'of none', 'quiet']);
});

t.test('R14, R18: entries of the audit log beyond their number go at once, old ones by a steady clock', async (t) => {
  const { inventory, clock, pass, remove } = await prepared(t);
  const append = (count: number) =>
    inventory.transaction(async ({ audit }) => {
      const facts = { at: clock.now, kind: 'command', by: 'this machine', action: 'a command' };
      for (let made = 0; made < count; made += 1) await audit.append(auditEntry(facts));
    });
  const first = () => inventory.audit.oldestAfter(0);
  await append(1400);
  clock.now += 1000 * day;
  await remove();
  t.equal(await first(), 1, 'somebody set the clock');
  await append(200);
  await pass(0.1);
  t.equal(await first(), 1001, 'there are too many');
  await append(600);
  await pass(2);
  t.equal(await first(), 1001);
  await pass(401);
  t.equal(await first(), 2001);
});
