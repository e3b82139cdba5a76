import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { architectureOf, type ReleaseView } from '@picket/shared/protocol/releases.ts';
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

t.test('restore drill under OpenRC, on hosts without etcdutl', labNeeded, async (t) => {
  const lab = await labOf(t, { etcdutl: false });
  const [first] = lab.hosts as [LabHost];
  const put = async (key: string) => t.equal((await first.etcdctl('put', key, 'v')).code, 0, `put ${key}`);
  const value = async (key: string) => (await first.etcdctl('get', key, '--print-value-only')).stdout.trim();
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy();
  await put('before');
  const taken = await lab.picket('snapshot', 'take', cluster, '--output', 'json');
  const { id } = JSON.parse(taken.stdout) as SnapshotView;
  await put('after');
  const restore = () => lab.picket('cluster', 'restore', cluster, '--snapshot', id, '--force', '--confirm', cluster);
  const arch = architectureOf(process.arch) ?? '';

  await t.test('it is refused before any etcd stops, and the command that helps is named', async (t) => {
    const before = await etcdPid(first);
    t.type(before, 'number');
    const { code, stderr } = await restore();
    t.equal(code, 1);
    const why = reason('no_tool_to_restore', { architecture: arch });
    t.match(stderr, inWords(reason('of_member', { member: 'x-k3s-m-1', why })));
    t.equal(await etcdPid(first), before);
    t.equal(await value('after'), 'v');
  });

  await t.test('with one in the release store, the founder fetches it and the snapshot is restored', async (t) => {
    const file = await hiddenEtcdutl();
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    const added = await lab.picket('release', 'add', file, '--sha256', sha256, '--output', 'json');
    t.match(JSON.parse(added.stdout) as ReleaseView, { sha256, architecture: arch });
    const begun = await restore();
    t.equal(begun.code, 0, begun.stderr);
    await until(
      'formation 2 is founded',
      async () =>
        (await lab.status()).notices
          .map(({ message }) => message)
          .join()
          .includes('(formation 2)'),
      {
        within: 120_000,
        every: 500,
      },
    );
    await lab.healthy(120_000);
    t.same([await value('before'), await value('after')], ['v', '']);

    const tool = `/var/lib/picket/tools/etcdutl-${sha256}`;
    const have = await Promise.all(lab.hosts.map(async (host) => (await host.run(`test -e ${tool}`)).code === 0));
    t.equal(have.filter(Boolean).length, 1, 'the founder alone has it');
    const founder = lab.hosts[have.indexOf(true)] ?? first;
    t.equal(await founder.must(`stat -c '%U %G %a' ${tool}`), 'root root 755');
    t.equal(
      await founder.must('find /var/lib/picket/etcd/*/member ! -user etcd | wc -l'),
      '0',
      'etcd’s user made its data',
    );
  });
});
