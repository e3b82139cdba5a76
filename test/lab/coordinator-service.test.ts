import { cp, writeFile } from 'node:fs/promises';
import t from 'tap';
import { howTo, pageOf, same } from '../docs/how-to.ts';
import { builtFor } from '../support/distribution.ts';
import { until } from '../support/until.ts';
import { etcdPid, filesOf } from './installing.ts';
import { labNeeded } from './lab-needed.ts';
import { labOf } from './lab-of-test.ts';
import { cluster, domain, serviceName } from './names.ts';

const log = '/var/log/picket-coordinator/coordinator.log';
const within = 60_000;

t.test('the coordinator as a service of OpenRC, on one of the boards', labNeeded, async (t) => {
  const [lab, built] = await Promise.all([labOf(t), builtFor(t)]);
  const host = lab.host('x-k3s-m-1');
  const page = await howTo('install-the-coordinator');
  await host.boot();
  await cp(built, host.seen('/root/dist'), { recursive: true });
  const picket = (...args: string[]) => host.must(['picket', ...args]);
  const answers = () => until('the coordinator answers', () => picket('cluster', 'list'), { within });
  const processes = async () =>
    (await host.processes()).filter(({ command }) => /node .*picket-coordinator\.cjs/.test(command));
  const onlyProcess = async () => {
    const [one, ...others] = await processes();
    if (one === undefined || others.length > 0) throw new Error('not one coordinator runs');
    return one;
  };

  const install = (...args: string[]) => host.run(['node', '/root/dist/picket-coordinator.cjs', 'install', ...args]);

  await t.test('nothing is changed by a dry run, nor without a yes', async (t) => {
    const before = await filesOf(host);
    const dry = await install('--dry-run');
    t.equal(dry.code, 0, dry.stderr);
    t.match(dry.stdout, `reach it at https://${host.address}:7443 (the address of this machine`);
    t.match(dry.stdout, /Nothing was changed\.\n$/);
    const unasked = await install();
    t.not(unasked.code, 0);
    t.match(unasked.stderr, /give --yes/);
    t.strictSame(await filesOf(host), before);
  });

  const installed = await install('--backup', '/mnt/usb/picket', '--yes');
  t.equal(installed.code, 0, installed.stderr);
  const asks = /^(?:Continue\?|A folder on another disk)/;
  const answered = page.below('node picket-coordinator.cjs install').filter((line) => !asks.test(line));
  same(t, answered, installed.stdout);
  const tutorial = await pageOf('docs/tutorial.md');
  // There it is a machine with systemd and another address, and a person who answers.
  const shown = tutorial
    .below(/ dist\/picket-coordinator\.cjs install$/)
    .filter((line) => !asks.test(line))
    .map((line) => line.replace('systemd', 'OpenRC').replace('192.168.7.10', host.address));
  same(t, shown, installed.stdout);
  same(t, page.below('picket cluster list'), await picket('cluster', 'list'));

  await t.test('it has made a first backup of itself, which belongs to it alone', async (t) => {
    const [name = ''] = await until('a backup is there', async () => {
      const names = (await host.must('ls /mnt/usb/picket')).split('\n').filter((one) => one.endsWith('.tar.gz'));
      return names.length > 0 && names;
    });
    const path = `/mnt/usb/picket/${name}`;
    t.equal(await host.must(['stat', '-c', '%a %U:%G', path]), '600 picket:picket');
    t.match(await picket('backups'), /^\/mnt\/usb\/picket +\d+s ago +1 +works$/m);
  });

  await t.test('the same command again changes nothing and says so', async (t) => {
    const before = (await onlyProcess()).pid;
    const again = await install('--yes');
    t.equal(again.stdout, `The coordinator is a service already, and serves at https://${host.address}:7443.\n`);
    t.equal((await onlyProcess()).pid, before);
  });

  await t.test('it runs as its own user, which owns its data alone', async (t) => {
    const { pid, user, command } = await onlyProcess();
    t.equal(user, 'picket');
    t.match(command, /--max-old-space-size=256 /);
    t.match(await host.must(`cat /proc/${pid}/status`), /^NoNewPrivs:\t1$/m);
    const files = [
      '700 picket:picket /var/lib/picket-coordinator',
      '600 picket:picket /var/lib/picket-coordinator/inventory.sqlite',
      '600 picket:picket /etc/picket/ca-passphrase',
      '755 root:root /etc/picket',
      `640 picket:picket ${log}`,
    ];
    const paths = files.map((line) => line.split(' ')[2] as string);
    t.same((await host.must(['stat', '-c', '%a %U:%G %n', ...paths])).split('\n'), files);
  });

  await t.test('a crash is followed by a start', async () => {
    const { pid } = await onlyProcess();
    await host.must(`kill -KILL ${pid}`);
    await until('another one runs', async () => (await onlyProcess()).pid !== pid, { within });
    await answers();
  });

  await t.test('its log is kept small, with one old file', async (t) => {
    await host.must(`rc-service picket-coordinator stop && head -c 8192 /dev/zero | tr '\\0' x >> ${log}`);
    await host.must(`echo 'of root' > /root/victim && chmod 755 /root && ln -s /root/victim ${log}.1`);
    await host.must(
      'echo coordinator_log_kib=4 >> /etc/conf.d/picket-coordinator && rc-service picket-coordinator start',
    );
    await answers();
    t.match(await host.must(`cat ${log}.1`), /the coordinator serves.*xxxx/s);
    t.notMatch(await host.must(`cat ${log}`), /xxxx/);
    t.equal(await host.must('cat /root/victim'), 'of root', 'root follows no link that its user lays');
    t.equal(await host.must(`stat -c %U ${log}.1`), 'picket');
  });

  await t.test('R10: a member beside it goes on without its agent and without it', async (t) => {
    await writeFile(host.seen('/root/hosts.csv'), `ip,name\n${host.address},${host.name}\n`);
    const names = ['--domain', domain, '--service-name', serviceName];
    const timing = ['--heartbeat-ms', '100', '--election-ms', '1000'];
    await picket('cluster', 'create', cluster, '--hosts', '/root/hosts.csv', ...names, ...timing);
    const env = { PICKET_JOIN: await picket('token', 'create', cluster, '--quiet') };
    await host.must(['picket-agent', 'join', '--coordinator', `https://${host.address}:7443`], { env });
    await host.startAgent();
    await until('the cluster is healthy', async () => (await picket('status', cluster)).includes(': healthy'), {
      within,
      every: 1000,
    });

    const before = await etcdPid(host);
    t.type(before, 'number');
    await host.must('rc-service picket-agent stop && rc-service picket-coordinator stop');
    t.same(await processes(), []);
    const operators = await howTo('manage-operators');
    const add = operators
      .line(/su -s .* --role ROLE .*'/)
      .replaceAll('NAME', 'ada')
      .replace('ROLE', 'operator');
    same(t, operators.blockWith('operator ada: role operator'), await host.must(add));
    const list = "su -s /bin/sh picket -c 'picket-coordinator operators'";
    same(t, operators.below(list), await host.must(list));
    t.equal(await etcdPid(host), before);
    t.equal((await host.etcdctl('endpoint', 'health')).code, 0);
  });
});
