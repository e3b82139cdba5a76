import { inspect } from 'node:util';
import t from 'tap';
import { exportPrivateKeyPem, loadPrivateKeyPem } from '../../src/pki/keys.ts';
import { authorityFor, keys, keyTypes, OpenSsl, refusal } from './support.ts';

const openssl = new OpenSsl();
t.teardown(() => openssl.remove());

for (const type of keyTypes) {
  const key = keys[type].leaf;

  t.test(`${type}: a key comes back from its PEM`, async (t) => {
    t.ok(loadPrivateKeyPem(exportPrivateKeyPem(key)).equals(key));
  });
}

const key = keys.p256.leaf;

t.test('R11: printing an authority shows no private key', async (t) => {
  t.notMatch(inspect(authorityFor(key), { depth: 9, showHidden: true }), /PrivateKeyObject|PRIVATE/);
});

t.test('R11: the error for a damaged key quotes none of it', async (t) => {
  const [, secretLine = ''] = exportPrivateKeyPem(key).split('\n');
  const error = refusal(() =>
    loadPrivateKeyPem(`-----BEGIN PRIVATE KEY-----\n${secretLine}!\n-----END PRIVATE KEY-----`),
  );
  t.notMatch(inspect(error, { depth: 9 }), secretLine);
});

t.test('a certificate given as a key is named for what it is', async (t) => {
  t.match(
    refusal(() => loadPrivateKeyPem(authorityFor(key).certificate.pem)),
    {
      code: 'key_malformed',
      facts: { problem: /it is a CERTIFICATE/ },
    },
  );
});

t.test('keys as cfssl writes them are read', async (t) => {
  openssl.run('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'sec1.pem');
  openssl.run('genrsa', '-traditional', '-out', 'pkcs1.pem', '2048');
  t.equal(loadPrivateKeyPem(openssl.read('sec1.pem')).asymmetricKeyType, 'ec');
  t.equal(loadPrivateKeyPem(openssl.read('pkcs1.pem')).asymmetricKeyType, 'rsa');
});
