import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

t.test('what is lost and what goes on', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);
  const [first, second, third] = fleet.machines as [Machine, Machine, Machine];
  const allPids = () => Promise.all(fleet.machines.map(etcdPids));
  const before = await allPids();

  await t.test('R10: a lost coordinator changes nothing on the nodes', async (t) => {
    await fleet.stopCoordinator('SIGKILL');
    t.equal((await fleet.etcdctl(first, 'put', 'written', 'without a coordinator')).code, 0);
    t.same(await allPids(), before);
  });

  await t.test('R10: without a coordinator an agent still starts an etcd that died', async () => {
    const [pid] = await etcdPids(second);
    process.kill(pid ?? 0, 'SIGKILL');
    await until('another etcd runs', async () => (await etcdPids(second)).some((other) => other !== pid), {
      within: 30_000,
    });
    await until(
      'it serves again',
      async () => (await fleet.etcdctl(second, 'get', 'written', '--print-value-only')).stdout.includes('without'),
      { within: 30_000, every: 300 },
    );
  });

  await t.test('R10: a lost agent never stops etcd, and the next one knows it again', async (t) => {
    const pids = await etcdPids(third);
    await third.stopAgent('SIGKILL');
    t.same(await etcdPids(third), pids);
    third.startAgent();
    await fleet.startCoordinator();
    await healthy(fleet);
    t.same(await etcdPids(third), pids);
  });

  await t.test('R10: an agent told to stop leaves etcd running, and says goodbye', async (t) => {
    const pids = await etcdPids(third);
    const stops = async () =>
      (await fleet.status(cluster)).members.find(({ name }) => name === third.name)?.status?.agent.stops;
    t.notOk(await stops());
    await third.stopAgent('SIGTERM');
    t.same(await etcdPids(third), pids);
    t.equal(await stops(), 'agent');
    third.startAgent();
    await healthy(fleet);
    t.notOk(await stops());
  });

  /**
   * Deletes all files of the data dirs of a machine. Its folders stay: every 30 s, etcd looks there for files that it needs no
   * more, and ends if there is no folder.
   */
  const deleteData = async ({ stateDir }: Machine): Promise<void> => {
    const root = join(stateDir, 'etcd');
    for (const name of await dataDirsIn(root)) {
      const entries = await readdir(join(root, name), { recursive: true, withFileTypes: true });
      for (const entry of entries) if (!entry.isDirectory()) await rm(join(entry.parentPath, entry.name));
    }
  };
  const showsDeleted = ({ name: wanted }: Machine) =>
    until(
      'status shows that the data is deleted',
      async () =>
        (await fleet.status(cluster)).members.some(
          ({ name, status }) => name === wanted && status?.service.dataGone === true && status.etcd?.healthy === true,
        ),
      { within: 30_000, every: 300 },
    );

  await t.test('R4: the data deleted under an etcd that serves: the member is not called healthy', async (t) => {
    const pids = await etcdPids(third);
    await deleteData(third);
    await showsDeleted(third);
    const shown = await fleet.picket('status', cluster);
    t.match(shown.stdout, /^x-k3s-m-3 .* × data deleted /m);
    t.match(shown.stdout, inWords(reason('data_dir_missing', { cluster, member: third.name, obstacle: null })));
    t.notMatch(shown.stdout, `Cluster ${cluster}: healthy`);
    t.same(await etcdPids(third), pids, 'it serves on');
  });

  await t.test('R4: a member whose data dir is gone is never started again, and status says so', async (t) => {
    await third.stopAgent();
    const [pid] = await etcdPids(third);
    process.kill(pid ?? 0, 'SIGKILL');
    await until('etcd has ended', async () => (await etcdPids(third)).length === 0, { within: 10_000 });
    const root = join(third.stateDir, 'etcd');
    for (const name of await dataDirsIn(root)) await rm(join(root, name), { recursive: true });
    third.startAgent();
    const member = await until(
      'status shows the loss',
      async () =>
        (await fleet.status(cluster)).members.find(
          ({ name, status }) => name === third.name && status?.service.state === 'lost-data',
        ),
      { within: 30_000, every: 300 },
    );
    t.match(member.status?.service.reason, { code: 'data_lost' });
    t.same(await etcdPids(third), []);
    t.same(await dataDirsIn(root), []);
    t.equal((await fleet.status(cluster)).state, 'at-risk');
  });

  await t.test('the other two serve on', async (t) => {
    t.equal(
      (await fleet.etcdctl(first, 'get', 'written', '--print-value-only')).stdout.trim(),
      'without a coordinator',
    );
  });

  await t.test('R3: an operator replaces it, and it is a voter again, with another incarnation', async (t) => {
    const incarnation = () =>
      fleet.status(cluster).then(({ members }) => members.find(({ name }) => name === third.name));
    const former = await incarnation();
    const replaced = await fleet.picket('member', 'replace', cluster, third.name, '--yes');
    t.equal(replaced.code, 0, replaced.stderr);
    await healthy(fleet);
    const now = await incarnation();
    t.equal(now?.nodeId, former?.nodeId, 'on the same node');
    t.not(now?.memberId, former?.memberId);
    t.not(now?.incarnation, former?.incarnation);
    const read = () => fleet.etcdctl(third, 'get', 'written', '--print-value-only');
    t.equal((await read()).stdout.trim(), 'without a coordinator');
    t.equal((await fleet.etcdctl(first, 'member', 'list')).stdout.trim().split('\n').length, 3);
  });

  await t.test('R3, R4: a member is replaced while it serves without its data dir', async (t) => {
    const pids = await etcdPids(second);
    await deleteData(second);
    await showsDeleted(second);
    const replaced = await fleet.picket('member', 'replace', cluster, second.name, '--yes');
    t.equal(replaced.code, 0, replaced.stderr);
    await healthy(fleet);
    t.notSame(await etcdPids(second), pids);
    const read = await fleet.etcdctl(second, 'get', 'written', '--print-value-only');
    t.equal(read.stdout.trim(), 'without a coordinator');
  });
});

/** The data dirs in this folder. Beside them lies the version of etcd that each incarnation runs. */
async function dataDirsIn(root: string): Promise<readonly string[]> {
  return (await readdir(root)).filter((name) => !name.endsWith('.version'));
}
