import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import t from 'tap';
import { unpackDebianPrograms } from '../../../../test/support/debian-packages.ts';
import { freePort } from '../../../../test/support/ports.ts';
import { until } from '../../../../test/support/until.ts';
import { dnsFormats, dnsLines } from '../../src/render/dns.ts';
import { cluster } from '../support/views.ts';

const { spec } = cluster;

t.test('lines for dnsmasq and for /etc/hosts, each under a heading', (t) => {
  t.equal(
    dnsLines({ ...spec, members: spec.members.slice(0, 2) }, dnsFormats),
    `\
# dnsmasq: put this into a file in /etc/dnsmasq.d on your DNS server, then restart dnsmasq
# The members of x-k3s
host-record=x-k3s-m-1.edge.huatai.me,x-k3s-m-1,192.168.7.11
host-record=x-k3s-m-2.edge.huatai.me,x-k3s-m-2,192.168.7.12
# Names for all members together
host-record=etcd.edge.huatai.me,192.168.7.11
host-record=etcd.edge.huatai.me,192.168.7.12

# Without DNS: add this to /etc/hosts on every machine that uses the names
# The members of x-k3s
192.168.7.11 x-k3s-m-1.edge.huatai.me x-k3s-m-1
192.168.7.12 x-k3s-m-2.edge.huatai.me x-k3s-m-2
# Names for all members together
192.168.7.11 etcd.edge.huatai.me
192.168.7.12 etcd.edge.huatai.me`,
  );
  t.end();
});

t.test('a cluster without a shared name has its members alone; a VIP is named', (t) => {
  const [first] = spec.members;
  const one = { ...spec, members: first === undefined ? [] : [first] };
  t.match(dnsLines({ ...one, serviceNames: [] }, ['hosts']), /# The members of x-k3s\n192\.168\.7\.11 \S+ x-k3s-m-1$/);
  t.match(
    dnsLines({ ...one, vips: ['192.168.7.10'] }, ['hosts']),
    /\n# 192\.168\.7\.10 \(a VIP of the cluster\) can replace these addresses\.\n192\.168\.7\.11 etcd\.edge/,
  );
  t.end();
});

t.test('dnsmasq itself leads each name where it should', async (t) => {
  const programs = {
    name: 'dnsmasq',
    packages: ['dnsmasq-base'],
    executables: ['../sbin/dnsmasq'],
    dependencies: true,
  };
  const folder = await unpackDebianPrograms(programs, { env: process.env, say: (line) => t.comment(line) });
  if (folder === undefined) throw new Error('dnsmasq is taken from Debian’s packages, and there is no apt here.');
  const port = await freePort('127.0.0.1');
  const configFile = join(t.testdir({ 'picket.conf': `${dnsLines(spec, ['dnsmasq'])}\n` }), 'picket.conf');
  const dnsmasq = startDnsmasq(folder, configFile, port);
  t.teardown(() => dnsmasq.kill());
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  await until('dnsmasq answers', () => resolver.resolve4('x-k3s-m-1').then(Boolean, () => false), {
    within: 20_000,
    every: 50,
  });

  const addresses = spec.members.map(({ address }) => address);
  t.same((await resolver.resolve4('etcd.edge.huatai.me')).sort(), addresses, 'the shared name leads to every member');
  t.same(await resolver.resolve4('x-k3s-m-2'), ['192.168.7.12']);
  t.same(await resolver.resolve4('x-k3s-m-2.edge.huatai.me'), ['192.168.7.12']);
  t.same(await resolver.reverse('192.168.7.13'), ['x-k3s-m-3.edge.huatai.me'], 'an address is its member’s');
});

/** In the foreground, with no file but ours, as the user who runs the test. */
function startDnsmasq(folder: string, configFile: string, port: number): ChildProcess {
  const args = [`--conf-file=${configFile}`, `--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces'];
  args.push('--keep-in-foreground', '--no-resolv', '--no-hosts', '--pid-file=', '--user=', '--log-facility=-');
  const libraries = join(folder, '../lib', `${{ arm64: 'aarch64', x64: 'x86_64' }[process.arch as string]}-linux-gnu`);
  return spawn(join(folder, '../sbin/dnsmasq'), args, { env: { LD_LIBRARY_PATH: libraries }, stdio: 'ignore' });
}
