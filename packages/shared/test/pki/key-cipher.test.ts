import { inspect } from 'node:util';
import t from 'tap';
import { KeyCipher } from '../../src/pki/key-cipher.ts';
import { exportPrivateKeyPem } from '../../src/pki/keys.ts';
import { spkiHash } from '../../src/pki/spki.ts';
import { keys, keyTypes, OpenSsl, refusal, refusalCode } from './support.ts';

const passphrase = 'correct horse battery staple';
const cipher = new KeyCipher(passphrase);
const openssl = new OpenSsl();
t.teardown(() => openssl.remove());

for (const type of keyTypes) {
  const key = keys[type].leaf;

  t.test(`${type}: another cipher with the passphrase reads the encrypted key`, async (t) => {
    t.ok(new KeyCipher(passphrase).decrypt(cipher.encrypt(key)).equals(key));
  });

  t.test(`${type}: OpenSSL reads the encrypted key and finds the same pin`, async (t) => {
    const encrypted = openssl.write(`${type}.pem`, cipher.encrypt(key));
    openssl.run('pkey', '-in', encrypted, '-passin', `pass:${passphrase}`, '-pubout', '-outform', 'DER', '-out', 'pub');
    t.match(openssl.run('dgst', '-sha256', 'pub'), spkiHash(key));
  });

  t.test(`${type}: a key that OpenSSL encrypted by scrypt is read`, async (t) => {
    const plain = openssl.write(`${type}-plain.pem`, exportPrivateKeyPem(key));
    const output = `${type}-scrypt.pem`;
    openssl.run('pkcs8', '-topk8', '-scrypt', '-in', plain, '-passout', `pass:${passphrase}`, '-out', output);
    t.ok(cipher.decrypt(openssl.read(output)).equals(key));
  });

  t.test(`R11: ${type}: a wrong passphrase is refused and stands in no error`, async (t) => {
    const error = refusal(() => new KeyCipher('not the passphrase').decrypt(cipher.encrypt(key)));
    t.equal(error.code, 'key_passphrase_wrong');
    t.notMatch(inspect(error, { depth: 9 }), 'not the passphrase');
  });
}

const key = keys.p256.leaf;

t.test('a key for another purpose comes from passphrase, salt and purpose, and from nothing else', async (t) => {
  const { salt, key: made } = cipher.keyFor('a purpose');
  const again = (given: string, purpose: string) => new KeyCipher(given).keyFor(purpose, salt).key;
  t.ok(again(passphrase, 'a purpose').equals(made));
  t.notOk(again(passphrase, 'another purpose').equals(made));
  t.notOk(again('another passphrase', 'a purpose').equals(made));
  t.notOk(new KeyCipher(passphrase).keyFor('a purpose').key.equals(made), 'another salt');
});

t.test('R11: the derivation costs 16 MiB of memory', async (t) => {
  const encrypted = openssl.write('cost.pem', cipher.encrypt(key));
  const dump = openssl.run('asn1parse', '-in', encrypted);
  t.match(dump, /OBJECT\s*:(?:scrypt|1\.3\.6\.1\.4\.1\.11591\.4\.11)/);
  t.match(dump, /INTEGER\s*:4000\n[^\n]*INTEGER\s*:08\n[^\n]*INTEGER\s*:01\n/);
});

t.test('two encryptions of one key differ', async (t) => {
  t.not(cipher.encrypt(key), cipher.encrypt(key));
});

t.test('R11: printing a cipher shows no passphrase', async (t) => {
  t.equal(inspect(cipher, { depth: 9, showHidden: true }), 'KeyCipher {}');
});

t.test('a key stored without encryption is not taken for an encrypted one', async (t) => {
  t.equal(
    refusalCode(() => cipher.decrypt(exportPrivateKeyPem(key))),
    'key_malformed',
  );
});

for (const [what, options] of Object.entries({
  'by PBKDF2': ['-v2', 'aes-256-cbc'],
  'at a lower cost': ['-scrypt', '-scrypt_N', '1024'],
  'with another cipher': ['-scrypt', '-v2', 'aes-128-cbc'],
})) {
  t.test(`a key that was encrypted ${what} is refused`, async (t) => {
    const plain = openssl.write('plain.pem', exportPrivateKeyPem(key));
    openssl.run('pkcs8', '-topk8', ...options, '-in', plain, '-passout', `pass:${passphrase}`, '-out', 'other.pem');
    const error = refusal(() => cipher.decrypt(openssl.read('other.pem')));
    t.equal(error.code, 'key_malformed');
  });
}

t.test('a passphrase that OpenSSL could not read is not used', async (t) => {
  t.throws(() => new KeyCipher('x'.repeat(1025)), RangeError);
  t.throws(() => new KeyCipher(''), RangeError);
});
