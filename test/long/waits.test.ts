import type { MemberView } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

t.test('--wait returns once what was ordered is so', async (t) => {
  const fleet = await fleetOf(t, { members: 4, declared: 3 });
  const names = fleet.machines.map(({ name }) => name);
  const [first, , third, fourth] = fleet.machines as [Machine, Machine, Machine, Machine];
  await joinAll(fleet, names.slice(0, 3));
  await healthy(fleet);
  const find = async (name: string) => (await fleet.status(cluster)).members.find((one) => one.name === name);
  /** Runs it to its end, without which a test of `--wait` says nothing. */
  const ordered = async (...args: readonly string[]) => {
    const ran = await fleet.picket(...args, '--wait', '--timeout', '3m');
    t.equal(ran.code, 0, `${args.join(' ')}\n${ran.stderr}`);
    t.match(ran.stderr, /^Done: /m);
  };

  const leads = ({ memberId, status }: MemberView) => status?.etcd?.leader === memberId;
  const follower = (await fleet.status(cluster)).members.find((one) => !leads(one));
  if (follower === undefined) throw new Error('nobody follows');
  await ordered('member', 'move-leader', cluster, follower.name);
  await until(
    'it reports that it leads',
    async () => (await fleet.status(cluster)).members.every(({ status }) => status?.etcd?.leader === follower.memberId),
    { within: 30_000, every: 200 },
  );

  const pids = await etcdPids(first);
  await ordered('member', 'restart', cluster, first.name);
  t.strictNotSame(await etcdPids(first), pids, 'its etcd is another process');

  await ordered('cluster', 'set', cluster, 'heartbeatIntervalMs=150');
  t.equal((await fleet.status(cluster)).rollout, null, 'no member lacks the setting');

  const adding = ordered('member', 'add', cluster, fourth.name, '--address', fourth.address, '--allow-even', '--yes');
  await until('it is declared', async () => (await find(fourth.name)) !== undefined, { within: 30_000, every: 200 });
  await joinAll(fleet, [fourth.name]);
  await adding;
  t.equal((await find(fourth.name))?.phase, 'voter');

  await ordered('member', 'remove', cluster, fourth.name, '--yes');
  t.equal(await find(fourth.name), undefined);
  t.notMatch((await fleet.etcdctl(first, 'member', 'list')).stdout, fourth.name);

  await healthy(fleet);
  const before = (await find(third.name))?.memberId;
  await third.stopAgent('SIGKILL');
  for (const pid of await etcdPids(third)) process.kill(pid, 'SIGKILL');
  const refusesAsHeard = async () => {
    const { nodeId } = (await find(third.name)) ?? {};
    return fleet
      .ask((api) => api.evictNode({ id: nodeId ?? '', body: { lost: true, dryRun: true } }))
      .catch(() => 'refused');
  };
  await until('it counts as silent', async () => (await refusesAsHeard()) !== 'refused', {
    within: 90_000,
    every: 1000,
  });
  await ordered('node', 'evict', third.name, '--lost', '--yes');
  t.notMatch((await fleet.etcdctl(first, 'member', 'list')).stdout, String(before));
});
