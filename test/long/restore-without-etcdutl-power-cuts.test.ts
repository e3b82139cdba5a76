import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { etcdPid } from '../lab/installing.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { cluster } from '../lab/names.ts';
import { hiddenEtcdutl } from '../lab/without-etcdutl.ts';
import { until } from '../support/until.ts';

const state = '/var/lib/picket';

/** Moments of a restore at which its founder loses power, by what lies on its disk then. */
const moments: readonly (readonly [what: string, reached: (host: LabHost) => boolean])[] = [
  ['the program is on its way', (host) => filesIn(host, `${state}/tools`).some((name) => name.endsWith('.part'))],
  ['the snapshot is on its way', (host) => existsSync(host.seen(`${state}/restore.db`))],
  ['the data dir is being made', (host) => filesIn(host, `${state}/etcd`).some((name) => name.includes('.restoring'))],
];

function filesIn(host: LabHost, folder: string): readonly string[] {
  try {
    return readdirSync(host.seen(folder));
  } catch {
    return [];
  }
}

/** The first host of which this comes to hold, however short. */
async function firstOf(hosts: readonly LabHost[], what: string, holds: (host: LabHost) => boolean): Promise<LabHost> {
  const found: LabHost[] = [];
  const look = async () => {
    found.push(...hosts.filter(holds));
    return found.length > 0;
  };
  await until(what, look, { within: 120_000, every: 2 });
  return found[0] as LabHost;
}

t.test(
  'a founder without etcdutl that loses power restores all the same',
  { ...labNeeded, timeout: 900_000 },
  async (t) => {
    const lab = await labOf(t, { etcdutl: false });
    const [first] = lab.hosts as [LabHost];
    await lab.createCluster();
    await joinAll(lab);
    await lab.healthy();
    t.equal((await first.etcdctl('put', 'before', 'v')).code, 0);
    const taken = await lab.picket('snapshot', 'take', cluster, '--output', 'json');
    const { id } = JSON.parse(taken.stdout) as SnapshotView;
    const file = await hiddenEtcdutl();
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    t.equal((await lab.picket('release', 'add', file, '--sha256', sha256)).code, 0);
    // It serves each time, so that its name has to be given (R16).
    const restore = () =>
      lab.picket('cluster', 'restore', cluster, '--snapshot', id, '--force', '--confirm', cluster, '--yes');
    let formation = 1;

    for (const [what, reached] of moments) {
      await t.test(`while ${what}`, async (t) => {
        // Else the one of the last restore is used again.
        for (const host of lab.hosts) await host.must(`rm -rf ${state}/tools`);
        const begun = await restore();
        t.equal(begun.code, 0, begun.stderr);
        formation += 1;
        const founder = await firstOf(lab.hosts, what, reached);
        await founder.powerCut();
        await founder.boot();
        const founded = async () =>
          (await lab.status()).notices.some(
            ({ code, facts }) =>
              code === 'restored_from_snapshot' && 'formations' in facts && facts.formations === formation,
          );
        await until('the cluster is founded', founded, { within: 180_000, every: 500 });
        await lab.healthy(180_000);
        t.equal((await first.etcdctl('get', 'before', '--print-value-only')).stdout.trim(), 'v');
      });
    }

    await t.test('where every state folder is mounted noexec, that is said before anything stops', async (t) => {
      for (const host of lab.hosts) {
        await host.must(`rm -rf ${state}/tools`);
        await host.must(`mount --bind ${state} ${state} && mount -o remount,bind,noexec ${state}`);
      }
      const told = async () => {
        const { members } = await lab.status();
        return members.every(({ status }) => status?.restoreTool !== undefined && status.restoreTool.obstacle !== null);
      };
      await until('it is reported', told, { within: 60_000, every: 500 });
      const { code, stderr } = await restore();
      t.equal(code, 1);
      const obstacle = (await lab.status()).members[0]?.status?.restoreTool?.obstacle;
      if (!obstacle) throw new Error('it is not reported');
      t.match(obstacle, { code: 'tool_folder_noexec', facts: { mountPoint: state } });
      const why = reason('cannot_run_stored_tool', { why: obstacle });
      t.match(stderr, inWords(reason('of_member', { member: 'x-k3s-m-1', why })));
      t.type(await etcdPid(first), 'number');
    });
  },
);
