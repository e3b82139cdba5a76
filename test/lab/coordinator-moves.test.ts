import { appendFile, cp } from 'node:fs/promises';
import t from 'tap';
import { builtFor } from '../support/distribution.ts';
import { until } from '../support/until.ts';
import { filesOf } from './installing.ts';
import { labNeeded } from './lab-needed.ts';
import { labOf } from './lab-of-test.ts';

const within = 60_000;
const former = '/home/ada/picket';
// A user, her folder, and how root finds out that she asked with sudo.
const ada = `
  echo ada:x:1000:1000::/home/ada:/bin/sh >>/etc/passwd && echo ada:x:1000: >>/etc/group
  mkdir -p /home/ada && chown 1000:1000 /home/ada && chmod 755 /root
`;

t.test(
  'a coordinator that init made in a home folder becomes the service, is updated and goes',
  labNeeded,
  async (t) => {
    const [lab, built] = await Promise.all([labOf(t), builtFor(t)]);
    const host = lab.host('x-k3s-m-1');
    await host.boot();
    await cp(built, host.seen('/root/dist'), { recursive: true });
    await host.must(ada);
    const untouched = await filesOf(host);
    const program = 'node /root/dist/picket-coordinator.cjs';
    const env = { SUDO_USER: 'ada' };
    const asAda = (command: string) => host.must(`su -s /bin/sh ada -c '${command}'`);
    const picket = (args: string) => asAda(`node /root/dist/picket.cjs ${args}`);
    await asAda(`${program} init --host ${host.address} --config ${former}/coordinator.yml --data-dir ${former}/data`);
    await asAda(`echo "# of ada" >>${former}/coordinator.yml`);
    const serving = `su -s /bin/sh ada -c '${program} serve --config ${former}/coordinator.yml >${former}/log 2>&1 &'`;
    await host.must(serving);
    await until('the former one answers', () => picket('cluster list'), { within });
    await asAda(`printf "ip,name\\n${host.address},${host.name}\\n" >/home/ada/hosts.csv`);
    await picket('cluster create x-k3s --hosts /home/ada/hosts.csv --domain edge.huatai.me');
    const takeOver = `${program} install --yes --take-over ${former}/coordinator.yml`;

    await t.test('not while it runs', async (t) => {
      const { code, stderr } = await host.run(takeOver, { env });
      t.equal(code, 1);
      t.match(stderr, 'inventory_locked');
      t.match(await picket('cluster list'), 'x-k3s', 'it runs on');
      t.not((await host.run('test -e /usr/bin/picket-coordinator')).code, 0, 'nothing was installed');
    });

    for (const { pid, command } of await host.processes())
      if (command.includes(' serve --config ')) await host.must(`kill ${pid}`);
    await until(
      'it has ended',
      async () => (await host.run(`test -e ${former}/data/inventory.sqlite-wal`)).code !== 0,
      { within },
    );
    const { code, stderr } = await host.run(takeOver, { env });

    t.equal(code, 0, stderr);

    await t.test('its clusters, its keys and its operators are those of the service', async (t) => {
      t.match(await picket('cluster list'), 'x-k3s');
      t.match(await host.must('cat /etc/picket/coordinator.yml'), '# of ada');
      t.equal(await host.must('stat -c %U /var/lib/picket-coordinator/inventory.sqlite'), 'picket');
    });

    await t.test('the former place cannot be served any more, and nothing of it is lost', async (t) => {
      const again = await host.run(`su -s /bin/sh ada -c '${program} serve --config ${former}/coordinator.yml'`);
      t.match(again.stderr, 'not_initialised');
      t.ok(await host.must(`ls ${former}/data.taken-over/inventory.sqlite`));
    });

    await t.test('other programs replace those of the service, which runs them', async (t) => {
      await appendFile(host.seen('/root/dist/picket-coordinator.cjs'), '\n// Another build.\n');
      const updated = await host.must(`${program} install --yes`);
      t.match(updated, 'replaced /usr/lib/picket');
      t.match(updated, 'restarted the service');
      t.match(await picket('cluster list'), 'x-k3s');
    });

    await t.test('uninstall keeps the keys, the data, and the agent', async (t) => {
      await host.must(`${program} uninstall --yes`);
      t.same(
        await host.must('ls /usr/lib/picket /etc/init.d/picket-coordinator 2>/dev/null || true'),
        '/usr/lib/picket:\npicket-agent.cjs',
      );
      await host.must(`${program} install --yes`);
      t.match(await picket('cluster list'), 'x-k3s');
    });

    await t.test('a purge wants the name of the coordinator, and then leaves nothing', async (t) => {
      const refused = await host.run(`${program} uninstall --purge --confirm 192.168.7.99`);
      t.match([refused.code, refused.stderr], [2, /--confirm "192\.168\.7\.99" is not [\s\S]*usage_invalid/]);
      t.match(await picket('cluster list'), 'x-k3s');
      await host.must(`${program} uninstall --purge --confirm ${host.address}`);
      const left = (await filesOf(host)).filter((file) => !untouched.includes(file) && !file.includes('/home/ada'));
      t.strictSame(left, []);
    });
  },
);
