import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { reasonsOf } from '../../packages/coordinator/test/support/said.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { asPicketPrints, printedError } from '../support/printed-error.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';

t.jobs = 2;

t.test('R3: two have joined, and status says that the third is waited for', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet, ['x-k3s-m-1']);
  await until('the first has founded', async () => (await fleet.status(cluster)).clusterId, {
    within: 60_000,
    every: 300,
  });
  await joinAll(fleet, ['x-k3s-m-2']);
  const waits = await until(
    'the second stays a learner',
    async () => {
      const { members, waitsFor } = await fleet.status(cluster);
      return members[1]?.phase === 'learner' && waitsFor.some(isReason('rests_as_learner')) && waitsFor;
    },
    { within: 60_000, every: 500 },
  );
  const missing = [{ member: 'x-k3s-m-3', why: reason('not_joined') }];
  t.same(reasonsOf(waits), [reason('rests_as_learner', { member: 'x-k3s-m-2', missing, after: 2 })]);
  const [first] = fleet.machines as [Machine];
  t.equal((await fleet.etcdctl(first, 'put', 'served', 'meanwhile')).code, 0, 'the founder serves meanwhile');

  await joinAll(fleet, ['x-k3s-m-3']);
  await healthy(fleet);
  const third = fleet.machine('x-k3s-m-3');
  t.equal((await fleet.etcdctl(third, 'get', 'served', '--print-value-only')).stdout.trim(), 'meanwhile');
});

t.test('R1: a formation is abandoned by name while its founder is alone, and never after', async (t) => {
  const fleet = await fleetOf(t);
  const [founder] = fleet.machines as [Machine];
  const clusterId = async (): Promise<string | null> => (await fleet.status(cluster)).clusterId;
  await joinAll(fleet, [founder.name]);
  const first = await until('it has founded', clusterId, { within: 60_000, every: 300 });
  const [incarnation] = await readdir(join(founder.stateDir, 'etcd'));
  const [pid] = await etcdPids(founder);

  const unnamed = await fleet.picket('cluster', 'reset', cluster, '--yes');
  t.equal(unnamed.code, 1);
  t.match(printedError(unnamed.stderr), { code: 'reset_needs_name', facts: { cluster } }, 'R16: it serves');
  const reset = await fleet.picket('cluster', 'reset', cluster, '--confirm', cluster);
  t.equal(reset.code, 0, reset.stderr);
  const second = await until(
    'it has founded again',
    async () => {
      const id = await clusterId();
      return id !== first && id;
    },
    { within: 60_000, every: 300 },
  );
  t.not(second, first, 'it is another cluster');
  t.notSame(await etcdPids(founder), [pid], 'the abandoned etcd was stopped');
  t.ok((await readdir(join(founder.stateDir, 'etcd'))).includes(incarnation ?? ''), 'its data is still there');

  await joinAll(fleet, ['x-k3s-m-2', 'x-k3s-m-3']);
  await healthy(fleet);
  const refused = await fleet.picket('cluster', 'reset', cluster, '--yes');
  t.equal(refused.code, 1);
  const error = failure('reset_refused', { cluster: cluster, reason: reason('second_voter_possible') });
  t.equal(refused.stderr, asPicketPrints(error));
});
