import t from 'tap';
import { etcdPid } from '../lab/installing.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { cluster } from '../lab/names.ts';
import { definesRelease, isFetching, isWhole, recordsRelease, withoutReleases } from '../lab/release-moments.ts';
import { tornFiles } from '../lab/torn-files.ts';
import { startTraffic } from '../lab/traffic.ts';
import { alteredRelease } from '../support/altered-release.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { until } from '../support/until.ts';

const patienceMs = 300_000;

/** Moments of a move to a release at which a member loses power, by what lies on its disk then. */
const moments: readonly (readonly [what: string, reached: (host: LabHost) => boolean])[] = [
  ['the release is on its way', isFetching],
  ['the release is whole, and etcd still runs the package', (host) => isWhole(host) && !definesRelease(host)],
  ['the definition names the release', definesRelease],
  ['the journal names it too', recordsRelease],
];

t.test(
  'R6, R9: a member that loses power on its way to a release, and a coordinator that is killed: the move ends well',
  { ...labNeeded, timeout: 1_800_000 },
  async (t) => {
    const lab = await labOf(t);
    const [first] = lab.hosts as [LabHost];
    const packaged = await ensureEtcd();
    const { file, sha256, version } = await alteredRelease(lab.folder, packaged);
    await lab.createCluster();
    await joinAll(lab);
    await lab.healthy(patienceMs);
    const { clusterId } = await lab.status();
    const traffic = await startTraffic(lab, first);
    t.equal((await lab.picket('release', 'add', file, '--sha256', sha256)).code, 0);

    const moved = async (source: string, runs: string) => {
      const all = async () => {
        const { members } = await lab.status();
        return members.every(({ status }) => status?.etcd?.version === runs && !status.service.restartPending);
      };
      await until(`all members run the etcd of the ${source}`, all, { within: patienceMs * 2, every: 1000 });
      await lab.healthy(patienceMs);
    };

    for (const [what, reached] of moments) {
      await t.test(`while ${what}`, async (t) => {
        // Else the release of the last round is there already.
        for (const host of lab.hosts) await withoutReleases(host);
        t.equal((await lab.picket('cluster', 'set', cluster, `etcd=release:${version}`)).code, 0);
        const struck: LabHost[] = [];
        const look = () => {
          struck.push(...lab.hosts.filter(reached));
          return struck.length > 0;
        };
        await until(what, look, { within: patienceMs, every: 2 });
        const [member] = struck as [LabHost];
        await Promise.all([member.powerCut(), lab.coordinator.stop('SIGKILL')]);
        t.strictSame(await tornFiles(member.written), [], 'R9: no file is torn');
        await Promise.all([member.boot(), lab.coordinator.start()]);
        await moved(`release:${version}`, version);
        t.equal((await lab.status()).clusterId, clusterId);
        t.equal((await lab.picket('cluster', 'set', cluster, 'etcd=package')).code, 0);
        await moved('package', packaged.version);
        for (const host of lab.hosts) t.type(await etcdPid(host), 'number');
      });
    }

    const { findings, acknowledged, longestGap, print } = await traffic.stop();
    t.strictSame(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
    t.comment(`${acknowledged} acknowledged writes; the longest gap is ${Math.round(longestGap)} ms`);
  },
);
