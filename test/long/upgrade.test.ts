import { minorOf } from '@picket/shared/etcd-version.ts';
import t from 'tap';
import type { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { added, patienceMs } from '../lab/moving.ts';
import { cluster } from '../lab/names.ts';
import { startTraffic } from '../lab/traffic.ts';
import { alteredRelease } from '../support/altered-release.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';

const waiting = ['--wait', '--timeout', '20m'];

// The versions are one real etcd that calls itself 3.5.33, 3.6.14 and 3.7.33. What it says decides, for etcd's cluster version too.
t.test(
  'R2, R6, R17 a cluster goes to the next minor version while it serves, and back before its last member',
  labNeeded,
  async (t) => {
    const lab = await labOf(t, { waits: { stayHealthyFor: 3_000 } });
    const [first] = lab.hosts as [LabHost];
    const etcd = await ensureEtcd();
    await lab.createCluster();
    await joinAll(lab);
    await lab.healthy(patienceMs);
    if (minorOf(etcd.version) !== '3.5') {
      const later = await alteredRelease(lab.folder, etcd, minorOf(etcd.version) === '3.6' ? '3.7.33' : '3.7.99');
      await added(t, lab, later);
      const plan = await lab.picket('cluster', 'upgrade', cluster, '--to', later.version, '--dry-run');
      t.equal(plan.code, 0, plan.stderr);
      return;
    }
    const level = await alteredRelease(lab.folder, etcd, '3.5.33');
    const next = await alteredRelease(lab.folder, etcd, '3.6.14');
    const traffic = await startTraffic(lab, first);
    const upgradeTo = (to: string, ...args: string[]) => lab.picket('cluster', 'upgrade', cluster, '--to', to, ...args);
    const upgrade = (...args: string[]) => upgradeTo(next.version, ...args);

    await t.test('a plan without the level between is refused, and says what to add', async (t) => {
      await added(t, lab, next);
      const refused = await upgrade('--dry-run');
      t.equal(refused.code, 1);
      t.match(refused.stderr, 'every member must run etcd 3.5.26 or a later patch release');
      await added(t, lab, level);
    });

    await t.test('it waits before the last member, and says the way back', async (t) => {
      const begun = await upgrade('--yes', ...waiting);
      t.equal(begun.code, 0, begun.stderr);
      const { waitsFor, upgrade: view } = await lab.status();
      t.ok(waitsFor.some(isReason('upgrade_pauses_before_last', { version: next.version })));
      t.match(view, { to: next.version, stage: 3, stages: 3, wayBack: { code: 'back_until_last' } });
      t.strictSame((await versions(lab)).toSorted(), [level.version, next.version, next.version]);
    });

    await t.test('an abort brings every member back to the level before', async (t) => {
      const aborted = await lab.picket('rollout', 'abort', cluster, ...waiting);
      t.equal(aborted.code, 0, aborted.stderr);
      t.strictSame(await versions(lab), [level.version, level.version, level.version]);
      await lab.healthy(patienceMs);
    });

    await t.test('it goes on to the end, and each member runs the next minor version, also after a boot', async (t) => {
      const done = await upgrade('--yes', '--no-pause', ...waiting);
      t.equal(done.code, 0, done.stderr);
      t.strictSame(await versions(lab), [next.version, next.version, next.version]);
      t.equal((await lab.status()).upgrade, undefined);
      await first.powerOff();
      await first.boot();
      await lab.healthy(patienceMs);
      t.strictSame(await versions(lab), [next.version, next.version, next.version]);
    });

    await t.test('then to 3.7: each member first writes a raft snapshot past what 3.5 wrote', async (t) => {
      const seventh = await alteredRelease(lab.folder, etcd, '3.7.33');
      await added(t, lab, seventh);
      const done = await upgradeTo(seventh.version, '--yes', '--no-pause', ...waiting);
      t.equal(done.code, 0, done.stderr);
      t.strictSame(await versions(lab), [seventh.version, seventh.version, seventh.version]);
      const written = await Promise.all(lab.hosts.map((host) => host.must('ls /var/lib/picket/etcd/*/member/snap')));
      t.ok(written.every((names) => /^[0-9a-f]{16}-[0-9a-f]{16}\.snap$/m.test(names)));
      const confs = await Promise.all(lab.hosts.map((host) => host.must('cat /etc/etcd/conf.yml')));
      t.ok(confs.every((conf) => /^snapshot-count: 10000$/m.test(conf)));
    });

    const { findings, acknowledged, longestGap, print } = await traffic.stop();
    t.strictSame(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
    t.comment(`${acknowledged} acknowledged writes; the longest gap is ${Math.round(longestGap)} ms`);
  },
);

/** What the members' etcd say of themselves, once each has answered. */
function versions(lab: Lab): Promise<string[]> {
  return until(
    'each etcd says its version',
    async () => {
      const { members } = await lab.status();
      const said = members.flatMap(({ status }) => status?.etcd?.version ?? []);
      return said.length === members.length && said;
    },
    { within: patienceMs, every: 500 },
  );
}
