import type { Advisory } from './advisory.ts';

const published = (id: string) => `https://github.com/etcd-io/etcd/security/advisories/${id}`;
const change = (number: number) => `https://github.com/etcd-io/etcd/pull/${number}`;
const before = (...fixes: readonly string[]) =>
  fixes.map((fixed) => ({ from: `${fixed.split('.', 2).join('.')}.0`, fixed }));

const update = 'Update etcd. Until then, trust each user with all keys.';

/** Holes in the security of etcd. Ranges are those of etcd's advisories and changelogs. */
export const securityAdvisories: readonly Advisory[] = [
  {
    id: 'CVE-2026-73500',
    alsoKnownAs: ['GHSA-6vch-q96h-7gc3'],
    affected: before('3.5.33', '3.6.14', '3.7.1'),
    effect: 'denial-of-service',
    severity: 'high',
    concerns: 'always',
    means:
      'Whoever reaches a TLS port of etcd can open connections without end and never finish a handshake. That exhausts the memory of the member. It needs no certificate.',
    action:
      'Let a firewall admit only the members and their clients to the ports of etcd. In a closed network whose machines you trust, there is no hurry. Update etcd when your system has a fixed version.',
    sources: [published('GHSA-6vch-q96h-7gc3'), change(22160), change(22142), change(22141)],
  },
  {
    id: 'CVE-2026-73499',
    alsoKnownAs: ['GHSA-xg4h-6gfc-h4m8'],
    affected: before('3.5.33', '3.6.14', '3.7.1'),
    effect: 'bypasses-authorization',
    severity: 'high',
    concerns: 'authentication',
    means: 'A user who may read one key can watch every key that comes after it.',
    action: update,
    sources: [published('GHSA-xg4h-6gfc-h4m8')],
  },
  {
    id: 'CVE-2026-59818',
    alsoKnownAs: ['GHSA-3wh4-j44w-pg92'],
    affected: before('3.5.32', '3.6.13'),
    effect: 'bypasses-authorization',
    severity: 'medium',
    concerns: 'revocation-list',
    means: 'With listen-client-http-urls, etcd does not enforce its list of revoked certificates for gRPC.',
    action: 'No action needed: Picket sets neither this option nor such a list.',
    sources: [published('GHSA-3wh4-j44w-pg92'), change(22021), change(22025)],
  },
  {
    id: 'CVE-2026-44283',
    alsoKnownAs: ['GHSA-x35m-3gp4-4fh5'],
    affected: before('3.5.30', '3.6.11'),
    effect: 'bypasses-authorization',
    severity: 'medium',
    concerns: 'authentication',
    means:
      'By a put within a transaction, a user can read the former value of a key, or attach a lease, without the right to do so.',
    action: update,
    sources: [published('GHSA-x35m-3gp4-4fh5'), change(21682), change(21681)],
  },
  {
    id: 'CVE-2026-33413',
    alsoKnownAs: ['GHSA-q8m4-xhhv-38mg'],
    affected: before('3.5.28', '3.6.9'),
    effect: 'bypasses-authorization',
    severity: 'high',
    concerns: 'authentication',
    means:
      'A client without a user can list members, raise and disarm alarms, use leases, and compact the history of the keys.',
    action: 'Update etcd. Until then, issue client certificates only to clients that may do all this.',
    sources: [published('GHSA-q8m4-xhhv-38mg')],
  },
  {
    id: 'CVE-2026-33343',
    alsoKnownAs: ['GHSA-rfx7-8w68-q57q'],
    affected: before('3.5.28', '3.6.9'),
    effect: 'bypasses-authorization',
    severity: 'medium',
    concerns: 'authentication',
    means: 'By a transaction within a transaction, a user can read and write keys without the right to do so.',
    action: update,
    sources: [published('GHSA-rfx7-8w68-q57q')],
  },
  {
    id: 'CVE-2023-32082',
    alsoKnownAs: ['GHSA-3p4g-rcw5-8298', 'etcd-15815'],
    affected: before('3.5.9'),
    effect: 'reveals-secrets',
    severity: 'low',
    concerns: 'authentication',
    means: 'A user can list the names of the keys of any lease without the right to read them.',
    action: update,
    sources: [published('GHSA-3p4g-rcw5-8298'), 'https://nvd.nist.gov/vuln/detail/CVE-2023-32082', change(15815)],
  },
  {
    id: 'CVE-2021-28235',
    alsoKnownAs: ['etcd-15653'],
    affected: before('3.5.8'),
    effect: 'reveals-secrets',
    severity: 'medium',
    concerns: 'authentication',
    means: 'etcd keeps the password of a user in its memory after the login, where debugging tools can show it.',
    action: 'Update etcd, and change the passwords afterwards.',
    sources: ['https://nvd.nist.gov/vuln/detail/CVE-2021-28235', change(15653)],
  },
  {
    id: 'CVE-2026-33186',
    alsoKnownAs: ['GHSA-p77j-4mvh-x3m3'],
    affected: before('3.5.28', '3.6.9'),
    effect: 'bypasses-authorization',
    severity: 'low',
    concerns: 'library',
    means:
      'The gRPC library in etcd takes paths that its own rules for authorization do not expect. etcd says only that it updated the library.',
    action: 'Update etcd when your system has a fixed version.',
    sources: [change(21500), change(21501)],
  },
  {
    id: 'GHSA-hrxh-6v49-42gf',
    alsoKnownAs: [],
    affected: before('3.5.33', '3.6.14', '3.7.1'),
    effect: 'denial-of-service',
    severity: 'medium',
    concerns: 'library',
    means:
      'By resetting streams of HTTP/2, a client can make the gRPC library in etcd use much CPU. The client needs a certificate that etcd accepts. etcd does not use the other faulty part, xDS, and says only that it updated the library.',
    action:
      'Let a firewall admit only the members and their clients to the ports of etcd. Update etcd when your system has a fixed version.',
    sources: ['https://github.com/advisories/GHSA-hrxh-6v49-42gf', change(22153), change(22155), change(22157)],
  },
  {
    id: 'etcd-20941',
    alsoKnownAs: ['etcd-20942'],
    affected: before('3.5.26', '3.6.7'),
    effect: 'reveals-secrets',
    severity: 'low',
    concerns: 'authentication',
    means: 'etcd writes tokens of users into its log. Who reads the log can act as these users until a token ends.',
    action: "Update etcd. Until then, give etcd's log to nobody who may not have the rights of its users.",
    sources: [change(20941), change(20942)],
  },
  {
    id: 'etcd-21993',
    alsoKnownAs: [],
    affected: before('3.5.32'),
    effect: 'reveals-secrets',
    severity: 'low',
    concerns: 'json-web-tokens',
    means: 'etcd writes a JSON web token that it cannot read into its log.',
    action: 'No action needed: Picket does not configure such tokens.',
    sources: [change(21993)],
  },
];
