import t from 'tap';
import { foreignAuthoritiesProblem } from '../../src/pki/foreign-authorities.ts';
import { exportPrivateKeyPem, generateKey } from '../../src/pki/keys.ts';
import { authorityFor, keys } from './support.ts';

t.test('certificates, with comments around them, are taken', async (t) => {
  const { certificate } = authorityFor(keys.p256.authority);
  t.equal(foreignAuthoritiesProblem(certificate.pem), null);
  t.equal(foreignAuthoritiesProblem(`## A bundle\r\n\nOne CA\n======\n${certificate.pem}\n${certificate.pem}`), null);
});

t.test('R11: everything else is refused, and named without its content', async (t) => {
  const { certificate } = authorityFor(keys.p256.authority);
  const key = exportPrivateKeyPem(await generateKey('p256'));
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /^holds no certificate in PEM$/],
    ['nonsense', /^holds no certificate in PEM$/],
    [key, /^must hold certificates only, and holds a block PRIVATE KEY$/],
    [certificate.pem + key, /holds a block PRIVATE KEY$/],
    [certificate.pem.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'), /holds a block CERTIFICATE REQUEST$/],
    ['-----BEGIN CERTIFICATE-----\n', /^holds a certificate that is cut short$/],
    [
      `${certificate.pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
      /damaged certificate \(number 2\)$/,
    ],
  ];
  for (const [text, wanted] of refused) {
    const problem = foreignAuthoritiesProblem(text);
    t.match(problem, wanted);
    t.notMatch(problem, key.split('\n')[1] ?? '');
  }
});
