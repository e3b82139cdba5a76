import t from 'tap';
import { Authority } from '../../src/pki/authority.ts';
import { certificateFromDer, parseCertificate } from '../../src/pki/certificate.ts';
import { type CertificateUsage, issueAuthority, lifetimeWithin, signCertificate } from '../../src/pki/issue.ts';
import { encodeSerial, randomSerial } from '../../src/pki/serial.ts';
import { authorityFor, keys, keyTypes, leafFor, OpenSsl, refusal, refusalCode } from './support.ts';

const openssl = new OpenSsl();
t.teardown(() => openssl.remove());

for (const type of keyTypes) {
  const authority = authorityFor(keys[type].authority, `authority ${type}`);
  const key = keys[type].leaf;
  const ca = openssl.write(`${type}-ca.pem`, authority.certificate.pem);
  const strict = ['-x509_strict', '-check_ss_sig', '-CAfile', ca];

  t.test(`${type}: OpenSSL verifies the authority alone`, async (t) => {
    t.match(openssl.run('verify', ...strict, ca), ': OK');
  });

  const accepted: Readonly<Record<CertificateUsage, readonly string[]>> = {
    server: ['sslserver', 'sslclient'],
    peer: ['sslserver', 'sslclient'],
    client: ['sslclient'],
    admin: ['sslclient'],
    node: ['sslclient'],
    operator: ['sslclient'],
    coordinator: ['sslserver'],
  };
  for (const usage of Object.keys(accepted) as CertificateUsage[]) {
    t.test(`${type}: OpenSSL accepts a ${usage} certificate for ${accepted[usage].join(' and ')} alone`, async (t) => {
      const leaf = openssl.write(`${type}-${usage}.pem`, leafFor(authority, key, { usage }).pem);
      for (const purpose of ['sslserver', 'sslclient']) {
        const verify = () => openssl.run('verify', ...strict, '-purpose', purpose, leaf);
        if (accepted[usage].includes(purpose)) t.match(verify(), ': OK');
        else t.throws(verify);
      }
    });
  }

  t.test(`${type}: a certificate made for a private key holds its public half alone`, async (t) => {
    const { notBefore, notAfter } = authority.certificate;
    const leaf = certificateFromDer(
      signCertificate({
        issuer: authority,
        subject: { commonName: 'a test leaf' },
        publicKey: key,
        sans: [],
        usage: 'client',
        serial: randomSerial(),
        notBefore,
        notAfter,
      }).der,
    );
    t.equal(leaf.publicKey.type, 'public');
    t.ok(leaf.x509.publicKey.equals(leaf.publicKey));
  });

  t.test(`${type}: OpenSSL prints the certificate as meant`, async (t) => {
    const leaf = leafFor(authority, key, {
      sans: [
        { type: 'dns', value: 'etcd.edge.huatai.me' },
        { type: 'ip', value: '192.168.7.11' },
        { type: 'ip', value: '::1' },
        { type: 'uri', value: 'urn:picket:node:7' },
      ],
    });
    const text = openssl.run('x509', '-in', openssl.write(`${type}-text.pem`, leaf.pem), '-noout', '-text');
    t.match(text, /Version: 3/);
    t.match(text, /Basic Constraints: critical\s+CA:FALSE/);
    t.match(
      text,
      type === 'p256' ? /Key Usage: critical\s+Digital Signature\n/ : /Digital Signature, Key Encipherment\n/,
    );
    t.match(text, /Extended Key Usage:\s+TLS Web Server Authentication, TLS Web Client Authentication/);
    t.match(
      text,
      'DNS:etcd.edge.huatai.me, IP Address:192.168.7.11, IP Address:0:0:0:0:0:0:0:1, URI:urn:picket:node:7',
    );
    t.match(text, type === 'p256' ? /ecdsa-with-SHA256/ : /sha256WithRSAEncryption/);
  });

  t.test(`${type}: OpenSSL finds an authority's constraints critical`, async (t) => {
    const text = openssl.run('x509', '-in', ca, '-noout', '-text');
    t.match(text, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    t.match(text, /Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
  });
}

t.test('keyUsage names no bits beyond its last, as DER wants it', async (t) => {
  const authority = authorityFor(keys.p256.authority);
  const keyUsages = [authority.certificate, leafFor(authority, keys.p256.leaf), leafFor(authority, keys.rsa2048.leaf)];
  t.same(
    keyUsages.map(({ der }) => /0603551d0f0101ff0404(\w{8})/.exec(der.toString('hex'))?.[1]),
    ['03020106', '03020780', '030205a0'],
  );
});

const authorityKey = keys.p256.authority;
const authority = authorityFor(authorityKey);
const key = keys.p256.leaf;

t.test('an RSA authority certifies a P-256 key', async (t) => {
  const rsa = authorityFor(keys.rsa2048.authority);
  const ca = openssl.write('mixed-ca.pem', rsa.certificate.pem);
  t.match(
    openssl.run('verify', '-x509_strict', '-CAfile', ca, openssl.write('mixed.pem', leafFor(rsa, key).pem)),
    ': OK',
  );
});

t.test('without a common name the alternative names are critical', async (t) => {
  const leaf = openssl.write('nameless.pem', leafFor(authority, key, { commonName: undefined }).pem);
  t.match(openssl.run('x509', '-in', leaf, '-noout', '-text'), /Subject Alternative Name: critical/);
  t.match(
    openssl.run('verify', '-x509_strict', '-CAfile', openssl.write('ca.pem', authority.certificate.pem), leaf),
    ': OK',
  );
});

t.test('a certificate without any name is not issued', async (t) => {
  t.equal(
    refusalCode(() => leafFor(authority, key, { commonName: undefined, sans: [] })),
    'name_invalid',
  );
});

t.test('a common name is up to 64 characters, whatever their octets', async (t) => {
  t.equal(leafFor(authority, key, { commonName: '边'.repeat(64) }).commonName, '边'.repeat(64));
  for (const commonName of ['边'.repeat(65), '', ' ', 'a\nb', '\ud800']) {
    t.equal(
      refusalCode(() => leafFor(authority, key, { commonName })),
      'name_invalid',
    );
  }
});

t.test('a certificate may not outlive its issuer, and the error names it', async (t) => {
  const notAfter = new Date(authority.certificate.notAfter.getTime() + 1000);
  const error = refusal(() => leafFor(authority, key, { notAfter }));
  t.match(error, { code: 'lifetime_refused', facts: { problem: /its issuer a test authority ends at/ } });
});

t.test('a certificate may not begin before its issuer', async (t) => {
  const notBefore = new Date(authority.certificate.notBefore.getTime() - 1000);
  t.equal(
    refusalCode(() => leafFor(authority, key, { notBefore })),
    'lifetime_refused',
  );
});

t.test('a lifetime cut to its issuer is accepted', async (t) => {
  const wanted = lifetimeWithin(authority.certificate, { notBefore: new Date(0), notAfter: new Date(1e14) });
  const leaf = leafFor(authority, key, wanted);
  t.same([leaf.notBefore, leaf.notAfter], [authority.certificate.notBefore, authority.certificate.notAfter]);
});

t.test('a certificate that ends before it begins is not issued', async (t) => {
  const { notBefore } = authority.certificate;
  t.equal(
    refusalCode(() => leafFor(authority, key, { notBefore, notAfter: notBefore })),
    'lifetime_refused',
  );
});

t.test('dates up to 2049 are UTCTime, from 2050 on GeneralizedTime', async (t) => {
  const notBefore = new Date('2049-12-31T23:59:59Z');
  const notAfter = new Date('2050-01-01T00:00:00Z');
  const { certificate } = issueAuthority({ commonName: 'late', key, notBefore, notAfter, serial: '01' });
  t.same([certificate.notBefore, certificate.notAfter], [notBefore, notAfter]);
  const dump = openssl.run('asn1parse', '-in', openssl.write('late.pem', certificate.pem));
  t.match(dump, /UTCTIME\s+:491231235959Z/);
  t.match(dump, /GENERALIZEDTIME\s+:20500101000000Z/);
});

t.test('the private key of another authority is refused', async (t) => {
  t.equal(
    refusalCode(() => new Authority(authority.certificate, key)),
    'authority_unusable',
  );
});

t.test('a leaf cannot be made an authority', async (t) => {
  t.equal(
    refusalCode(() => new Authority(leafFor(authority, key), key)),
    'authority_unusable',
  );
});

t.test('an authority made by OpenSSL with a subject of several parts can issue', async (t) => {
  openssl.run(
    'req',
    '-x509',
    '-new',
    '-key',
    openssl.write('own.key', authorityKey.export({ type: 'pkcs8', format: 'pem' })),
    '-subj',
    '/C=CN/L=Shanghai/O=cloud/CN=old CA',
    '-days',
    '900',
    '-out',
    'old-ca.pem',
  );
  const old = parseCertificate(openssl.read('old-ca.pem'));
  const imported = new Authority(old, authorityKey);
  const leaf = leafFor(
    imported,
    key,
    lifetimeWithin(old, { notBefore: new Date(0), notAfter: new Date(Date.now() + 1e9) }),
  );
  t.match(
    openssl.run('verify', '-CAfile', openssl.path('old-ca.pem'), openssl.write('under-old.pem', leaf.pem)),
    ': OK',
  );
});

t.test('an authority cross-signed by its predecessor is trusted by who knows only that one', async (t) => {
  const old = authorityFor(keys.p256.other, 'old', 1);
  const next = authorityFor(authorityKey, 'next');
  const { notBefore, notAfter } = old.certificate;
  const cross = issueAuthority({
    commonName: 'next',
    key: authorityKey,
    issuer: old,
    notBefore,
    notAfter,
    serial: randomSerial(),
  });
  const verified = openssl.run(
    ...['verify', '-x509_strict', '-CAfile', openssl.write('old.pem', old.certificate.pem)],
    ...[
      '-untrusted',
      openssl.write('cross.pem', cross.certificate.pem),
      openssl.write('new.pem', leafFor(next, key).pem),
    ],
  );
  t.match(verified, ': OK');
});

t.test('serial numbers are 20 octets, positive and without leading zeros', async (t) => {
  const serials = new Set(Array.from({ length: 1000 }, randomSerial));
  t.equal(serials.size, 1000);
  t.ok([...serials].every((serial) => /^[4-7][0-9a-f]{39}$/.test(serial)));
});

t.test('a serial number in another form is not encoded', async (t) => {
  for (const serial of ['', '00', '0001', '80', 'AB', '1', '01'.repeat(21)]) {
    t.throws(() => encodeSerial(serial), RangeError, serial);
  }
});
