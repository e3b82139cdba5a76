import { readdirSync } from 'node:fs';
import { failure } from '@picket/shared/errors.ts';
import { certificateFromDer, parseCertificate } from '@picket/shared/pki/certificate.ts';
import { type Credential, readCredential } from '@picket/shared/pki/credential.ts';
import { createCsr, readCsr } from '@picket/shared/pki/csr.ts';
import { signCertificate } from '@picket/shared/pki/issue.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';
import t, { type Test } from 'tap';
import { said } from '../../../../test/support/said.ts';
import { RemoteError } from '../../src/coordinator/remote-error.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { identityRenewal } from '../../src/identity/identity-renewal.ts';
import { identityStore } from '../../src/identity/identity-store.ts';
import type { AgentFailpoint } from '../../src/program/failpoints.ts';
import { silentLog } from '../../src/program/log.ts';
import { Killed, TestClock } from '../machine.ts';
import { authority } from '../pki.ts';
import { refusal, temporaryFolder } from '../support.ts';

const ca = await authority('control');
const otherCa = await authority('control');
const firstKey = await generateKey('p256');

const day = 86_400_000;
const uri = { type: 'uri', value: 'urn:picket:node:node0001' } as const;
const node = {
  nodeId: 'node0001',
  cluster: 'k3s',
  member: { name: 'a', address: '127.0.0.11', ports: { client: 2379, peer: 2380, metrics: 2381 } },
  coordinator: 'https://localhost:7443',
};

/** The state of the node's identity at its coordinator. */
class TestLink {
  readonly clock: TestClock;
  /** The requested keys, and the certificate of each. */
  readonly given = new Map<string, string>();
  readonly asked: string[] = [];
  readonly keysAsked: string[] = [];
  shown: Credential;
  refuse: Error | null = null;
  sans: readonly { readonly type: 'uri'; readonly value: string }[] = [uri];
  issuer = ca;

  constructor(clock: TestClock, first: Credential) {
    this.clock = clock;
    this.shown = first;
  }
  trust(): string {
    return ca.certificate.pem;
  }
  async certificate({ purpose, csr }: { readonly purpose: string; readonly csr: string }) {
    this.asked.push(purpose);
    const { spkiHash } = readCsr(csr);
    this.keysAsked.push(spkiHash);
    const certificate = this.given.get(spkiHash) ?? this.#issue(csr);
    this.given.set(spkiHash, certificate);
    return { certificate };
  }
  async recover({ csr }: { readonly csr: string }) {
    this.asked.push('recover');
    return { certificate: this.#issue(csr), now: new Date(this.clock.wall).toISOString() };
  }
  async replace({ credential }: { readonly credential?: string }): Promise<void> {
    if (credential !== undefined) this.shown = readCredential(credential);
  }
  #issue(csr: string): string {
    if (this.refuse !== null) throw this.refuse;
    const { publicKey } = readCsr(csr);
    const [notBefore, notAfter] = [new Date(this.clock.wall - 300_000), new Date(this.clock.wall + 30 * day)];
    const { issuer, sans } = this;
    const serial = randomSerial();
    return signCertificate({ issuer, subject: {}, publicKey, sans, usage: 'node', notBefore, notAfter, serial }).pem;
  }
}

/** A node that has joined today. */
async function joined(t: Test) {
  const clock = new TestClock();
  const folder = temporaryFolder(t);
  const store = identityStore(hostFiles(), folder);
  const certificate = certificateFromDer(
    signCertificate({
      issuer: ca,
      subject: {},
      publicKey: publicKeyOf(firstKey),
      sans: [uri],
      usage: 'node',
      notBefore: new Date(clock.wall - 300_000),
      notAfter: new Date(clock.wall + 30 * day),
      serial: randomSerial(),
    }).der,
  );
  const first: Credential = { certificate, chain: [], key: firstKey };
  await store.keep({ node, credential: first, controlCertificates: ca.certificate.pem });
  const link = new TestLink(clock, first);
  const deadly = new Set<AgentFailpoint>();
  const failpoint = (name: AgentFailpoint): void => {
    if (deadly.has(name)) throw new Killed(name);
  };
  /** The agent, started on what is on the disk. */
  async function start() {
    const identity = await store.load();
    if (identity === null) throw new Error('there is none');
    link.shown = identity.credential;
    return identityRenewal({ store, link, clock, random: () => 0.5, failpoint, log: silentLog }, identity);
  }
  const onDisk = async () => (await store.load())?.credential.certificate.serial;
  return { clock, folder, store, link, deadly, start, onDisk, first };
}

t.test('R15: an identity is renewed when it is due, with a new key, and used without a restart', async (t) => {
  const { clock, link, start, onDisk, folder, first } = await joined(t);
  const maintenance = await start();
  clock.wall += 19 * day;
  await maintenance.look(null);
  t.strictSame(link.asked, [], 'not yet');
  clock.wall = maintenance.dueAt();
  await maintenance.look(null);
  t.strictSame(link.asked, ['identity']);
  const { serial, spkiHash } = link.shown.certificate;
  t.not(spkiHash, first.certificate.spkiHash);
  t.equal(await onDisk(), serial);
  t.equal(maintenance.held().serial, serial, 'it is reported');
  t.strictSame(readdirSync(folder).sort(), ['control-ca.pem', 'identity.pem', 'node.json'], 'no key is left over');
  await maintenance.look(null);
  t.strictSame(link.asked, ['identity'], 'and only once');
});

