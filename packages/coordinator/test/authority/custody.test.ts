import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import t from 'tap';
import {
  Custody,
  createClusterAuthorities,
  createControlAuthority,
  loadClusterAuthorities,
  loadControlAuthority,
} from '../../src/authority/custody.ts';
import { day, start } from '../inventory/samples.ts';

const passphrase = 'a passphrase for these tests';
const control = { name: 'home', keyType: 'p256', now: start } as const;
const cluster = { clusterId: '3f2a9c1d77', name: 'prod', keyType: 'p256', now: start } as const;

t.test('an authority is read back as it was made', async (t) => {
  const custody = new Custody(join(t.testdir(), 'authority'), passphrase);
  const made = await createControlAuthority(custody, control);
  t.equal((await loadControlAuthority(custody)).certificate.pem, made.certificate.pem);
});

t.test('an authority is valid for ten years, from five minutes ago on', async (t) => {
  const made = await createControlAuthority(new Custody(join(t.testdir(), 'authority'), passphrase), control);
  t.equal(made.certificate.notBefore.getTime(), start - 300_000);
  t.equal(made.certificate.notAfter.getTime(), start + 3650 * day);
});

t.test('the control authority may cross-sign its successor', async (t) => {
  const made = await createControlAuthority(new Custody(join(t.testdir(), 'authority'), passphrase), control);
  t.equal(made.certificate.pathLength, 1);
});

t.test('a cluster has two authorities, neither vouching for the other', async (t) => {
  const custody = new Custody(join(t.testdir(), 'authority'), passphrase);
  await createClusterAuthorities(custody, cluster);
  const { client, peer } = await loadClusterAuthorities(custody, cluster.clusterId);
  t.same(
    [client.certificate.commonName, peer.certificate.commonName],
    ['prod 3f2a9c1d client CA', 'prod 3f2a9c1d peer CA'],
  );
  t.throws(() => verifyIssued(peer.certificate, [client.certificate]), { code: 'certificate_untrusted' });
});

t.test('an authority is made with RSA on request', async (t) => {
  const custody = new Custody(join(t.testdir(), 'authority'), passphrase);
  const { peer } = await createClusterAuthorities(custody, { ...cluster, keyType: 'rsa2048' });
  t.equal(peer.certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
});

t.test('the longest name of a cluster fits', async (t) => {
  const custody = new Custody(join(t.testdir(), 'authority'), passphrase);
  const { client } = await createClusterAuthorities(custody, { ...cluster, name: 'x'.repeat(63) });
  t.equal(client.certificate.commonName, `${'x'.repeat(40)} 3f2a9c1d client CA`);
});

t.test('R11: keys are encrypted, readable only by their owner, and the passphrase is not among them', async (t) => {
  const directory = join(t.testdir(), 'authority');
  await createClusterAuthorities(new Custody(directory, passphrase), cluster);
  const folder = join(directory, 'clusters', cluster.clusterId);
  t.same(readdirSync(folder), ['client.certificate.pem', 'client.key.pem', 'peer.certificate.pem', 'peer.key.pem']);
  for (const name of ['client.key.pem', 'peer.key.pem']) {
    t.match(readFileSync(join(folder, name), 'utf8'), /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    t.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  }
  t.equal(statSync(folder).mode & 0o777, 0o700);
});

t.test('R11: printing a custody shows no passphrase', async (t) => {
  const custody = new Custody('/data/authority', passphrase);
  t.notMatch(inspect(custody, { showHidden: true }) + JSON.stringify(custody), passphrase);
});

t.test('an authority is never overwritten', async (t) => {
  const directory = join(t.testdir(), 'authority');
  const custody = new Custody(directory, passphrase);
  const made = await createControlAuthority(custody, control);
  await t.rejects(createControlAuthority(custody, control), {
    code: 'authority_exists',
    facts: { path: join(directory, 'control') },
  });
  t.equal((await loadControlAuthority(custody)).certificate.pem, made.certificate.pem);
});

t.test('a wrong passphrase is reported', async (t) => {
  const directory = join(t.testdir(), 'authority');
  await createControlAuthority(new Custody(directory, passphrase), control);
  await t.rejects(loadControlAuthority(new Custody(directory, 'another')), { code: 'key_passphrase_wrong' });
});

t.test('an authority without its key is named with its folder', async (t) => {
  const directory = join(t.testdir(), 'authority');
  const custody = new Custody(directory, passphrase);
  await createClusterAuthorities(custody, cluster);
  const folder = join(directory, 'clusters', cluster.clusterId);
  rmSync(join(folder, 'peer.key.pem'));
  await t.rejects(loadClusterAuthorities(custody, cluster.clusterId), {
    code: 'authority_missing',
    facts: { authority: 'for peers of cluster 3f2a9c1d77', path: folder },
  });
});
