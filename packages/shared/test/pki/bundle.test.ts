import t from 'tap';
import { authorityWithPin, readBundle } from '../../src/pki/bundle.ts';
import { certificateFromDer, parseCertificate } from '../../src/pki/certificate.ts';
import { readCredential, writeCredential } from '../../src/pki/credential.ts';
import { exportPrivateKeyPem } from '../../src/pki/keys.ts';
import { spkiHash } from '../../src/pki/spki.ts';
import { authorityFor, keys, leafFor, OpenSsl, refusal, refusalCode } from './support.ts';

const key = keys.p256.leaf;
const first = authorityFor(keys.p256.authority, 'first').certificate;
const secondKey = keys.p256.other;
const secondAuthority = authorityFor(secondKey, 'second');
const second = secondAuthority.certificate;
const leaf = leafFor(secondAuthority, key);

t.test('a bundle is read in order, with either kind of line end', async (t) => {
  const bundle = first.pem.replaceAll('\n', '\r\n') + second.pem;
  t.same(
    readBundle(bundle).map((certificate) => certificate.commonName),
    ['first', 'second'],
  );
});

t.test('an empty bundle is refused: it would trust nobody', async (t) => {
  t.equal(
    refusalCode(() => readBundle('\n')),
    'pem_malformed',
  );
});

t.test('R11: a bundle with a private key in it is refused', async (t) => {
  t.equal(
    refusalCode(() => readBundle(first.pem + exportPrivateKeyPem(key))),
    'bundle_holds_key',
  );
});

t.test('the pinned authority is found in an untrusted bundle', async (t) => {
  t.equal(authorityWithPin([first, second], spkiHash(secondKey))?.serial, second.serial);
});

t.test('a pin that is not there finds nothing', async (t) => {
  t.equal(authorityWithPin([first, second], spkiHash(key)), undefined);
});

t.test('the pinned key in a certificate that it did not sign finds nothing', async (t) => {
  const der = Buffer.from(second.der);
  der.write('secone', der.lastIndexOf('second'));
  t.equal(authorityWithPin([certificateFromDer(der)], spkiHash(secondKey)), undefined);
});

t.test('the pinned key in a certificate that is no authority finds nothing', async (t) => {
  const openssl = new OpenSsl();
  t.teardown(() => openssl.remove());
  const keyFile = openssl.write('key', exportPrivateKeyPem(key));
  const plain = ['-subj', '/CN=x', '-addext', 'basicConstraints=critical,CA:FALSE'];
  const selfSigned = parseCertificate(openssl.run('req', '-x509', '-new', '-key', keyFile, ...plain));
  t.equal(authorityWithPin([selfSigned], spkiHash(key)), undefined);
});

t.test('R9: certificate, chain and key travel in one file', async (t) => {
  const credential = readCredential(writeCredential({ certificate: leaf, chain: [second], key }));
  t.equal(credential.certificate.serial, leaf.serial);
  t.same(
    credential.chain.map((above) => above.serial),
    [second.serial],
  );
  t.ok(credential.key.equals(key));
});

t.test('a credential with the key first is read', async (t) => {
  t.equal(readCredential(exportPrivateKeyPem(key) + leaf.pem).certificate.serial, leaf.serial);
});

t.test('a key that is not the certificate’s is refused, both ways', async (t) => {
  const pem = leaf.pem + exportPrivateKeyPem(secondKey);
  t.equal(
    refusalCode(() => readCredential(pem)),
    'credential_mismatch',
  );
  t.equal(
    refusalCode(() => writeCredential({ certificate: leaf, chain: [], key: secondKey })),
    'credential_mismatch',
  );
});

t.test('the error for a credential without its key says what the file holds', async (t) => {
  t.match(
    refusal(() => readCredential(leaf.pem)),
    {
      code: 'pem_malformed',
      facts: { problem: /holds CERTIFICATE/ },
    },
  );
});
