import t from 'tap';
import { until } from '../support/until.ts';
import { etcdPid } from './installing.ts';
import type { LabHost } from './lab-host.ts';
import { labNeeded } from './lab-needed.ts';
import { joinAll, labOf } from './lab-of-test.ts';
import { domain } from './names.ts';

async function pidOf(host: LabHost, program: RegExp): Promise<number | undefined> {
  return (await host.processes()).find(({ command }) => program.test(command))?.pid;
}

const agent = /picket-agent\.cjs run/;

t.test('the seed’s three boards form their cluster under OpenRC', labNeeded, async (t) => {
  const lab = await labOf(t);
  const [first, second] = lab.hosts as [LabHost, LabHost, LabHost];
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy();

  await t.test('each host has all of it at hand', async (t) => {
    for (const host of lab.hosts) {
      const members = (await host.etcdctl('member', 'list')).stdout;
      for (const { name } of lab.hosts) t.match(members, `started, ${name}, https://${name}.${domain}:2380`);
      t.equal((await host.etcdctl('endpoint', 'health')).code, 0);
      t.match(await host.must('rc-status default'), /picket-agent +\[ +started/);
    }
    t.equal((await first.etcdctl('put', 'k', 'v')).code, 0);
  });

  await t.test('an agent that was killed is started again, and etcd never hears of it', async (t) => {
    const [etcdBefore, agentBefore] = [await etcdPid(second), await pidOf(second, agent)];
    await second.must(`kill -9 ${agentBefore}`);
    const started = async () => ![undefined, agentBefore].includes(await pidOf(second, agent));
    await until('another agent runs', started, { within: 60_000 });
    t.type(etcdBefore, 'number');
    t.equal(await etcdPid(second), etcdBefore);
  });

  await t.test('R10: stopping the agent’s service leaves etcd running', async (t) => {
    const before = await etcdPid(second);
    await second.must('rc-service picket-agent stop');
    t.equal(await pidOf(second, agent), undefined);
    t.type(before, 'number');
    t.equal(await etcdPid(second), before);
    await second.must('rc-service picket-agent start');
  });

  await t.test('the agent’s log is bounded, and goes on in its place', async (t) => {
    const log = '/var/log/picket/agent.log';
    await second.must(`yes 'a line of old' | head -c 2000000 >> ${log} && rc-service picket-agent healthcheck`);
    // The agent may have said something more before its log was moved.
    t.match(await second.must(`grep -a -m 1 'a line of old' ${log}.1`), /a line of old/);
    await second.must('rc-service picket-agent restart');
    const starts = async () => (await second.must(`head -c 100 ${log}`)).startsWith('{"level"');
    await until('it says more', starts, { within: 60_000 });
  });

  async function reports(host: LabHost): Promise<void> {
    const since = Date.now();
    const look = async () => {
      const { members } = await lab.status();
      return Date.parse(members.find(({ name }) => name === host.name)?.reportedAt ?? '') > since;
    };
    await until(`${host.name} reports`, look, { within: 60_000, every: 500 });
  }

  await t.test('an agent that has no room for its log works on', async () => {
    // A new log: the last block of the old one has room.
    await second.must('rc-service picket-agent stop && rm /var/log/picket/agent.log');
    await second.fillDisk();
    await second.must('rc-service picket-agent start');
    await reports(second);
    await second.freeDisk();
  });

  await t.test('an agent starts on a disk that has failed, and says so', async () => {
    await second.disk.failReadOnly();
    await second.must('rc-service picket-agent restart');
    await reports(second);
    const told = async () => {
      const { members } = await lab.status();
      return members
        .find(({ name }) => name === second.name)
        ?.status?.agent.waits.some((wait) => /read-only/.test(wait.message));
    };
    await until('it says that the disk is read-only', told, { within: 60_000, every: 500 });
  });

  await t.test('all three come back from a power cut at once, with no hand on them', async (t) => {
    await Promise.all(lab.hosts.map((host) => host.powerCut()));
    await Promise.all(lab.hosts.map((host) => host.boot()));
    const get = async () => (await first.etcdctl('get', 'k', '--print-value-only')).stdout.trim() === 'v';
    await until('what was written is there', get, { within: 90_000, every: 500 });
    await lab.healthy();
    t.type(await pidOf(first, agent), 'number');
  });
});