t.test('R14: no date is judged while the clock is in doubt', async (t) => {
  const { clock, link, start } = await joined(t);
  const maintenance = await start();
  clock.wall += 40 * day;
  await maintenance.look(said('it says 2038'));
  t.strictSame(link.asked, []);
});

t.test('R15: after its end an identity is recovered, by its own key', async (t) => {
  const { clock, link, start, onDisk, first } = await joined(t);
  clock.wall += 40 * day;
  const maintenance = await start();
  const told = await maintenance.look(null);
  t.strictSame(link.asked, ['recover']);
  t.equal(link.shown.certificate.spkiHash, first.certificate.spkiHash);
  t.not(link.shown.certificate.serial, first.certificate.serial);
  t.equal(await onDisk(), link.shown.certificate.serial);
  t.strictSame(told, { at: clock.wall, monotonic: clock.up }, 'the coordinator’s time is known from then on');
});

for (const name of ['renew.after-key', 'renew.after-answer', 'renew.after-write'] as const) {
  t.test(`R9, R15: an agent that dies at ${name} requests no second key, and continues`, async (t) => {
    const { clock, link, deadly, start, onDisk, first } = await joined(t);
    clock.wall += 21 * day;
    deadly.add(name);
    await t.rejects((await start()).look(null), { message: name });
    deadly.clear();
    t.equal((await onDisk()) === first.certificate.serial, name !== 'renew.after-write', 'one or the other, whole');
    const maintenance = await start();
    await maintenance.look(null);
    t.equal(link.given.size, 1);
    t.equal(maintenance.held().serial, await onDisk());
    t.equal(link.given.has(link.shown.certificate.spkiHash), true, 'the renewed one is used');
  });
}

for (const name of ['recover.after-answer', 'recover.after-write'] as const) {
  t.test(`R9, R15: an agent that dies at ${name} has its identity again afterwards`, async (t) => {
    const { clock, link, deadly, start, onDisk } = await joined(t);
    clock.wall += 40 * day;
    deadly.add(name);
    await t.rejects((await start()).look(null), { message: name });
    deadly.clear();
    const maintenance = await start();
    await maintenance.look(null);
    t.equal(maintenance.held().serial, await onDisk());
    t.ok(link.shown.certificate.notAfter.getTime() > clock.wall);
  });
}

t.test('an identity that a join has written beside it is taken over', async (t) => {
  const { store, link, start, first } = await joined(t);
  const maintenance = await start();
  const { certificate } = await link.recover({ csr: createCsr({ key: firstKey, commonName: 'a' }) });
  const again = { certificate: parseCertificate(certificate), chain: [], key: firstKey };
  await store.keep({ node, credential: again, controlCertificates: ca.certificate.pem });
  t.equal(link.shown.certificate.serial, first.certificate.serial);
  await maintenance.look(null);
  t.equal(link.shown.certificate.serial, again.certificate.serial);
  t.equal(maintenance.held().serial, again.certificate.serial);
});

t.test('R10: while the coordinator is unreachable, the present identity stays', async (t) => {
  const { clock, link, start, onDisk, first } = await joined(t);
  clock.wall += 21 * day;
  const maintenance = await start();
  link.refuse = failure('coordinator_unreachable', { url: 'https://coordinator', reason: 'it is unreachable' });
  t.equal((await refusal(maintenance.look(null))).code, 'coordinator_unreachable');
  t.equal(await onDisk(), first.certificate.serial);
  link.refuse = null;
  await maintenance.look(null);
  t.equal(maintenance.held().serial, link.shown.certificate.serial);
});

t.test('R7: an answer for another node, or by another authority, does not replace the identity', async (t) => {
  const { clock, link, start, onDisk, first } = await joined(t);
  clock.wall += 21 * day;
  const maintenance = await start();
  link.sans = [{ type: 'uri', value: 'urn:picket:node:node0002' }];
  t.equal((await refusal(maintenance.look(null))).code, 'coordinator_answer_invalid');
  link.given.clear();
  Object.assign(link, { sans: [uri], issuer: otherCa });
  t.equal((await refusal(maintenance.look(null))).code, 'coordinator_answer_invalid');
  t.equal(await onDisk(), first.certificate.serial);
  t.equal(link.shown.certificate.serial, first.certificate.serial);
});

t.test('R15: a key that the coordinator has seen given up is not requested again', async (t) => {
  const { clock, link, start } = await joined(t);
  clock.wall += 21 * day;
  const maintenance = await start();
  const { code, message, hint, details } = failure('identity_key_used', {}).toWire();
  link.refuse = new RemoteError(409, { code, message, hint, details });
  t.equal((await refusal(maintenance.look(null))).code, 'identity_key_used');
  const [givenUp] = link.keysAsked;
  link.refuse = null;
  await maintenance.look(null);
  t.not(link.shown.certificate.spkiHash, givenUp);
  t.equal(maintenance.held().serial, link.shown.certificate.serial);
});
