import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { createCsr, maxCsrLength, readCsr } from '../../src/pki/csr.ts';
import { bitString, decodeDer, encodeDer, oid, sequence } from '../../src/pki/der.ts';
import { exportPrivateKeyPem, publicKeyOf } from '../../src/pki/keys.ts';
import { singlePem, toPem } from '../../src/pki/pem.ts';
import { readSigned } from '../../src/pki/signature.ts';
import { spkiHash } from '../../src/pki/spki.ts';
import { commonNames, keys, keyTypes, OpenSsl, refusal, refusalCode, refusedOrRead } from './support.ts';

const openssl = new OpenSsl();
t.teardown(() => openssl.remove());
const label = 'CERTIFICATE REQUEST';

function derOf(pem: string): Buffer {
  return singlePem(pem, label, 'a test');
}

for (const type of keyTypes) {
  const key = keys[type].leaf;
  const keyFile = openssl.write(`${type}-key.pem`, exportPrivateKeyPem(key));

  t.test(`${type}: OpenSSL verifies our CSR`, async (t) => {
    const csr = openssl.write(`${type}.csr`, createCsr({ key, commonName: 'x-k3s-m-1' }));
    const output = openssl.run('req', '-verify', '-in', csr, '-text', '-noout');
    t.match(output, /Subject: CN ?= ?x-k3s-m-1/);
    t.match(output, /Attributes:\s+\(none\)/);
  });

  t.test(`${type}: a CSR made by OpenSSL is read`, async (t) => {
    const csr = readCsr(openssl.run('req', '-new', '-key', keyFile, '-subj', '/C=CN/L=Shanghai/CN=x-k3s-m-1'));
    t.equal(csr.spkiHash, spkiHash(key));
    t.equal(csr.commonName, 'x-k3s-m-1');
    t.ok(csr.publicKey.equals(publicKeyOf(key)));
  });

  t.test(`R7: ${type}: a CSR whose signature was changed proves nothing`, async (t) => {
    const der = derOf(createCsr({ key, commonName: 'x-k3s-m-1' }));
    der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1);
    t.equal(
      refusalCode(() => readCsr(toPem(label, der))),
      'csr_signature_invalid',
    );
  });

  t.test(`R7: ${type}: a CSR whose name was changed after signing proves nothing`, async (t) => {
    const der = derOf(createCsr({ key, commonName: 'x-k3s-m-1' }));
    der.write('x-k3s-m-2', der.indexOf('x-k3s-m-1'));
    t.equal(
      refusalCode(() => readCsr(toPem(label, der))),
      'csr_signature_invalid',
    );
  });

  t.test(`${type}: any common name passes through a CSR unharmed`, async () => {
    fc.assert(
      fc.property(commonNames, (commonName) => readCsr(createCsr({ key, commonName })).commonName === commonName),
      { numRuns: type === 'p256' ? 200 : 20 },
    );
  });

  t.test(`${type}: a CSR cut short anywhere is refused`, async () => {
    const der = derOf(createCsr({ key, commonName: 'x-k3s-m-1' }));
    for (let length = 1; length < der.length; length += 1) {
      refusal(() => readCsr(toPem(label, der.subarray(0, length))));
    }
  });

  t.test(`${type}: a CSR with any one octet changed is refused in Picket's own words`, async () => {
    const der = derOf(createCsr({ key, commonName: 'x-k3s-m-1' }));
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(der);
        damaged.writeUInt8((damaged[at] ?? 0) ^ change, at);
        refusal(() => readCsr(toPem(label, damaged)));
      }),
      { numRuns: 1000 },
    );
  });
}

const key = keys.p256.leaf;
const keyFile = openssl.write('key.pem', exportPrivateKeyPem(key));
const csr = createCsr({ key, commonName: 'x-k3s-m-1' });

function opensslCsr(...extensions: string[]): string {
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  return openssl.run('req', '-new', '-key', keyFile, '-subj', '/CN=x', ...added);
}

t.test('R7: a CSR that asks for names is refused, and told which', async (t) => {
  const error = refusal(() => readCsr(opensslCsr('subjectAltName=DNS:etcd.edge.huatai.me,IP:192.168.7.11')));
  t.match(error, { code: 'csr_asks_for_names', facts: { names: 'dns:etcd.edge.huatai.me, ip:192.168.7.11' } });
});

t.test('R7: a CSR that asks for an e-mail name is refused', async (t) => {
  t.equal(
    refusalCode(() => readCsr(opensslCsr('subjectAltName=email:a@b.example'))),
    'csr_asks_for_names',
  );
});

t.test('R7: a CSR that asks to be an authority is refused', async (t) => {
  t.equal(
    refusalCode(() => readCsr(opensslCsr('basicConstraints=critical,CA:TRUE'))),
    'csr_asks_for_ca',
  );
});

t.test('R7: a CSR that asks for usages is refused, and told which', async (t) => {
  const error = refusal(() => readCsr(opensslCsr('keyUsage=digitalSignature', 'extendedKeyUsage=serverAuth')));
  t.match(error, { code: 'csr_asks_for_more', facts: { asked: /keyUsage, extKeyUsage/ } });
});

