import { cp, writeFile } from 'node:fs/promises';
import t from 'tap';
import { howTo, same } from '../docs/how-to.ts';
import { builtFor } from '../support/distribution.ts';
import { until } from '../support/until.ts';
import { etcdPid } from './installing.ts';
import { labNeeded } from './lab-needed.ts';
import { labOf } from './lab-of-test.ts';
import { cluster, domain, serviceName } from './names.ts';

const log = '/var/log/picket-coordinator/coordinator.log';
const within = 60_000;

// What a board of the lab lacks of Alpine: apk, and the applets of busybox that make users.
const stands = `
  apk() { test "$*" = 'add nodejs'; }
  addgroup() { echo picket:x:460: >> /etc/group; }
  adduser() { echo picket:x:460:460::/:/sbin/nologin >> /etc/passwd; }
`;

t.test('the coordinator as a service of OpenRC, on one of the boards', labNeeded, async (t) => {
  const [lab, built] = await Promise.all([labOf(t), builtFor(t)]);
  const host = lab.host('x-k3s-m-1');
  const page = await howTo('install-the-coordinator');
  await host.boot();
  await cp(built, host.seen('/root/dist'), { recursive: true });
  await host.must(`set -e; cd /root/dist; ${stands} ${page.scriptBelow('## On Alpine (OpenRC)')}`);
  const picket = (...args: string[]) => host.must(['picket', ...args]);
  const answers = () => until('the coordinator answers', () => picket('cluster', 'list'), { within });
  const processes = async () =>
    (await host.processes()).filter(({ command }) => /node .*picket-coordinator\.cjs/.test(command));
  const onlyProcess = async () => {
    const [one, ...others] = await processes();
    if (one === undefined || others.length > 0) throw new Error('not one coordinator runs');
    return one;
  };

  await t.test('before init it says what to do', async (t) => {
    const { code, stdout, stderr } = await host.run('rc-service picket-coordinator start');
    t.not(code, 0);
    t.match(stdout + stderr, /run picket-coordinator init first/);
  });

  same(t, page.blockWith('pin of the control CA'), await host.must(`picket-coordinator init --host ${host.address}`));
  await host.must('rc-update add picket-coordinator default && rc-service picket-coordinator start');
  await answers();
  same(t, page.below('picket cluster list'), await picket('cluster', 'list'));

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
