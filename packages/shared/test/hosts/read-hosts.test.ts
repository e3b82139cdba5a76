import fc from 'fast-check';
import t from 'tap';
import { refusalOf } from '../../../../test/support/refusal.ts';
import { PicketError } from '../../src/errors.ts';
import { readHosts } from '../../src/hosts/read-hosts.ts';

const three = [
  { name: 'x-k3s-m-1', address: '192.168.7.11' },
  { name: 'x-k3s-m-2', address: '192.168.7.12' },
  { name: 'x-k3s-m-3', address: '192.168.7.13' },
];
const lines = ['192.168.7.11,x-k3s-m-1', '192.168.7.12,x-k3s-m-2', '192.168.7.13,x-k3s-m-3'];
const seed = `主机IP,主机名\n${lines.join('\n')}\n`;

const accepted: readonly (readonly [string, string])[] = [
  ["the seed's own list, with its Chinese header", seed],
  ['no header', lines.join('\n')],
  [
    'another order of columns',
    'Host,IPv4 address\nx-k3s-m-1,192.168.7.11\nx-k3s-m-2,192.168.7.12\nx-k3s-m-3,192.168.7.13',
  ],
  ['a byte order mark', `\ufeff${seed}`],
  ['CRLF', seed.replaceAll('\n', '\r\n')],
  ['CR alone', seed.replaceAll('\n', '\r')],
  ['semicolons', seed.replaceAll(',', ';')],
  ['tabs', seed.replaceAll(',', '\t')],
  ['full-width commas', seed.replaceAll(',', '，')],
  ['blank lines, comments and rows of commas', `\n# the pi stack, rack 1\n${seed}\n  \n,,\n`],
  ['surrounding spaces', lines.map((line) => `  ${line.replace(',', '  ,  ')}  `).join('\n')],
  ['quoted fields', lines.map((line) => `"${line.replace(',', '","')}"`).join('\n')],
  ['an empty third column', lines.map((line) => `${line},`).join('\n')],
  ['a header with digits', seed.replace('主机IP,主机名', 'IPv4,Name')],
  ['a header with a colon', seed.replace('主机IP,主机名', 'IP:,Name:')],
];

for (const [what, file] of accepted) {
  t.test(`read without a warning: ${what}`, async (t) => {
    t.strictSame(readHosts(file), { hosts: three, warnings: [] });
  });
}

t.test('bytes are read as text is', async (t) => {
  t.strictSame(readHosts(Buffer.from(seed)), readHosts(seed));
});

t.test('the order of the file is kept, since the first founds the cluster', async (t) => {
  t.equal(readHosts([...lines].reverse().join('\n')).hosts[0]?.name, 'x-k3s-m-3');
});

t.test('IPv6 addresses are put in their one spelling', async (t) => {
  t.strictSame(
    readHosts('FD00:0:0::1,a\nfd00::2,b\nfd00::3,c').hosts.map(({ address }) => address),
    ['fd00::1', 'fd00::2', 'fd00::3'],
  );
});

t.test('loopback addresses are taken where they are allowed', async (t) => {
  t.equal(readHosts('127.0.0.11,a\n127.0.0.12,b\n127.0.0.13,c', { allowLoopback: true }).hosts.length, 3);
});

const host = (n: number) => `10.0.0.${n},h${n}`;
const hosts = (count: number) => Array.from({ length: count }, (_, n) => host(n + 1)).join('\n');

const warned: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'upper case',
    `${lines.join('\n').replace('x-k3s-m-2', 'X-K3S-M-2')}`,
    ['Line 2: the name "X-K3S-M-2" was read in lower case, as "x-k3s-m-2".'],
  ],
  [
    'further columns',
    'ip,name,rack\n10.0.0.1,a,r1\n10.0.0.2,b,r1\n10.0.0.3,c,r2',
    ['Column 3 is ignored: only the address and the name are read.'],
  ],
  [
    'nine hosts',
    hosts(9),
    ['9 hosts are slower than 7, because every write waits for a majority of them: use 3, 5 or 7.'],
  ],
  [
    'a header that says nothing',
    `kiosk,alpha\n${lines.join('\n')}`,
    ['Line 1 ("kiosk", "alpha") was read as a header; if it is a host, give its address.'],
  ],
];

for (const [what, file, warnings] of warned) {
  t.test(`read with a warning: ${what}`, async (t) => {
    t.strictSame(readHosts(file).warnings, warnings);
  });
}

t.test('seven hosts are read without a warning', async (t) => {
  t.strictSame(readHosts(hosts(7)).warnings, []);
});

t.test('fifty hosts are read', async (t) => {
  t.equal(readHosts(hosts(50)).hosts.length, 50);
});

