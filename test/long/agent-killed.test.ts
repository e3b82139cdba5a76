import { type AgentFailpoint, agentFailpoints } from '@picket/agent/program/failpoints.ts';
import t from 'tap';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { labOf } from '../lab/lab-of-test.ts';
import { cluster, coordinatorUrl } from '../lab/names.ts';
import { alteredRelease } from '../support/altered-release.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { until } from '../support/until.ts';

/** Where each host's agent is killed while it joins: between them, everywhere. */
const joining: readonly (readonly AgentFailpoint[])[] = [
  ['join.after-key', 'join.after-identity'],
  ['join.before-request'],
  ['join.after-answer'],
];

/** And then while it runs, in the order in which a member comes to be. The first host founds the cluster alone. */
const forming: readonly (readonly AgentFailpoint[])[] = [
  [
    'desired.before-keep',
    'credential.after-answer',
    'conf.before-write',
    'data-dir.after-intent',
    'data-dir.after-record',
    'etcd.after-start',
    'report.before-send',
    'membership.before-call',
    'membership.after-call',
  ],
  [
    'desired.after-keep',
    'credential.after-write',
    'conf.after-write',
    'data-dir.after-make',
    'etcd.before-install',
    'etcd.after-install',
    'etcd.after-version',
    'etcd.before-start',
  ],
  [
    'desired.before-keep',
    'credential.after-answer',
    'conf.before-write',
    'data-dir.after-intent',
    'data-dir.after-record',
    'etcd.after-start',
    'report.before-send',
  ],
];

/** Where an agent is killed that restarts its etcd by a permit. */
const restarting: readonly AgentFailpoint[] = [
  'conf.before-write',
  'conf.after-write',
  'etcd.before-install',
  'etcd.after-install',
  'etcd.after-version',
  'etcd.before-start',
  'etcd.after-start',
];

/** And one that restarts it into a release. */
const switching = restarting.filter((name) => name.startsWith('etcd.'));

const moments = '/root/moments';
const everyRun = '/root/take-moment.cjs';

// supervise-daemon starts the agent again with the environment that it has itself, so each run takes its own moment.
const takeMoment = `
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const [moment = '', ...rest] = existsSync('${moments}') ? readFileSync('${moments}', 'utf8').split('\\n') : [];
process.env.PICKET_FAILPOINT = moment;
writeFileSync('${moments}', rest.join('\\n'));
`;

/** From its next run on, the agent is killed at one moment after the other, each time it has been started again. */
async function killAt(host: LabHost, failpoints: readonly AgentFailpoint[]): Promise<void> {
  await host.must(`cat > ${moments}`, { input: failpoints.join('\n') });
}

/** How often the agent of this host has been killed; its supervisor tells. */
async function deaths(host: LabHost): Promise<number> {
  return Number((await host.run("grep -c 'picket-agent.*terminated by signal 9' /var/log/messages")).stdout);
}

/** How often etcd has been started on this host. */
async function starts(host: LabHost): Promise<number> {
  return Number(await host.must("grep -c 'starting an etcd server' /var/log/etcd/etcd.log"));
}

function killed(host: LabHost, times: number): Promise<boolean> {
  let last = 0;
  const look = async () => {
    last = await deaths(host);
    return last === times;
  };
  const lastSeen = () => `${host.name} was killed ${last} times`;
  return until(`${host.name}: its agent was killed ${times} times`, look, { within: 120_000, every: 300, lastSeen });
}

