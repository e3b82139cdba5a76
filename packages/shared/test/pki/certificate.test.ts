import fc from 'fast-check';
import t from 'tap';
import { certificateFromDer, parseCertificate } from '../../src/pki/certificate.ts';
import { canonicalSans } from '../../src/pki/san.ts';
import { randomSerial } from '../../src/pki/serial.ts';
import { spkiHash } from '../../src/pki/spki.ts';
import {
  authorityFor,
  commonNames,
  keys,
  keyTypes,
  leafFor,
  OpenSsl,
  refusal,
  refusedOrRead,
  sans,
} from './support.ts';

const openssl = new OpenSsl();
t.teardown(() => openssl.remove());

for (const type of keyTypes) {
  const authority = authorityFor(keys[type].authority);
  const key = keys[type].leaf;

  t.test(`${type}: any names pass through a certificate unharmed, for us and for Node`, async () => {
    fc.assert(
      fc.property(commonNames, fc.array(sans, { maxLength: 30 }), (commonName, names) => {
        const certificate = leafFor(authority, key, { commonName, sans: names });
        const read = parseCertificate(certificate.pem);
        const wanted = canonicalSans(names);
        return (
          read.commonName === commonName &&
          read.x509.toLegacyObject().subject.CN === commonName &&
          JSON.stringify(read.sans) === JSON.stringify(wanted) &&
          wanted.every(({ type, value }) => {
            if (type === 'dns') return read.x509.checkHost(value, { subject: 'never' }) === value;
            if (type === 'ip') return read.x509.checkIP(value) !== undefined;
            return read.x509.subjectAltName?.split(', ').includes(`URI:${value}`);
          })
        );
      }),
      { numRuns: type === 'p256' ? 200 : 20 },
    );
  });

  t.test(`${type}: serial, dates and pin are what they were issued as`, async (t) => {
    const serial = randomSerial();
    const notAfter = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000);
    const certificate = leafFor(authority, key, { serial, notAfter });
    t.equal(certificate.serial, serial);
    t.equal(certificate.x509.serialNumber.toLowerCase(), serial);
    t.same(certificate.notAfter, notAfter);
    t.equal(certificate.spkiHash, spkiHash(key));
  });
}

const authority = authorityFor(keys.p256.authority);
const key = keys.p256.leaf;
const { der } = leafFor(authority, key);

t.test('a certificate made by OpenSSL, with a long subject and other kinds of names, is read', async (t) => {
  const config = `[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\nC=CN\nL=Shanghai\nCN=边缘\n[ext]\nsubjectAltName=@alt\n[alt]\nDNS=*.example.com\nemail=a@b.example\nIP=2001:db8::1\nURI=https://example.com/a,b\n`;
  openssl.run(
    'req',
    '-x509',
    '-utf8',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'k',
    '-out',
    'c',
    '-config',
    openssl.write('cnf', config),
  );
  const certificate = parseCertificate(openssl.read('c'));
  t.equal(certificate.commonName, '边缘');
  t.same(certificate.sans, [
    { type: 'dns', value: '*.example.com' },
    { type: 'ip', value: '2001:db8::1' },
    { type: 'uri', value: 'https://example.com/a,b' },
  ]);
});

t.test('a certificate that names another algorithm outside of what is signed is refused', async (t) => {
  const changed = Buffer.from(der);
  const ecdsaWithSha256 = Buffer.from('2a8648ce3d040302', 'hex');
  changed.writeUInt8(3, changed.lastIndexOf(ecdsaWithSha256) + 7);
  t.match(
    refusal(() => certificateFromDer(changed)),
    {
      code: 'certificate_malformed',
      facts: { problem: 'it names two different signature algorithms' },
    },
  );
});

t.test('a certificate with one extension twice is refused', async (t) => {
  const changed = Buffer.from(der);
  const subjectKeyIdentifier = Buffer.from('0603551d0e', 'hex');
  changed.writeUInt8(0x23, changed.indexOf(subjectKeyIdentifier) + 4);
  t.match(
    refusal(() => certificateFromDer(changed)),
    {
      code: 'certificate_malformed',
      facts: { problem: /occurs twice/ },
    },
  );
});

t.test('a certificate cut short anywhere is refused', async () => {
  for (let length = 0; length < der.length; length += 1) refusal(() => certificateFromDer(der.subarray(0, length)));
});

t.test('a damaged certificate is read or refused in Picket’s own words', async () => {
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(der);
      damaged.writeUInt8((damaged[at] ?? 0) ^ change, at);
      refusedOrRead(() => certificateFromDer(damaged));
    }),
    { numRuns: 3000 },
  );
});

t.test('garbage is refused in Picket’s own words', async () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => void refusal(() => certificateFromDer(octets))));
});
