import { inspect } from 'node:util';
import t from 'tap';
import {
  decryptPrivateKeyPem,
  encryptPrivateKeyPem,
  exportPrivateKeyPem,
  loadPrivateKeyPem,
} from '../../src/pki/keys.ts';
import { spkiHash } from '../../src/pki/spki.ts';
import { authorityFor, keys, keyTypes, OpenSsl, refusal, refusalCode } from './support.ts';

const passphrase = 'correct horse battery staple';
const openssl = new OpenSsl();
t.teardown(() => openssl.remove());

for (const type of keyTypes) {
  const key = keys[type].leaf;

  t.test(`${type}: a key comes back from its PEM`, async (t) => {
    t.ok(loadPrivateKeyPem(exportPrivateKeyPem(key)).equals(key));
  });

  t.test(`${type}: a key comes back from its encrypted PEM`, async (t) => {
    t.ok(decryptPrivateKeyPem(encryptPrivateKeyPem(key, passphrase), passphrase).equals(key));
  });

  t.test(`${type}: OpenSSL reads the encrypted key and finds the same pin`, async (t) => {
    const encrypted = openssl.write(`${type}.pem`, encryptPrivateKeyPem(key, passphrase));
    openssl.run('pkey', '-in', encrypted, '-passin', `pass:${passphrase}`, '-pubout', '-outform', 'DER', '-out', 'pub');
    t.match(openssl.run('dgst', '-sha256', 'pub'), spkiHash(key));
  });

  t.test(`R11: ${type}: a wrong passphrase is refused and stands in no error`, async (t) => {
    const error = refusal(() => decryptPrivateKeyPem(encryptPrivateKeyPem(key, passphrase), 'not the passphrase'));
    t.equal(error.code, 'key_passphrase_wrong');
    t.notMatch(inspect(error, { depth: 9 }), 'not the passphrase');
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

t.test('a key stored without encryption is not taken for an encrypted one', async (t) => {
  t.equal(
    refusalCode(() => decryptPrivateKeyPem(exportPrivateKeyPem(key), passphrase)),
    'key_malformed',
  );
});

t.test('a certificate given as a key is named for what it is', async (t) => {
  t.match(refusal(() => loadPrivateKeyPem(authorityFor(key).certificate.pem)).message, /it is a CERTIFICATE/);
});

t.test('a passphrase that could not be read again is not used', async (t) => {
  t.throws(() => encryptPrivateKeyPem(key, 'x'.repeat(1025)), RangeError);
});

t.test('keys as cfssl writes them are read', async (t) => {
  openssl.run('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'sec1.pem');
  openssl.run('genrsa', '-traditional', '-out', 'pkcs1.pem', '2048');
  t.equal(loadPrivateKeyPem(openssl.read('sec1.pem')).asymmetricKeyType, 'ec');
  t.equal(loadPrivateKeyPem(openssl.read('pkcs1.pem')).asymmetricKeyType, 'rsa');
});
