import t, { type Test } from 'tap';
import { printedError } from '../support/printed-error.ts';
import { seeded, seedOfRun } from '../support/seeded.ts';
import { until } from '../support/until.ts';
import type { Lab } from './lab.ts';
import type { LabHost } from './lab-host.ts';
import { labNeeded } from './lab-needed.ts';
import { joinAll, labOf } from './lab-of-test.ts';
import { cluster } from './names.ts';
import { serving } from './soak/inflict.ts';
import { certificateFiles, comes, confFile, drawWrite, momentInWords, recordFiles } from './soak/moments.ts';
import { statusSaid } from './status-said.ts';
import { tornFiles } from './torn-files.ts';
import { startTraffic } from './traffic.ts';

const patienceMs = 180_000;
const options = labNeeded;
const seed = seedOfRun();

async function clusterIdOf(lab: Lab): Promise<string> {
  await lab.healthy(patienceMs);
  const { clusterId } = await lab.status();
  if (clusterId === null) throw new Error('The cluster has no ID.');
  return clusterId;
}

async function cutPower(t: Test, hosts: readonly LabHost[]): Promise<void> {
  await Promise.all(hosts.map((host) => host.powerCut()));
  for (const host of hosts) t.strictSame(await tornFiles(host.written), [], `R9: no file of ${host.name} is torn`);
}

const boot = (hosts: readonly LabHost[]) => Promise.all(hosts.map((host) => host.boot()));

// Both wait more than they work.
t.jobs = 2;

t.test('hosts come back from power cuts at rest with no hand on them', { ...options, buffered: true }, async (t) => {
  const lab = await labOf(t);
  const [first, second] = lab.hosts as [LabHost, LabHost];
  await lab.createCluster();
  await joinAll(lab);
  const clusterId = await clusterIdOf(lab);
  const traffic = await startTraffic(lab, first);

  await t.test('one', async (t) => {
    await cutPower(t, [second]);
    const silent = { code: 'of_member', facts: { member: second.name, why: { code: 'silent' } } } as const;
    const { text } = await statusSaid(t, lab, `the power of ${second.name} is cut`, silent);
    t.match(text, `Cluster ${cluster}: at risk`);
    t.match(text, new RegExp(`${second.name} .* unknown .*\\(stale\\)`));
    await boot([second]);
    t.equal(await clusterIdOf(lab), clusterId);
  });

  await t.test('all three at once', async (t) => {
    await cutPower(t, lab.hosts);
    await boot(lab.hosts);
    t.equal(await clusterIdOf(lab), clusterId);
  });

  await t.test('R10: all three at once while the coordinator is off: etcd serves without it', async (t) => {
    await lab.coordinator.stop('SIGKILL');
    await cutPower(t, lab.hosts);
    await boot(lab.hosts);
    await serving(lab, patienceMs);
    const off = await lab.picket('status', cluster);
    t.match(printedError(off.stderr), { code: 'coordinator_unreachable' }, off.stderr);
    await lab.coordinator.start();
    t.equal(await clusterIdOf(lab), clusterId);
    const { text } = await statusSaid(t, lab, 'the coordinator is back', /: healthy, cluster ID/);
    for (const { name } of lab.hosts) t.match(text, new RegExp(`^${name} .* healthy `, 'm'));
  });

  const { findings, acknowledged, longestGap, print } = await traffic.stop();
  t.strictSame(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
  t.ok(acknowledged > 0);
  t.comment(`${acknowledged} acknowledged writes; the longest gap is ${Math.round(longestGap)} ms`);
});

t.test(
  // What is shown of a failure is its name, whatever it was.
  `R9: power cuts amid the writes of formation and of a new conf.yml (PICKET_SEED=${seed})`,
  { ...options, buffered: true },
  async (t) => {
    const random = seeded(seed).stream('power cuts amid writes');
    const lab = await labOf(t);
    await lab.createCluster();
    await boot(lab.hosts);
    const token = await lab.joinString('--uses', '3');
    const first = random.between(0, 2);
    const writes = [certificateFiles, [confFile], recordFiles] as const;
    const struck = writes.map((paths, turn) => ({
      host: lab.hosts[(first + turn) % lab.hosts.length] as LabHost,
      moment: drawWrite(random, paths, patienceMs),
    }));

    const cutAt = async ({ host, moment }: (typeof struck)[number], begun: Promise<unknown>) => {
      const came = await comes(moment, host);
      // The command that has begun it is still on its way on the host, and not to be cut.
      await begun;
      await cutPower(t, [host]);
      await host.boot();
      t.ok(came, `${host.name}: power cut ${momentInWords(moment)}`);
    };

    for (const { name, join } of lab.hosts) t.equal((await join(token)).code, 0, `${name} joins`);
    // The agent makes it just before its first write there, too late for a watch on it to see all of that write.
    for (const host of lab.hosts) await host.must('mkdir -p /etc/etcd');
    const started = Promise.withResolvers<void>();
    const cuts = Promise.allSettled(struck.map((one) => cutAt(one, started.promise)));
    await Promise.all(lab.hosts.map((host) => host.startAgent()));
    started.resolve();
    for (const cut of await cuts) if (cut.status === 'rejected') throw cut.reason;
    const clusterId = await clusterIdOf(lab);

    const traffic = await startTraffic(lab, lab.hosts[0] as LabHost);
    const again = { host: random.pick(lab.hosts as [LabHost]), moment: drawWrite(random, [confFile], patienceMs) };
    const cut = cutAt(again, Promise.resolve());
    t.equal((await lab.picket('cluster', 'set', cluster, 'heartbeatIntervalMs=120')).code, 0);
    await cut;
    const changed = async () => (await again.host.must(`cat ${confFile}`)).includes('heartbeat-interval: 120');
    await until(`${again.host.name} has the new conf.yml`, changed, { within: patienceMs, every: 500 });
    t.equal(await clusterIdOf(lab), clusterId);
    const { findings, print } = await traffic.stop();
    t.strictSame(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
  },
);
