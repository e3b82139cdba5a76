import { writeCredential } from '@picket/shared/pki/credential.ts';
import { exportPrivateKeyPem, generateKey } from '@picket/shared/pki/keys.ts';
import t from 'tap';
import { credentialReader } from '../../src/credentials/credential-state.ts';
import { authority, credential, localhost } from '../pki.ts';

const ours = await authority('ours');
const others = await authority('ours');
const held = await credential(ours, { usage: 'server', sans: localhost, commonName: 'etcd x' });
const client = await credential(ours, { usage: 'client', sans: [], commonName: 'client:x' });
const pem = writeCredential(held);
const otherKey = exportPrivateKeyPem(await generateKey('p256'));
const bundle = ours.certificate.pem;
const read = credentialReader();

t.test('the content of a file is a state, whatever it is', async (t) => {
  t.strictSame(read(null, 'server', bundle), { kind: 'missing' });
  for (const [what, text] of [
    ['nothing', ''],
    ['garbage', '\u0000garbage'],
    ['half a file', pem.slice(0, pem.length / 2)],
    ['no key', held.certificate.pem],
    ['another key', held.certificate.pem + otherKey],
  ] as const) {
    t.equal(read(text, 'server', bundle).kind, 'unusable', what);
  }
  t.match(read(pem, 'server', bundle), {
    kind: 'held',
    commonName: 'etcd x',
    sans: ['dns:localhost', 'ip:127.0.0.1'],
    issuedByBundle: true,
    held: { purpose: 'server', serial: held.certificate.serial },
  });
});

t.test('R11: the fault of a credential is reported without a word of its key', async (t) => {
  const state = read(`${pem}\nrest`, 'server', bundle);
  const [, secret] = /PRIVATE KEY-----\n([^-]{20})/.exec(pem) ?? [];
  t.notOk(JSON.stringify(state).includes(secret ?? ''), JSON.stringify(state));
});

t.test('an authority of the same name, no bundle, or the wrong purpose does not vouch for it', async (t) => {
  t.match(read(pem, 'server', others.certificate.pem), { issuedByBundle: false });
  t.match(read(pem, 'server', 'no bundle'), { issuedByBundle: false });
  t.match(read(writeCredential(client), 'server', bundle), { issuedByBundle: false });
});