t.test('the agent is killed at every step, and the cluster forms and stays', labNeeded, async (t) => {
  t.same(
    new Set([...joining, ...forming].flat()),
    new Set(agentFailpoints.filter((name) => !/^(renew|recover|leave)\./.test(name))),
  );
  const lab = await labOf(t);
  const [founder, ...others] = lab.hosts as [LabHost, LabHost, LabHost];
  const token = await lab.createCluster().then(() => lab.joinString('--uses', '3'));

  await t.test(
    'R12: killed while it joins: the same line again joins, and one use of the token was enough',
    async (t) => {
      await Promise.all(lab.hosts.map((host) => host.boot()));
      for (const [index, host] of lab.hosts.entries()) {
        for (const failpoint of joining[index] ?? []) {
          const env = { PICKET_JOIN: token, PICKET_FAILPOINT: failpoint };
          const { code } = await host.run(['picket-agent', 'join', '--coordinator', coordinatorUrl], { env });
          t.equal(code, 137, `${host.name} was killed at ${failpoint}`);
        }
        const { code, stdout, stderr } = await host.join(token);
        t.equal(code, 0, stdout + stderr);
      }
    },
  );

  await t.test('R1, R4, R10: killed while the cluster forms: it forms, with what was written early', async (t) => {
    const begin = async (host: LabHost) => {
      await host.must(`cat > ${everyRun}`, { input: takeMoment });
      await host.must(
        `printf 'export NODE_OPTIONS=--require=${everyRun}\\nrespawn_delay=1\\n' >> /etc/conf.d/picket-agent`,
      );
      await killAt(host, forming[lab.hosts.indexOf(host)] ?? []);
      await host.startAgent();
    };
    await begin(founder);
    const put = async () => (await founder.etcdctl('put', 'canary', 'sings')).code === 0;
    await until('a key is written', put, { within: 90_000, every: 300 });
    await Promise.all(others.map(begin));
    for (const [index, host] of lab.hosts.entries()) await killed(host, forming[index]?.length ?? 0);
    await lab.healthy();
    for (const host of lab.hosts) {
      t.equal((await host.etcdctl('get', 'canary', '--print-value-only')).stdout.trim(), 'sings');
      const starts = await host.must("grep -c 'starting an etcd server' /var/log/etcd/etcd.log");
      t.equal(starts, '1', `${host.name}: no kill of the agent has ended its etcd`);
      t.match(await host.must('rc-status default'), /picket-agent +\[ +started/);
    }
  });

  await t.test(
    'R2: killed in the midst of a restart by permit: etcd comes back, and none beside it goes',
    async (t) => {
      const before = await Promise.all(lab.hosts.map(deaths));
      for (const host of lab.hosts) {
        await killAt(host, restarting);
        const agent = (await host.processes()).find(({ command }) => command.includes('picket-agent.cjs run'));
        await host.must(`kill -9 ${agent?.pid}`);
      }
      t.equal((await lab.picket('cluster', 'set', cluster, 'snapshotCount=20000')).code, 0);
      const through = async () => {
        const now = await Promise.all(lab.hosts.map(deaths));
        return lab.hosts.find((_host, index) => now[index] === (before[index] ?? 0) + 1 + restarting.length);
      };
      const restarted = await until('an agent was killed at each step of the restart', through, { within: 120_000 });
      for (const host of lab.hosts) if (host !== restarted) t.equal(await starts(host), 1, host.name);
      const back = async () => (await restarted.etcdctl('endpoint', 'health')).code === 0;
      await until('its etcd serves', back, { within: 60_000, every: 300 });
      t.equal(await starts(restarted), 2, restarted.name);
      t.match(await restarted.must('cat /etc/etcd/conf.yml'), /^snapshot-count: 20000$/m);
      await until('all have it', async () => (await Promise.all(lab.hosts.map(starts))).every((count) => count === 2), {
        within: 180_000,
        every: 500,
      });
      await lab.healthy(180_000);
    },
  );

  await t.test('R2, R6: killed in the midst of a move to a release: all members end with it', async (t) => {
    const { file, sha256, version } = await alteredRelease(lab.folder, await ensureEtcd());
    t.equal((await lab.picket('release', 'add', file, '--sha256', sha256)).code, 0);
    const before = await Promise.all(lab.hosts.map(deaths));
    for (const host of lab.hosts) {
      await killAt(host, switching);
      const agent = (await host.processes()).find(({ command }) => command.includes('picket-agent.cjs run'));
      await host.must(`kill -9 ${agent?.pid}`);
    }
    t.equal((await lab.picket('cluster', 'set', cluster, `etcd=release:${version}`)).code, 0);
    const all = async () => {
      const { members } = await lab.status();
      return members.every(({ status }) => status?.service.release === version && status.etcd?.version === version);
    };
    await until('all members run the release', all, { within: 400_000, every: 1000 });
    await lab.healthy(180_000);
    const now = await Promise.all(lab.hosts.map(deaths));
    t.strictSame(
      now.map((count, index) => count - (before[index] ?? 0)),
      lab.hosts.map(() => 1 + switching.length),
      'each agent was killed at each step',
    );
    for (const host of lab.hosts)
      t.equal((await host.etcdctl('get', 'canary', '--print-value-only')).stdout.trim(), 'sings');
  });
});
