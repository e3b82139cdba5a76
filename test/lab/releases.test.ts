import t from 'tap';
import { alteredRelease } from '../support/altered-release.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import type { LabHost } from './lab-host.ts';
import { labNeeded } from './lab-needed.ts';
import { joinAll, labOf } from './lab-of-test.ts';
import { added, binaryOf, moved, patienceMs } from './moving.ts';
import { startTraffic } from './traffic.ts';

// To the version of the package, and to releases that cannot serve: test/long/releases.test.ts.
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