t.test('R11: a CSR with a challenge password is refused without repeating it', async (t) => {
  const config =
    '[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\n[dn]\nCN=x\n[at]\nchallengePassword=hush-hush\n';
  const request = openssl.run('req', '-new', '-key', keyFile, '-config', openssl.write('challenge.cnf', config));
  const error = refusal(() => readCsr(request));
  t.match(error, { code: 'csr_asks_for_more', facts: { asked: 'challengePassword' } });
  t.notMatch(JSON.stringify(error.toWire()), 'hush-hush');
});

t.test('keys that get no certificate are named', async (t) => {
  const unsupported = {
    secp384r1: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
    'RSA key of 1024 bits': generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
    'another public exponent': generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey,
  };
  for (const [problem, key] of Object.entries(unsupported)) {
    const error = refusal(() => readCsr(createCsr({ key, commonName: 'x' })));
    t.match(error, { code: 'csr_key_unsupported', facts: { problem } });
  }
});

t.test('a P-256 key that spells out its curve is refused, as etcd could not read it', async (t) => {
  openssl.run('ecparam', '-name', 'prime256v1', '-genkey', '-param_enc', 'explicit', '-noout', '-out', 'explicit.pem');
  const request = openssl.run('req', '-new', '-key', openssl.path('explicit.pem'), '-subj', '/CN=x');
  t.equal(
    refusalCode(() => readCsr(request)),
    'csr_key_unsupported',
  );
});

t.test('an Ed25519 CSR is refused', async (t) => {
  openssl.run('genpkey', '-algorithm', 'ed25519', '-out', 'ed25519.pem');
  const request = openssl.run('req', '-new', '-key', openssl.path('ed25519.pem'), '-subj', '/CN=x');
  t.equal(
    refusalCode(() => readCsr(request)),
    'csr_key_unsupported',
  );
});

t.test('a CSR signed with SHA-1 is refused', async (t) => {
  const request = openssl.run('req', '-new', '-sha1', '-key', keyFile, '-subj', '/CN=x');
  t.equal(
    refusalCode(() => readCsr(request)),
    'csr_signature_invalid',
  );
});

t.test('R18: an object identifier that is longer than any in use is refused without repeating it', async (t) => {
  const { content, signature } = readSigned(decodeDer(derOf(csr)), 'it');
  const signedBy = (id: string) =>
    refusal(() => readCsr(toPem(label, encodeDer(sequence(content, sequence(oid(id)), bitString(signature))))));
  t.match(signedBy(`1.2${'.3'.repeat(5000)}`), {
    code: 'csr_malformed',
    facts: { problem: /an object identifier out of range/ },
  });
  t.match(signedBy(`1.2${'.3'.repeat(63)}`), {
    code: 'csr_signature_invalid',
    facts: { problem: /1\.2\.3.* is not accepted/ },
  });
});

t.test('a signature algorithm of another kind of key is refused', async (t) => {
  const { content, signature } = readSigned(
    decodeDer(derOf(createCsr({ key: keys.rsa2048.leaf, commonName: 'x' }))),
    'it',
  );
  const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
  const request = toPem(label, encodeDer(sequence(content, ecdsaWithSha256, bitString(signature))));
  t.match(
    refusal(() => readCsr(request)),
    {
      code: 'csr_signature_invalid',
      facts: { problem: 'its signature algorithm is not one of its key' },
    },
  );
});

t.test('more than one CSR at a time is refused', async (t) => {
  t.equal(
    refusalCode(() => readCsr(csr + csr)),
    'pem_malformed',
  );
});

t.test('octets behind the CSR are refused', async (t) => {
  t.equal(
    refusalCode(() => readCsr(toPem(label, Buffer.concat([derOf(csr), Buffer.of(0)])))),
    'csr_malformed',
  );
});

t.test('a CSR of unreasonable length is not looked at', async (t) => {
  t.match(
    refusal(() => readCsr(csr + '\n'.repeat(maxCsrLength))),
    {
      code: 'pem_malformed',
      facts: { problem: /longer than/ },
    },
  );
});

t.test('a CSR in BER is refused', async (t) => {
  const der = derOf(csr);
  const indefinite = Buffer.concat([Buffer.of(0x30, 0x80), der.subarray(der[1] === 0x81 ? 3 : 4), Buffer.of(0, 0)]);
  t.match(
    refusal(() => readCsr(toPem(label, indefinite))),
    { code: 'csr_malformed', facts: { problem: /DER/ } },
  );
});

t.test('garbage is refused in Picket’s own words', async () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void refusal(() => readCsr(text))));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (octets) => {
      refusal(() => readCsr(toPem(label, octets)));
    }),
    { numRuns: 1000 },
  );
});

t.test('a CSR with octets inserted or removed is refused in Picket’s own words', async () => {
  const der = derOf(csr);
  fc.assert(
    fc.property(fc.nat(der.length), fc.nat(8), fc.uint8Array({ maxLength: 8 }), (at, removed, added) => {
      refusedOrRead(() =>
        readCsr(toPem(label, Buffer.concat([der.subarray(0, at), added, der.subarray(at + removed)]))),
      );
    }),
    { numRuns: 1000 },
  );
});
