import { existsSync } from 'node:fs';
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

const state = '/var/lib/picket';
const saved = '/media/disk/lab.apkovl.tar.gz';
const patienceMs = 300_000;

t.test(
  'R2, R17: a diskless board that reboots at any step of its move to a release serves, and ends with the release',
  { ...labNeeded, timeout: 1_800_000 },
  async (t) => {
    const lab = await labOf(t, { diskless: true });
    const [first] = lab.hosts as [LabHost];
    const packaged = await ensureEtcd();
    const { file, sha256, version } = await alteredRelease(lab.folder, packaged);
    await lab.createCluster();
    await joinAll(lab);
    await lab.healthy(patienceMs);
    const { clusterId } = await lab.status();
    const traffic = await startTraffic(lab, first);
    t.equal((await lab.picket('release', 'add', file, '--sha256', sha256)).code, 0);

    const runs = async (host: LabHost) => {
      const { members } = await lab.status();
      return members.find(({ name }) => name === host.name)?.status?.etcd?.version;
    };
    /** What its next boot would start names a release. */
    const savesRelease = async (host: LabHost) => {
      const { code, stdout } = await host.run(`tar -xzOf ${saved} etc/conf.d/etcd`);
      return code === 0 && stdout.includes(`ETCD_BINARY="${state}/releases/`);
    };
    const settled = async (source: string, wanted: string) => {
      const all = async () => {
        const { members } = await lab.status();
        return members.every(({ status }) => status?.etcd?.version === wanted && !status.service.restartPending);
      };
      await until(`all members run the etcd of the ${source}`, all, { within: patienceMs * 2, every: 1000 });
      await lab.healthy(patienceMs);
      const isSaved = async (host: LabHost) =>
        existsSync(host.seen(saved)) && (await savesRelease(host)) === (wanted === version);
      const allSaved = async () => (await Promise.all(lab.hosts.map(isSaved))).every(Boolean);
      await until('each board has saved that', allSaved, { within: patienceMs, every: 500 });
    };

    /** By what lies on the disk, or in memory, of the board. */
    const steps: readonly (readonly [what: string, reached: (host: LabHost) => boolean | Promise<boolean>])[] = [
      ['the release is on its way', isFetching],
      ['the release is whole, and etcd still runs the package', (host) => isWhole(host) && !definesRelease(host)],
      ['the definition names the release', definesRelease],
      ['the journal names it too', recordsRelease],
      ['it serves with the release', async (host) => (await runs(host)) === version],
      ['it has saved the definition', async (host) => recordsRelease(host) && (await savesRelease(host))],
    ];

    await settled('package', packaged.version);
    for (const [what, reached] of steps) {
      await t.test(`while ${what}`, async (t) => {
        // Else the release of the last round is there already.
        for (const host of lab.hosts) await withoutReleases(host);
        t.equal((await lab.picket('cluster', 'set', cluster, `etcd=release:${version}`)).code, 0);
        const struck: LabHost[] = [];
        const look = async () => {
          for (const host of lab.hosts) if (await reached(host)) struck.push(host);
          return struck.length > 0;
        };
        await until(what, look, { within: patienceMs, every: 2 });
        const [board] = struck as [LabHost];
        await board.powerCut();
        t.strictSame(await tornFiles(board.written), [], 'R9: no file is torn');
        await board.boot();
        t.comment(`${board.name} has booted ${definesRelease(board) ? 'the release' : 'the package'}`);
        await settled(`release:${version}`, version);
        for (const host of lab.hosts) {
          const argv = (await host.processes()).map(({ command }) => command);
          t.ok(
            argv.some((command) => command.startsWith(`${state}/releases/${version}-`)),
            `${host.name} really runs the release`,
          );
        }
        t.equal((await lab.status()).clusterId, clusterId);
        t.equal((await lab.picket('cluster', 'set', cluster, 'etcd=package')).code, 0);
        await settled('package', packaged.version);
        for (const host of lab.hosts) t.type(await etcdPid(host), 'number');
      });
    }

    const { findings, acknowledged, longestGap, print } = await traffic.stop();
    t.strictSame(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
    t.comment(`${acknowledged} acknowledged writes; the longest gap is ${Math.round(longestGap)} ms`);
  },
);
