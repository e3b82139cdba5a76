import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import t from 'tap';
import { howTo, same } from '../docs/how-to.ts';
import { unlike } from '../docs/shown-output.ts';
import { bareLine, lineOf } from '../lab/installing.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { labOf } from '../lab/lab-of-test.ts';
import { domain, hostsFile, serviceName } from '../lab/names.ts';
import type { Finished } from '../support/children.ts';
import { until } from '../support/until.ts';

const within = 120_000;
const kept = '/var/lib/picket/installer/install.sh';

const said = ({ stdout, stderr }: Finished) => stdout + stderr;

t.test('the commands of the how-tos do what the pages show', labNeeded, async (t) => {
  const lab = await labOf(t, { blank: true });
  const [first, second, third] = lab.hosts as [LabHost, LabHost, LabHost];
  const picket = async (command: string) => said(await lab.picket(...command.split(' ').slice(1)));
  const names = ['--domain', domain, '--service-name', serviceName];
  const timing = ['--heartbeat-ms', '500', '--election-ms', '2500'];
  await lab.picket('cluster', 'create', 'x-k3s', '--hosts', hostsFile, ...names, ...timing);
  await Promise.all(lab.hosts.map((host) => host.boot()));

  await t.test('install a node', async (t) => {
    const page = await howTo('install-a-node');
    const create = 'picket token create x-k3s --uses 3';
    same(t, page.below(create), await picket(create));
    const line = await lineOf(lab, '--uses', '3');
    same(t, page.blockWith('would install'), said(await first.run(line.replace('sh "$f"', 'sh "$f" --dry-run'))));
    await first.must(line);
    same(t, page.blockWith('✓ x-k3s-m-2 follows as a learner'), await second.must(line));
    // How fast the disk is, is this machine's matter.
    const shown = page.blockWith('✓ x-k3s-m-3 is a voter').filter((text) => !text.startsWith('✓ disk: '));
    same(t, shown, await third.must(line));
    await lab.healthy(within);
    same(t, page.blockWith('Cluster x-k3s: healthy'), await picket('picket status x-k3s'));
  });

  await t.test('use etcdctl', async (t) => {
    const page = await howTo('use-etcdctl');
    for (const command of ['etcdctl member list', 'etcdctl endpoint health --cluster']) {
      const told = said(await first.run(`. /etc/profile.d/etcdctl.sh; ${command}`));
      // In the order of their IDs, or of their answers.
      for (const line of page.below(command)) same(t, [line], told);
    }
    const told = await first.must('. /etc/profile.d/etcdctl.sh; env');
    for (const line of page.blockWith('ETCDCTL_ENDPOINTS')) same(t, [line], told);
    const curl =
      'curl --cacert /etc/etcd/ca.pem --cert /etc/etcd/client.pem --key /etc/etcd/client-key.pem https://192.168.7.11:2379/health';
    same(t, page.below(curl), (await first.run(curl)).stdout);
    const refused = await first.run('. /etc/profile.d/etcdctl.sh; etcdctl --endpoints https://192.168.7.12:2379 get a');
    t.match(said(refused), 'conflicting environment variable is shadowed by corresponding command-line flag');
  });

  await t.test('connect k3s, and name the cluster in DNS', async (t) => {
    const k3s = 'picket cluster k3s x-k3s';
    same(t, (await howTo('connect-k3s')).below(k3s), await picket(k3s));
    const dns = await howTo('name-the-cluster-in-dns');
    const hosts = 'picket cluster dns x-k3s --format hosts';
    same(t, dns.below(hosts), await picket(hosts));
    same(t, dns.blockWith('host-record='), await picket('picket cluster dns x-k3s --format dnsmasq'));
  });

  await t.test('change settings', async (t) => {
    const page = await howTo('change-settings');
    const set = 'picket cluster set x-k3s heartbeatIntervalMs=250';
    same(t, page.below(set), await picket(set));
    const settled = page.blockWith('all members have revision 2 of the settings');
    const events = () => picket('picket events x-k3s');
    await until('the rollout is over', async () => unlike(settled, await events()) === undefined, { within });
    const file = join(lab.folder, 'x-k3s.yml');
    const exported = await picket('picket cluster export x-k3s');
    await writeFile(file, exported.replace('vips: []', 'vips: [192.168.7.10]'));
    for (const command of ['picket cluster diff x-k3s --file x-k3s.yml', 'picket cluster apply --file x-k3s.yml'])
      same(t, page.below(command), await picket(command.replace('x-k3s.yml', file)));
    t.match(await picket(`picket cluster apply --file ${file}`), 'already has these settings, at revision 3');
    await writeFile(file, exported.replace('vips: []', 'vips: [192.168.7.9]'));
    t.match(await picket(`picket cluster apply --file ${file}`), 'your change was made against revision 2');
    const revert = 'picket cluster revert x-k3s 1';
    same(t, page.below(revert), await picket(revert));
  });

  await t.test('correct a declaration', async (t) => {
    const page = await howTo('correct-a-declaration');
    const hosts = join(lab.folder, 'y-k3s.csv');
    await writeFile(hosts, 'ip,name\n192.168.7.21,y-k3s-m-1\n192.168.7.22,y-k3s-m-2\n192.168.7.31,y-k3s-m-3\n');
    await picket(`picket cluster create y-k3s --hosts ${hosts} --domain ${domain}`);
    const file = join(lab.folder, 'y-k3s.yml');
    const exported = await picket('picket cluster export y-k3s');
    await writeFile(file, exported.replace('192.168.7.31', '192.168.7.13'));
    const apply = 'picket cluster apply --file y-k3s.yml';
    same(t, page.below(apply), await picket(apply.replace('y-k3s.yml', file)));
    const founded = (await picket('picket cluster export x-k3s')).replace(`domain: ${domain}`, 'domain: other.example');
    await writeFile(file, founded);
    same(t, page.blockWith('cannot become other.example'), await picket(`picket cluster apply --file ${file}`));
  });

  await t.test('upgrade the agents', async (t) => {
    const page = await howTo('upgrade-the-agents');
    await second.must('echo "// as an older one" >> /usr/lib/picket/picket-agent.cjs');
    const line = await bareLine(lab, '--upgrade');
    same(t, page.blockWith('replaced the agent'), await second.must(line));
    same(t, page.blockWith('the agent is already version'), await second.must(line));
  });

  await t.test('see who did what', async (t) => {
    const page = await howTo('see-who-did-what');
    // How many entries there are differs.
    const [, ...shown] = page.below('picket audit verify');
    same(t, shown, await picket('picket audit verify'));
    t.match(await picket('picket audit list --limit 1000'), /POST \/v1\/clusters +- +done +name=x-k3s/);
  });

  await t.test('remove Picket from a node', async (t) => {
    const page = await howTo('remove-picket-from-a-node');
    for (const options of ['--uninstall --dry-run', '--uninstall', '--purge --yes']) {
      const command = `sh ${kept} ${options}`;
      same(t, page.below(command), await third.must(command));
    }
  });

  await t.test('connect a client, and remove it', async (t) => {
    const page = await howTo('connect-a-client');
    const create = 'picket token create x-k3s --client';
    same(t, page.below(create), await picket(create));
    const line = (await lineOf(lab, '--client')).replace('--client', '--client --name k3s-1');
    same(t, page.blockWith('This machine is now the client k3s-1'), await third.must(line));
    const row = page.blockWith('CLIENT ');
    await until('its report has come', async () => unlike(row, await picket('picket status x-k3s')) === undefined, {
      within,
    });
    const nodes: { items: NodeView[] } = JSON.parse(await picket('picket node list x-k3s --output json'));
    const id = nodes.items.find(({ client }) => client === 'k3s-1')?.id;
    await third.must(`sh ${kept} --purge --yes`);
    same(t, page.below(/^picket node evict /), await picket(`picket node evict ${id} --yes`));
  });

  await t.test('a machine that already has an etcd', async (t) => {
    const page = await howTo('install-a-node');
    const line = await lineOf(lab);
    await third.must('mkdir -p /var/lib/etcd/member');
    const { code, stdout, stderr } = await third.run(line);
    t.equal(code, 1);
    same(t, page.blockWith('this machine has an etcd already'), stdout + stderr);
  });
});
