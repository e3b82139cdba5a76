import t from 'tap';
import { Authority } from '../../src/pki/authority.ts';
import { certificateFromDer, parseCertificate } from '../../src/pki/certificate.ts';
import { issueAuthority } from '../../src/pki/issue.ts';
import { exportPrivateKeyPem, generateKey } from '../../src/pki/keys.ts';
import { randomSerial } from '../../src/pki/serial.ts';
import { checkDates, verifyIssued } from '../../src/pki/verify.ts';
import { authorityFor, keys, keyTypes, leafFor, OpenSsl, refusal, refusalCode } from './support.ts';

const key = keys.p256.leaf;

/** The refusal of a certificate that nobody trusted has issued. */
const untrusted = (problem: RegExp) => ({ code: 'certificate_untrusted', facts: { problem } });

for (const type of keyTypes) {
  const authority = authorityFor(keys[type].authority);

  t.test(`${type}: a certificate is traced to its authority`, async (t) => {
    const leaf = leafFor(authority, key);
    t.same(
      verifyIssued(leaf, [authority.certificate]).map((link) => link.serial),
      [leaf.serial, authority.certificate.serial],
    );
  });

  t.test(`${type}: an authority made again under the same name is not trusted, and it is said why`, async (t) => {
    const again = authorityFor(keys[type].other);
    const error = refusal(() => verifyIssued(leafFor(authority, key), [again.certificate]));
    t.match(error, untrusted(/the trusted one of that name did not sign it/));
  });

  t.test(`${type}: a certificate changed after signing is not trusted`, async (t) => {
    const der = Buffer.from(leafFor(authority, key, { commonName: 'x-k3s-m-1' }).der);
    der.write('x-k3s-m-2', der.indexOf('x-k3s-m-1'));
    t.equal(
      refusalCode(() => verifyIssued(certificateFromDer(der), [authority.certificate])),
      'certificate_untrusted',
    );
  });
}

const authorityKey = keys.p256.authority;
const authority = authorityFor(authorityKey);

t.test('an authority with a foreign name is not trusted, and it is named', async (t) => {
  const other = authorityFor(keys.p256.other, 'another authority');
  t.match(
    refusal(() => verifyIssued(leafFor(other, key), [authority.certificate])),
    untrusted(/its issuer another authority/),
  );
});

t.test('a certificate without clientAuth is no client', async (t) => {
  const leaf = leafFor(authority, key, { usage: 'coordinator' });
  t.match(
    refusal(() => verifyIssued(leaf, [authority.certificate], { purpose: 'clientAuth' })),
    untrusted(/only for serverAuth/),
  );
});

t.test('a leaf in the place of an authority vouches for nobody', async (t) => {
  const root = authorityFor(keys.p256.other, 'root', 1);
  const leafKey = await generateKey('p256');
  const leaf = leafFor(root, leafKey, { commonName: 'sub' });
  const sub = issueAuthority({
    commonName: 'sub',
    key: leafKey,
    serial: '01',
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
  });
  const below = leafFor(sub, key, { notAfter: leaf.notAfter });
  t.equal(
    refusalCode(() => verifyIssued(below, [root.certificate], { intermediates: [leaf] })),
    'certificate_untrusted',
  );
});

function crossSigned(old: Authority): Authority {
  const { notBefore, notAfter } = old.certificate;
  const serial = randomSerial();
  return issueAuthority({
    commonName: 'a test authority',
    key: authorityKey,
    issuer: old,
    notBefore,
    notAfter,
    serial,
  });
}

for (const [pathLength, outcome] of [
  [0, 'refused'],
  [1, 'accepted'],
] as const) {
  t.test(`a successor cross-signed by an authority of path length ${pathLength} is ${outcome}`, async (t) => {
    const old = authorityFor(keys.p256.other, 'old', pathLength);
    const cross = crossSigned(old);
    const verify = () =>
      verifyIssued(leafFor(authority, key), [old.certificate], { intermediates: [cross.certificate] });
    if (outcome === 'accepted') t.equal(verify().length, 3);
    else t.equal(refusalCode(verify), 'certificate_untrusted');
  });
}

t.test('a stranger cannot make Picket search long chains', async (t) => {
  const intermediates = Array.from({ length: 5 }, () => authority.certificate);
  const verify = () => verifyIssued(leafFor(authority, key), [authority.certificate], { intermediates });
  t.match(refusal(verify), untrusted(/more than 4 intermediate certificates/));
});

t.test('a critical extension that nobody here knows is not passed over, in an authority or below', async (t) => {
  const openssl = new OpenSsl();
  t.teardown(() => openssl.remove());
  const keyFile = openssl.write('key', exportPrivateKeyPem(authorityKey));
  const request = ['req', '-x509', '-new', '-key', keyFile, '-days', '900'];
  const constraints = 'nameConstraints=critical,permitted;DNS:example.com';
  const constrained = parseCertificate(openssl.run(...request, '-subj', '/CN=constrained', '-addext', constraints));
  // Not with its serial number, which may begin as ours never do.
  const { notBefore, notAfter } = constrained;
  const issuedBelow = leafFor(new Authority(constrained, authorityKey), key, { notBefore, notAfter });
  const ca = ['-CA', openssl.write('ca.pem', authority.certificate.pem), '-CAkey', keyFile];
  const strange = parseCertificate(openssl.run(...request, ...ca, '-subj', '/CN=x', '-addext', constraints));
  t.match(
    refusal(() => verifyIssued(strange, [authority.certificate])),
    untrusted(/critical extension 2\.5\.29\.30/),
  );
  t.equal(
    refusalCode(() => verifyIssued(issuedBelow, [constrained])),
    'certificate_untrusted',
  );
});

t.test('R14: the chain holds whatever the clock says; the dates are judged apart', async (t) => {
  const notAfter = new Date(authority.certificate.notBefore.getTime() + 1000);
  const expired = leafFor(authority, key, { notAfter });
  t.doesNotThrow(() => verifyIssued(expired, [authority.certificate]));
  t.equal(
    refusalCode(() => checkDates(expired, new Date())),
    'certificate_expired',
  );
});

t.test('both ends of a lifetime are valid, the second before and after are not', async (t) => {
  const leaf = leafFor(authority, key);
  const [from, to] = [leaf.notBefore.getTime(), leaf.notAfter.getTime()];
  t.doesNotThrow(() => checkDates(leaf, new Date(from)));
  t.doesNotThrow(() => checkDates(leaf, new Date(to + 999)));
  t.equal(
    refusalCode(() => checkDates(leaf, new Date(from - 1))),
    'certificate_not_yet_valid',
  );
  t.equal(
    refusalCode(() => checkDates(leaf, new Date(to + 1000))),
    'certificate_expired',
  );
});