const form = 'write each host as ADDRESS,NAME, as in 192.168.7.11,x-k3s-m-1';
const refused: readonly (readonly [string, string, string])[] = [
  ['an empty file', '', `it lists no hosts; ${form}`],
  ['comments alone', '# nothing\n\n', `it lists no hosts; ${form}`],
  ['a header alone', '主机IP,主机名\n', `no column has IP addresses (line 1: "主机IP", "主机名"); ${form}`],
  ['names alone', 'a\nb\nc\n', `no column has IP addresses (line 1: "a"); ${form}`],
  ['addresses alone', '10.0.0.1\n10.0.0.2\n', `the list has addresses but no names (line 1: "10.0.0.1"); ${form}`],
  [
    'spaces for commas',
    '10.0.0.1 a\n10.0.0.2 b\n',
    `the list has addresses but no names (line 1: "10.0.0.1 a"); ${form}`,
  ],
  [
    'two columns of addresses',
    '10.0.0.1,a,172.16.0.1\n10.0.0.2,b,172.16.0.2',
    'columns 1 and 3 all have addresses; keep the column with the addresses at which the members reach each other',
  ],
  ['two columns of names', '10.0.0.1,a,b\n10.0.0.2,c,d', 'columns 2 and 3 could each be the name; keep one of them'],
  [
    'a quote that does not close',
    `${host(1)}\n10.0.0.2,"b`,
    'line 2: the quotes do not pair in "10.0.0.2,\\"b"; put a field in two double quotes or none',
  ],
  [
    'a quote within a field',
    `${host(1)}\n10.0.0.2,b"c`,
    'line 2: the quotes do not pair in "10.0.0.2,b\\"c"; put a field in two double quotes or none',
  ],
  [
    'a name where an address belongs',
    `${host(1)}\n\nx-k3s-m-2,h2`,
    'line 3: "x-k3s-m-2" is not an IP address; give the address of the host, as in 192.168.7.11',
  ],
  [
    'a name where an address belongs, on the first line',
    `pi1.lan,h1\n${host(2)}`,
    'line 1: "pi1.lan" is not an IP address; give the address of the host, as in 192.168.7.11',
  ],
  [
    'a mistyped address on the first line',
    `10.0.0.300,h1\n${host(2)}`,
    'line 1: "10.0.0.300" is not an IPv4 address; each part is a number from 0 to 255 without leading zeros',
  ],
  [
    'a mistyped address as the only one',
    'ip,name\n10.0.0.300,h1',
    'line 2: "10.0.0.300" is not an IPv4 address; each part is a number from 0 to 255 without leading zeros',
  ],
  [
    'an address where a name belongs',
    `10.0.0.1,10.0.0.2\n${host(3)}\n${host(4)}`,
    'line 1: "10.0.0.2" is an address in the place of the name of 10.0.0.1; give its host name',
  ],
  ['no address', `${host(1)}\n,h2`, 'line 2: the address is empty; give the IP address of the host'],
  ['no name', `${host(1)}\n10.0.0.2,`, 'line 2: the name is empty; give one'],
  ['one field of two', `${host(1)}\n10.0.0.2`, 'line 2: the name is empty; give one'],
  [
    'an invalid name',
    `${host(1)}\n10.0.0.2,a_b`,
    'line 2: "a_b" is not a host name; use lower-case letters, digits and hyphens, with a letter or digit at both ends',
  ],
  [
    'a fully-qualified name',
    `${host(1)}\n10.0.0.2,pi.edge.huatai.me`,
    'line 2: "pi.edge.huatai.me" is a fully-qualified name; write "pi" here and give the domain once, with --domain edge.huatai.me',
  ],
  [
    'a name twice',
    `${host(1)}\n${host(2)}\n10.0.0.3,H1`,
    'line 3: the name "h1" is already on line 1; give each host its own',
  ],
  [
    'an address twice',
    `# pis\n${host(1)}\n10.0.0.1,h2`,
    'line 3: the address "10.0.0.1" is already on line 2; give each host its own',
  ],
  [
    'an IPv6 address twice, spelt in two ways',
    'fd00::1,a\nFD00:0::1,b',
    'line 2: the address "fd00::1" is already on line 1; give each host its own',
  ],
  [
    'a loopback address',
    `${host(1)}\n127.0.0.1,h2`,
    'line 2: 127.0.0.1 cannot be the address of a member: it is a loopback address, which other hosts cannot reach; give the address of a network interface (all on one machine, as a trial: --allow-loopback)',
  ],
  ['a zone', `${host(1)}\nfe80::1%eth0,h2`, 'line 2: "fe80::1%eth0" has a zone; give an address that needs none'],
  [
    'IPv4 dressed as IPv6',
    `${host(1)}\n::ffff:10.0.0.2,h2`,
    'line 2: "::ffff:10.0.0.2" is an IPv4 address written as IPv6; write 10.0.0.2',
  ],
  [
    'fifty-one hosts',
    hosts(51),
    'it lists 51 hosts, but each member takes part in every write; list at most 50, better 3 or 5',
  ],
];

for (const [what, file, problem] of refused) {
  t.test(`refused in words: ${what}`, async (t) => {
    t.throws(() => readHosts(file), { code: 'hosts_file_invalid', details: { problems: problem } });
  });
}

t.test('every wrong line is reported at once', async (t) => {
  const problems =
    '\n- line 2: "10.0.0.999" is not an IPv4 address; each part is a number from 0 to 255 without leading zeros' +
    '\n- line 3: "h_3" is not a host name; use lower-case letters, digits and hyphens, with a letter or digit at both ends';
  t.strictSame(
    refusalOf(() => readHosts(`${host(1)}\n10.0.0.999,h2\n10.0.0.3,h_3`)),
    { code: 'hosts_file_invalid', facts: { problems } },
  );
});

t.test('any file is read or refused in words', async () => {
  const cell = fc.constantFrom('10.0.0.1', 'fd00::1', 'a', 'B', '', '"', '#', '主机', '10.0.0', 'a.b', ' ');
  const written = fc
    .array(fc.tuple(cell, fc.constantFrom(',', ';', '\t', '\n', '\r\n', '，'), cell))
    .map((parts) => parts.flat().join(''));
  fc.assert(
    fc.property(fc.oneof(written, fc.uint8Array({ maxLength: 200 })), (file) => {
      try {
        readHosts(file);
      } catch (error) {
        if (!(error instanceof PicketError)) throw error;
      }
    }),
  );
});
