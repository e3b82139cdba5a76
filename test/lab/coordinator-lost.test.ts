import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { howTo } from '../docs/how-to.ts';
import { builtFor } from '../support/distribution.ts';
import { until } from '../support/until.ts';
import { etcdPid } from './installing.ts';
import { labNeeded } from './lab-needed.ts';
import { labOf } from './lab-of-test.ts';
import { cluster, domain } from './names.ts';

const within = 60_000;
const copies = '/var/lib/picket/coordinator-backups';
const key = '/root/picket-backup.key';
const passphrase = '/etc/picket/ca-passphrase';

t.test(
  'a coordinator whose machine is dead comes back from a board’s copy, at another address',
  labNeeded,
  async (t) => {
    const [lab, built] = await Promise.all([labOf(t), builtFor(t)]);
    const [first, member, second] = [lab.host('x-k3s-m-1'), lab.host('x-k3s-m-2'), lab.host('x-k3s-m-3')];
    const program = 'node /root/dist/picket-coordinator.cjs';
    for (const host of [first, member, second]) await host.boot();
    for (const host of [first, second]) await cp(built, host.seen('/root/dist'), { recursive: true });
    await first.must(`${program} install --yes`);
    await first.must(`printf "ip,name\\n${member.address},${member.name}\\n" >/root/hosts.csv`);
    await first.must(`picket cluster create ${cluster} --hosts /root/hosts.csv --domain ${domain}`);
    const env = { PICKET_JOIN: await first.must(`picket token create ${cluster} --quiet`) };
    const joined = await member.run(`picket-agent join --coordinator https://${first.address}:7443`, { env });
    t.equal(joined.code, 0, joined.stderr);
    await member.startAgent();
    const healthyBy = (host: typeof first) =>
      until('the cluster is healthy', async () => (await host.must(`picket status ${cluster}`)).includes(': healthy'), {
        within,
        every: 1000,
      });
    await healthyBy(first);
    const etcd = await etcdPid(member);
    const [recipient] = /age1[0-9a-z]+/.exec(await first.must(`picket-coordinator backup key ${key}`)) ?? [];
    const backup = `backup: { recipients: [${recipient}], targets: [{ boards: 1 }] }`;
    await first.must(`echo '${backup}' >>/etc/picket/coordinator.yml && rc-service picket-coordinator restart`);
    await until('the board has a copy', () => first.must(`picket backups | grep -F '1 of 1 have it: ${member.name}'`), {
      within: 150_000,
      every: 1000,
    });

    await first.powerOff();
    await second.must('mkdir -p /root/usb /etc/picket');
    const name = await member.must(`ls ${copies}`);
    await cp(member.seen(join(copies, name)), second.seen(`/root/usb/${name}`));
    await cp(first.written(key), second.seen(key));
    await cp(first.written(passphrase), second.seen(passphrase));
    await second.must(`chown 0:0 ${passphrase} ${key} && chmod 600 ${passphrase} ${key}`);
    const url = `https://${second.address}:7443`;

    const restored = await second.must(
      `${program} restore /root/usb/${name} --identity ${key} --host ${second.address}`,
    );
    const page = await howTo('restore-the-coordinator');
    const [known = '', command = ''] = page.blockWith('its nodes know it as');
    t.ok(restored.includes(`${known}\n${command}\n`), restored);
    const line = command.trim();
    const makesContext = page.line(/picket-coordinator operator admin .*/);
    await second.must(makesContext.replace('picket-coordinator', program));
    const installed = await second.must(`${program} install --yes`);
    t.match(installed, `✓ the coordinator serves at ${url}`);
    await until('it answers', () => second.must('picket cluster list'), { within });

    await t.test('the command that it printed points a board there', async (t) => {
      const ran = await member.run(line);
      t.equal(ran.code, 0, ran.stderr);
      for (const told of page.below(line)) t.ok(ran.stdout.includes(`${told}\n`), told);
    });

    await t.test('R3: its member waits for an operator, and then serves on, never touched', async (t) => {
      const id = await until(
        'the node shows itself',
        async () => /picket node readopt ([0-9a-f]{20})/.exec(await second.must(`picket status ${cluster}`))?.[1],
        { within, every: 500 },
      );
      await second.must(`picket node readopt ${id} --yes`);
      await healthyBy(second);
      t.equal(await etcdPid(member), etcd);
      t.equal((await member.etcdctl('endpoint', 'health')).code, 0);
    });
  },
);
