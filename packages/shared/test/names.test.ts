import t from 'tap';
import {
  addressProblem,
  canonicalAddress,
  isLoopback,
  nameProblem,
  validClusterName,
  validDomain,
} from '../src/names.ts';

t.test('a member name is one RFC 1123 label in lower case', async (t) => {
  for (const name of ['a', '1', 'x-k3s-m-1', 'a'.repeat(63)]) t.equal(nameProblem(name), undefined, name);
  for (const name of ['', 'A', '-a', 'a-', 'a_b', 'a.b', 'a b', 'a\n', '主机', 'a'.repeat(64)])
    t.ok(nameProblem(name), JSON.stringify(name));
});

t.test('a wrong name is answered with what to do', async (t) => {
  t.equal(nameProblem(''), 'the name is empty; give one');
  t.equal(nameProblem('a'.repeat(64)), `the name "${'a'.repeat(64)}" has 64 characters; use at most 63`);
  t.equal(
    nameProblem('a_b'),
    '"a_b" is not a host name; use lower-case letters, digits and hyphens, with a letter or digit at both ends',
  );
  t.equal(
    nameProblem('pi.edge.huatai.me'),
    '"pi.edge.huatai.me" is a fully-qualified name; write "pi" here and give the domain once, with --domain edge.huatai.me',
  );
});

t.test('a cluster name has the form of a member name', async (t) => {
  t.ok(validClusterName('x-k3s'));
  t.notOk(validClusterName('../etc'));
});

t.test('a domain is made of labels and is no address', async (t) => {
  for (const domain of ['lan', 'edge.huatai.me', 'a.1b']) t.ok(validDomain(domain), domain);
  for (const domain of ['', '.', 'a..b', 'a.', '.a', 'A.b', '10.0.0.1', `${'a.'.repeat(126)}ab`])
    t.notOk(validDomain(domain), domain);
});

t.test('an address has one spelling', async (t) => {
  t.equal(canonicalAddress('192.168.7.11'), '192.168.7.11');
  t.equal(canonicalAddress('FD00:0:0::1'), 'fd00::1');
  for (const other of [
    '192.168.1',
    '192.168.007.11',
    '0x7f.0.0.1',
    '2130706433',
    '::ffff:1.2.3.4',
    'fe80::1%eth0',
    '１.2.3.4',
    '1.2.3.4 ',
    '',
  ]) {
    t.equal(canonicalAddress(other), undefined, other);
  }
});

t.test('a loopback address is a member address only where it is allowed', async (t) => {
  t.ok(addressProblem('127.0.0.11'));
  t.equal(addressProblem('127.0.0.11', { allowLoopback: true }), undefined);
});

t.test('loopback is recognised by range', async (t) => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1']) t.ok(isLoopback(address), address);
  for (const address of ['192.168.7.11', 'localhost', '']) t.notOk(isLoopback(address), address);
});

const wrongAddresses: readonly (readonly [string, string])[] = [
  ['', 'the address is empty; give the IP address of the host'],
  ['pi.lan', '"pi.lan" is not an IP address; give the address of the host, as in 192.168.7.11'],
  ['192.168.7', '"192.168.7" is not an IPv4 address; write four numbers, as in 192.168.7.11'],
  [
    '192.168.7.256',
    '"192.168.7.256" is not an IPv4 address; each part is a number from 0 to 255 without leading zeros',
  ],
  [
    '192.168.7.011',
    '"192.168.7.011" is not an IPv4 address; each part is a number from 0 to 255 without leading zeros',
  ],
  ['fd00:::1', '"fd00:::1" is not an IPv6 address; correct it'],
  ['192.168.7.11:2380', '"192.168.7.11:2380" has a port; write the address without it'],
  ['192.168.7.11/24', '"192.168.7.11/24" has a prefix length; write the address without it'],
  ['https://192.168.7.11', '"https://192.168.7.11" is a URL; write the IP address alone'],
  ['[fd00::1]', '"[fd00::1]" has brackets; write the IPv6 address without them and without a port'],
  ['fe80::1%eth0', '"fe80::1%eth0" has a zone; give an address that needs none'],
  ['::ffff:192.168.7.11', '"::ffff:192.168.7.11" is an IPv4 address written as IPv6; write 192.168.7.11'],
  [
    '127.0.0.1',
    '127.0.0.1 cannot be the address of a member: it is a loopback address, which other hosts cannot reach; give the address of a network interface (all on one machine, as a trial: --allow-loopback)',
  ],
  [
    '::1',
    '::1 cannot be the address of a member: it is a loopback address, which other hosts cannot reach; give the address of a network interface (all on one machine, as a trial: --allow-loopback)',
  ],
  [
    '224.0.0.1',
    '224.0.0.1 cannot be the address of a member: it is a multicast address; give the address of a network interface',
  ],
  [
    'ff02::1',
    'ff02::1 cannot be the address of a member: it is a multicast address; give the address of a network interface',
  ],
  [
    '0.0.0.0',
    '0.0.0.0 cannot be the address of a member: it is an unspecified address; give the address of a network interface',
  ],
  ['::', ':: cannot be the address of a member: it is an unspecified address; give the address of a network interface'],
  [
    '255.255.255.255',
    '255.255.255.255 cannot be the address of a member: it is the broadcast address; give the address of a network interface',
  ],
  [
    '169.254.1.1',
    '169.254.1.1 cannot be the address of a member: it is link-local and may change or need a zone; give a static address',
  ],
  [
    'fe80::1',
    'fe80::1 cannot be the address of a member: it is link-local and may change or need a zone; give a static address',
  ],
];

for (const [address, problem] of wrongAddresses) {
  t.test(`the address ${JSON.stringify(address)} is refused with what to do`, async (t) => {
    t.equal(addressProblem(address), problem);
  });
}
