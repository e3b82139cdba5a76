import { rm } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { asAgentPrints } from '../support/printed-error.ts';
import { until } from '../support/until.ts';
import type { LabHost } from './lab-host.ts';
import { labNeeded } from './lab-needed.ts';
import { joinAll, labOf } from './lab-of-test.ts';
import { cluster } from './names.ts';
import { statusSaid } from './status-said.ts';
import { tornFiles } from './torn-files.ts';
import { startTraffic } from './traffic.ts';

const patienceMs = 180_000;

t.test('a fault of one host’s disk is reported and costs no write', labNeeded, async (t) => {
  const lab = await labOf(t, { waits: { freshFor: 12_000, longestAgentPause: 10_000, stayHealthyFor: 3_000 } });
  const [first, second, third] = lab.hosts as [LabHost, LabHost, LabHost];
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy(patienceMs);
  const traffic = await startTraffic(lab, first);

  /** With the cluster's ID, which each new incarnation of a cluster would change. */
  const members = async () => {
    const { stdout } = await first.etcdctl('member', 'list', '--write-out', 'json');
    return JSON.stringify({ ...JSON.parse(stdout), header: { cluster: /"cluster_id":\d+/.exec(stdout)?.[0] } });
  };
  const atFirst = await members();

  /** Resolves once a write is acknowledged that was not before. */
  const serves = async () => {
    const acknowledged = () => traffic.history().filter(({ kind, outcome }) => kind === 'put' && outcome === 'ok');
    const before = acknowledged().length;
    await until('a write is acknowledged', () => acknowledged().length > before, { within: patienceMs });
  };

  await t.test('a disk that fails and turns read-only, until the next power cycle', async (t) => {
    await second.disk.failReadOnly();
    await statusSaid(t, lab, `the disk of ${second.name} is read-only`, /its file system is mounted read-only/);
    await serves();
    await second.powerCut();
    t.strictSame(await tornFiles(second.written), []);
    await second.boot();
    await lab.healthy(patienceMs);
  });

  await t.test('a full disk, and a change of the configuration that it cannot take, until there is room', async (t) => {
    await second.fillDisk();
    t.equal((await lab.picket('cluster', 'set', cluster, 'heartbeatIntervalMs=110')).code, 0);
    const words = new RegExp(`${second.name}: its agent waits:\n.* its file system is full`);
    await statusSaid(t, lab, `the disk of ${second.name} is full`, words);
    await serves();
    t.strictSame(await tornFiles(second.written), []);
    await second.freeDisk();
    // Each has it then: a board that dies with a permit to restart would keep all others waiting for minutes.
    const isRolledOut = async () => {
      const { rollout } = await lab.status();
      // On a busy machine there may have been room for a moment, in which etcd has tried the change and failed.
      if (rollout?.state === 'stopped') await lab.picket('rollout', 'resume', cluster);
      return rollout === null;
    };
    await until('the change is rolled out', isRolledOut, { within: patienceMs, every: 500 });
    await lab.healthy(patienceMs);
    t.strictSame(await tornFiles(second.written), []);
  });

  // A folder below which no incarnation can be made but by root, and root's agent has made it.
  const dataDir = `/var/lib/picket/etcd/${await third.must("ls /var/lib/picket/etcd | grep -v '.version$'")}`;

  /** It boots and, without its data, does not take part again. */
  const bootWithout = async (path: string, log: string, words: string) => {
    await third.powerOff();
    await rm(third.written(path), { recursive: true });
    await rm(third.written('/var/log/etcd'), { recursive: true });
    await third.boot();
    const refused = async () => (await third.must(`cat /var/log/etcd/${log}`)).includes(words);
    await until('the service has found no data and made none', refused, { within: patienceMs, every: 200 });
  };

  await t.test('R4: etcd’s data is lost: it is never started empty, and status says what to do', async (t) => {
    await bootWithout(dataDir, 'etcd.log', `mkdir ${dataDir}: permission denied`);
    const lost = reason('data_lost', { path: dataDir, isEmpty: false });
    const { text } = await statusSaid(t, lab, `${third.name} has lost its data`, lost);
    t.match(text, new RegExp(`${third.name} .* lost its data `));
    t.match(text, new RegExp(`^${third.name}: etcd has lost its data.*: `, 'm'));
    t.match(text, inWords(lost));
    t.not((await third.run(['test', '-e', dataDir])).code, 0, 'nobody has made it again');
    await serves();
    t.equal(await members(), atFirst);
  });

  await t.test(
    'R4: all of /var/lib/picket is lost, as a disk that is not mounted: nothing starts again with empty data',
    async (t) => {
      await bootWithout('/var/lib/picket', 'etcd-console.log', '/var/lib/picket/etcd-guard');
      const error = failure('not_joined', { path: '/var/lib/picket' });
      const toldTwice = async () => (await third.must('cat /var/log/picket/agent.log')).split(error.message).length > 2;
      await until('the agent, started again and again, says why', toldTwice, { within: patienceMs, every: 500 });
      const status = await third.run('picket-agent status');
      t.match(status, { code: 1, stderr: asAgentPrints(error) });
      t.not((await third.run(['test', '-e', '/var/lib/picket/etcd'])).code, 0, 'nobody has made it again');
      await serves();
      t.equal(await members(), atFirst);
    },
  );

  await t.test('a new SD card: nothing runs on it, and status says for how long nobody has heard of it', async (t) => {
    await third.newDisk();
    await third.boot();
    t.strictSame(
      (await third.processes()).filter(({ command }) => /etcd|picket/.test(command)),
      [],
    );
    const silent = { code: 'of_member', facts: { member: third.name, why: { code: 'silent' } } } as const;
    const { text } = await statusSaid(t, lab, `${third.name} has a new SD card`, [
      silent,
      // `picket` calls it so later than the coordinator, whose waits are shorter here.
      new RegExp(`${third.name} .* unknown .*\\(stale\\)`),
    ]);
    t.match(text, /: at risk, cluster ID /);
    t.match(
      text,
      `Next on ${third.name} (${third.address}): picket-agent status`,
      'first a look, then another machine',
    );
    await serves();
    t.equal(await members(), atFirst);
  });

  await t.test(
    'R3: by a token for this member it takes the place of the board that was, and the cluster is whole',
    async (t) => {
      const clusterId = (await lab.status()).clusterId;
      const token = await lab.joinString('--member', third.name);
      let said = '';
      // This coordinator has not run for long enough to know that the other board is gone: it is asked again, as it says.
      const isLetIn = async () => {
        const { code, stdout, stderr } = await third.join(token);
        said = stdout + stderr;
        return code === 0;
      };
      await until('it is let in', isLetIn, { within: patienceMs, every: 1000, lastSeen: () => said });
      await third.startAgent();
      await lab.healthy(patienceMs);
      t.equal((await lab.status()).clusterId, clusterId);
      const { stdout } = await first.etcdctl('member', 'list');
      t.equal(stdout.trim().split('\n').length, 3, 'the one that was is out');
      t.match((await third.etcdctl('endpoint', 'health')).stdout, 'is healthy');
      await serves();
    },
  );

  const { findings, acknowledged, longestGap, print } = await traffic.stop();
  t.strictSame(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
  t.ok(acknowledged > 0);
  t.comment(`${acknowledged} acknowledged writes; the longest gap is ${Math.round(longestGap)} ms`);
});
