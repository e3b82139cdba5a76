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
