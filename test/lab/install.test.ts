import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { until } from '../support/until.ts';
import { bareLine, etcdPid, filesOf, lineOf, runningEtcd, secretIn } from './installing.ts';
import type { LabHost } from './lab-host.ts';
import { labNeeded } from './lab-needed.ts';
import { labOf } from './lab-of-test.ts';
import { cluster } from './names.ts';

const options = labNeeded;

t.test('one line on each of three blank hosts, and the cluster is healthy', options, async (t) => {
  // What counts is that nobody is evicted who was heard, and not how long ago that must be.
  const lab = await labOf(t, { blank: true, waits: { freshFor: 12_000, longestAgentPause: 10_000 } });
  await lab.createCluster();
  await Promise.all(lab.hosts.map((host) => host.boot()));
  const [first, second, third] = lab.hosts as [LabHost, LabHost, LabHost];
  const before = await filesOf(third);
  const line = await lineOf(lab, '--uses', '3');

  await t.test('a dry run tells all of it and changes nothing', async (t) => {
    const files = await filesOf(first);
    const { code, stdout, stderr } = await first.run(`${line.replace('sh "$f"', 'sh "$f" --dry-run')}`);
    t.equal(code, 0, stderr);
    for (const told of [
      /^would add \S+\/v3\.23\/community to \/etc\/apk\/repositories$/m,
      /^would install nodejs etcd etcd-ctl chrony$/m,
      /^would write \/usr\/bin\/picket-agent$/m,
      /^would ask the coordinator to join at https:/m,
      /^would start the agent/m,
      /^Nothing was changed\.$/m,
    ]) {
      t.match(stdout, told);
    }
    t.strictSame(await filesOf(first), files);
  });

  await t.test('for a cluster that runs a release it would install no etcd', async (t) => {
    const { code, stdout, stderr } = await first.run(`${line.replace('sh "$f"', 'sh "$f" --release --dry-run')}`);
    t.equal(code, 0, stderr);
    t.match(stdout, /^would install nodejs chrony$/m);
    t.match(stdout, /^would make the user etcd$/m);
  });

  // As a fresh system may be called.
  await third.must('hostname localhost');
  // As a power cut amid the making of the user leaves it.
  await second.must("useradd --system --user-group --no-create-home etcd && sed -i '/^etcd:/d' /etc/group");
  // Another package failed earlier, so apk reports an error each time.
  await second.must('echo foreign >/usr/share/lab/broken-package');
  const missing = [{ member: 'x-k3s-m-3', why: reason('not_joined') }];
  const rests = reason('rests_as_learner', { member: 'x-k3s-m-2', missing, after: 2 });
  for (const [host, options, end] of [
    [first, '', /^✓ x-k3s-m-1 is a voter and serves$/m],
    [second, '', `✓ x-k3s-m-2 follows as a learner; it waits for ${inWords(rests)}`],
    [third, ` --address ${third.address}`, /^✓ x-k3s-m-3 is a voter and serves$/m],
  ] as const) {
    await t.test(`the line on ${host.name}`, async (t) => {
      const { code, stdout, stderr } = await host.run(line.replace('sh "$f"', `sh "$f"${options}`));
      t.equal(code, 0, stdout + stderr);
      t.comment(stdout);
      t.match(stdout, end);
      t.match(stdout, /^Done:$/m);
    });
  }

  await t.test('the cluster is healthy', async () => {
    await lab.healthy();
  });

  await t.test('R11: nothing that runs has the join string in its arguments or its environment', async (t) => {
    const secret = secretIn(line);
    for (const host of lab.hosts) {
      const said = await host.must("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n'");
      t.notOk(said.includes(secret), host.name);
      t.equal((await host.run(`grep -rl '${secret}' /etc /var /usr/lib/picket /tmp /root`)).stdout, '', host.name);
    }
  });

  await t.test('run twice, it changes nothing', async (t) => {
    const [files, pids] = [await filesOf(first), await etcdPid(first)];
    const { code, stdout, stderr } = await first.run(line);
    t.equal(code, 0, stderr);
    t.match(stdout, /^✓ this machine is already x-k3s-m-1 \(192\.168\.7\.11\)$/m);
    t.match(stdout, /^Everything was installed already; nothing was changed\.$/m);
    t.strictSame(await filesOf(first), files);
    t.equal(await etcdPid(first), pids);
  });

  await t.test('--upgrade where the agent is as new as the coordinator says so', async (t) => {
    const { code, stdout, stderr } = await first.run(await bareLine(lab, '--upgrade'));
    t.equal(code, 0, stderr);
    t.match(stdout, /^✓ the agent is already version \S+; nothing was changed$/m);
  });

  await t.test('--upgrade replaces an agent that differs, and etcd is not touched', async (t) => {
    const pid = await etcdPid(second);
    await second.must('echo "// as an older one" >> /usr/lib/picket/picket-agent.cjs');
    const { code, stdout, stderr } = await second.run(await bareLine(lab, '--upgrade'));
    t.equal(code, 0, stderr);
    t.match(stdout, /replaced the agent \S+ by \S+/);
    t.notMatch(await second.must('tail -c 30 /usr/lib/picket/picket-agent.cjs'), 'as an older one');
    t.equal(await etcdPid(second), pid);
    await lab.healthy();
  });

  await t.test('on a member that is removed and not free yet, the line says what it waits for', async (t) => {
    // The agent cannot put the data away there.
    await second.must('cd /var/lib/picket && rm -rf former && touch former');
    const removed = await lab.picket('member', 'remove', cluster, 'x-k3s-m-2', '--allow-even', '--yes');
    t.equal(removed.code, 0, removed.stderr);
    const status = async () => (await second.run('picket-agent status')).stdout;
    await until('it hears of that', async () => /^LEFT TO DO +put-data-away$/m.test(await status()), {
      within: 120_000,
    });
    const again = await second.run(await lineOf(lab));
    t.equal(again.code, 1);
    t.match(again.stdout, /^This machine is not free yet: it is still x-k3s-m-2 \(192\.168\.7\.12\)\.$/m);
    t.match(again.stdout, /^LEFT TO DO +put-data-away$/m);
    t.match(
      again.stderr,
      /^hint: Paste the install command again once "picket-agent status" says FREE\. Nothing was changed\.$/m,
    );
    await second.must('rm /var/lib/picket/former');
    await until('its machine is free', async () => (await status()).startsWith('FREE'), { within: 120_000 });
  });

  await t.test('after --uninstall etcd goes on, and the ends of its certificates are shown', async (t) => {
    const pid = await etcdPid(third);
    const { code, stdout, stderr } = await third.run(await bareLine(lab, '--uninstall'));
    t.equal(code, 0, stderr);
    for (const purpose of ['SERVER', 'PEER', 'CLIENT'])
      t.match(stdout, new RegExp(`^ *${purpose} CERT +until 20\\d\\d-`, 'm'));
    t.equal(await etcdPid(third), pid);
    t.match((await third.etcdctl('endpoint', 'health')).stdout, 'is healthy');
    t.strictSame(
      (await third.processes()).filter(({ command }) => command.includes('picket-agent')),
      [],
    );
    await third.powerOff();
    await third.boot();
    t.ok(await runningEtcd(third), 'and with the next boot, without an agent');
  });

  await t.test('after --purge no file of ours is left', async (t) => {
    const refused = await third.run('sh /var/lib/picket/installer/install.sh --purge </dev/null');
    t.equal(refused.code, 1, 'not without being asked');
    t.ok(await etcdPid(third));
    const { code, stdout, stderr } = await third.run('sh /var/lib/picket/installer/install.sh --purge --yes');
    t.equal(code, 0, stderr);
    t.match(stdout, /^✓ nothing of Picket is left on this machine\. The coordinator still lists this member, /m);
    t.strictSame(await filesOf(third), before);
    t.equal((await third.run('pidof etcd')).code, 1);
  });

  await t.test('the line of a client installs no etcd, and --purge takes it off again', async (t) => {
    const client = await lineOf(lab, '--client', '--name', 'pi-7');
    const { code, stdout, stderr } = await third.run(client.replace('--client', '--client --name pi-7'));
    t.equal(code, 0, stdout + stderr);
    t.match(stdout, /^✓ pi-7 is a client, with a certificate until 20\d\d-/m);
    t.match(stdout, /^Waiting for the client …$/m);
    t.notMatch(stdout, /\bmember\b/);
    t.equal((await third.run('ls /usr/bin/etcd')).code, 1);
    t.match(await third.must('ls /etc/etcd'), 'client.pem');
    const renamed = await third.run(client.replace('--client', '--client --name pi-8'));
    t.match(renamed.stderr, /^hint: It is the client pi-7\. /m);
    await t.test(
      'R13: once it has left, a member can join among its files, and not among files of others',
      async (t) => {
        await third.must('rc-service picket-agent stop');
        const evicted = await lab.picket('node', 'evict', 'pi-7');
        t.equal(evicted.code, 0, evicted.stderr);
        const early = await third.run(client);
        t.equal(early.code, 1);
        t.match(early.stdout, /^This machine is not free yet: it is still the client pi-7\.$/m);
        t.match(early.stdout, /^NOTE .* was evicted at .* The agent removes the identity of this node\./m);
        t.match(early.stderr, /^error: its node is evicted, and its agent is not done with that$/m);
        t.match(
          early.stderr,
          /^hint: The agent does not run: start its service, "picket-agent"\. Paste the install command again/m,
        );
        await third.must('rc-service picket-agent start');
        const isFree = async () => (await third.run('picket-agent status')).stdout.startsWith('FREE');
        await until('its machine is free', isFree, { within: 120_000 });
        const member = (await lineOf(lab)).replace('sh "$f"', 'sh "$f" --dry-run');
        const among = await third.run(member);
        t.equal(among.code, 0, among.stderr);
        await third.must('cp /etc/etcd/ca.pem /tmp/ && echo theirs >> /etc/etcd/ca.pem');
        t.match((await third.run(member)).stderr, /has an etcd already:\n +the file \/etc\/etcd\/ca\.pem\n(?! )/);
        await third.must('mv /tmp/ca.pem /etc/etcd/ca.pem');
        const again = await third.run(
          (await lineOf(lab, '--client', '--name', 'pi-7')).replace('--client', '--client --name pi-7'),
        );
        t.equal(again.code, 0, again.stderr);
      },
    );
    const removed = await third.run(await bareLine(lab, '--uninstall'));
    t.match(removed.stdout, /^✓ the agent is removed; the client's files stay, and nothing renews them now:$/m);
    t.notMatch(removed.stdout, /\betcd (goes|keeps|too)\b/);
    const unasked = await third.run('sh /var/lib/picket/installer/install.sh --purge --dry-run');
    t.notMatch(unasked.stdout, /\bmember\b/);
    const purged = await third.run('sh /var/lib/picket/installer/install.sh --purge --yes');
    t.equal(purged.code, 0, purged.stderr);
    t.match(purged.stdout, /^✓ nothing of Picket is left on this machine\. The coordinator still lists this client: /m);
    t.notMatch(purged.stdout, /\bmember\b/);
    t.strictSame(await filesOf(third), before);
  });

  await t.test('R16: on an evicted member whose etcd has data, the line says that this data stays', async (t) => {
    const pid = await etcdPid(first);
    await first.must('rc-service picket-agent stop');
    const evicted = async () => (await lab.picket('node', 'evict', 'x-k3s-m-1', '--lost', '--yes')).code === 0;
    await until('its node is silent', evicted, { within: 180_000, every: 3000 });
    await first.must('rc-service picket-agent start');
    const { code, stdout, stderr } = await first.run(await lineOf(lab));
    t.equal(code, 1);
    t.match(stdout, /^NOTE .* etcd and its data stay as they are\. To use this machine again: `sh \S+ --purge`/m);
    t.match(stderr, /^error: its node is evicted$/m);
    t.equal(await etcdPid(first), pid);
  });
});
