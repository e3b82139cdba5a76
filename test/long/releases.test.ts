import t from 'tap';
import { etcdPid } from '../lab/installing.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { added, binaryOf, moved, patienceMs } from '../lab/moving.ts';
import { cluster } from '../lab/names.ts';
import { startTraffic } from '../lab/traffic.ts';
import { alteredRelease } from '../support/altered-release.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';

t.test('a cluster moves from the package to a release and back, under OpenRC', labNeeded, async (t) => {
  const lab = await labOf(t);
  const [first] = lab.hosts as [LabHost];
  const packaged = await ensureEtcd();
  const newer = await alteredRelease(lab.folder, packaged);
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy(patienceMs);
  const traffic = await startTraffic(lab, first);

  await t.test('R2, R6 to a newer release: one restart of each member', async (t) => {
    await added(t, lab, newer);
    await moved(lab, `release:${newer.version}`, newer.version);
    for (const host of lab.hosts)
      t.match(await binaryOf(host), new RegExp(`^/var/lib/picket/releases/${newer.version}-`));
    const said = await first.run(['sh', '-lc', 'etcdctl version && etcdutl version']);
    t.match(said.stdout, `etcdctl version: ${newer.version}`, 'root’s shell finds what belongs to it');
    t.match(said.stdout, `etcdutl version: ${newer.version}`);
  });

  await t.test('and back to the package', async (t) => {
    await moved(lab, 'package', packaged.version);
    for (const host of lab.hosts) t.notMatch(await binaryOf(host), '/var/lib/picket');
  });

  const { findings, acknowledged, longestGap, print } = await traffic.stop();
  t.strictSame(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
  t.comment(`${acknowledged} acknowledged writes; the longest gap is ${Math.round(longestGap)} ms`);
});

t.test('R2 a cluster moves to a release of the version that its package has', labNeeded, async (t) => {
  const lab = await labOf(t);
  const [first] = lab.hosts as [LabHost];
  const { version, ...packaged } = await ensureEtcd();
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy(patienceMs);
  const traffic = await startTraffic(lab, first);
  await added(t, lab, await alteredRelease(lab.folder, { ...packaged, version }, version));
  await moved(lab, `release:${version}`, version);
  for (const host of lab.hosts) t.match(await binaryOf(host), '/var/lib/picket/releases/');
  const { findings, acknowledged, longestGap, print } = await traffic.stop();
  t.strictSame(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
  t.comment(`${acknowledged} acknowledged writes; the longest gap is ${Math.round(longestGap)} ms`);
});

for (const how of ['exits at once', 'never serves'] as const) {
  t.test(`R6 a release whose etcd ${how}: one member is touched, and has its old binary back`, labNeeded, async (t) => {
    const lab = await labOf(t);
    const [first] = lab.hosts as [LabHost];
    const broken = await alteredRelease(lab.folder, await ensureEtcd(), undefined, how);
    await lab.createCluster();
    await joinAll(lab);
    await lab.healthy(patienceMs);
    const before = await Promise.all(lab.hosts.map(etcdPid));
    const binaries = await Promise.all(lab.hosts.map(binaryOf));
    const traffic = await startTraffic(lab, first);
    await added(t, lab, broken);
    const set = await lab.picket('cluster', 'set', cluster, `etcd=release:${broken.version}`);
    if (set.code !== 0) throw new Error(set.stderr);
    await until('the rollout has stopped', async () => tellsOf('rollout_stopped')(await lab.status()), {
      within: patienceMs * 2,
      every: 1000,
    });
    await lab.healthy(patienceMs);
    t.strictSame(await Promise.all(lab.hosts.map(binaryOf)), binaries);
    const after = await Promise.all(lab.hosts.map(etcdPid));
    t.equal(after.filter((pid, index) => pid !== before[index]).length, 1, 'one member was touched');
    const { findings, acknowledged, longestGap, print } = await traffic.stop();
    t.strictSame(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
    t.comment(`${acknowledged} acknowledged writes; the longest gap is ${Math.round(longestGap)} ms`);
  });
}
