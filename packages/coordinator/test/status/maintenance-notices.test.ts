import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { EtcdReport, NodeStatus } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { said } from '../../../../test/support/said.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode, servingAlone } from '../support/nodes.ts';
import { reasonsOf } from '../support/said.ts';

/** A founder that serves alone, and what an operator sees once its etcd reports this. */
async function founded(t: Test) {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const founder = await joinNode(coordinator, 1);
  await founder.report();
  const { etcd: wanted } = await founder.desiredState();
  const { service, etcd } = servingAlone(wanted?.incarnation ?? '', founder.name);
  if (etcd === null) throw new Error('it reports no etcd');
  await founder.report({ service, etcd });
  return {
    founder,
    async shownAfter(change: Partial<EtcdReport>, more: Pick<NodeStatus, 'lastMaintenance'> = {}) {
      t.equal((await founder.report({ service, etcd: { ...etcd, ...change }, ...more })).status, 200);
      return (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
    },
  };
}

t.test('a full database is reported with the member’s name, and the cluster is not healthy', async (t) => {
  const { shownAfter, founder } = await founded(t);
  const { state, notices, waitsFor } = await shownAfter({ alarms: ['NOSPACE on a1'] });
  t.equal(state, 'read-only');
  t.match(reasonsOf(notices), [{ code: 'database_full', facts: { members: ['x-k3s-m-1'] } }]);
  t.strictSame(reasonsOf(waitsFor), [reason('task_done', { executor: 'x-k3s-m-1', task: 'compact' })]);
  t.match((await founder.desiredState()).maintenance, { kind: 'compact', validForSeconds: 90, deadlineSeconds: 1800 });
});

t.test('R16: CORRUPT: the proof is shown, and the ways out if it names nobody', async (t) => {
  const { shownAfter, founder } = await founded(t);
  const raised = { alarms: ['CORRUPT on 0'], healthy: false };
  t.equal((await shownAfter(raised)).state, 'read-only');
  const { id = '', kind } = (await founder.desiredState()).maintenance ?? {};
  t.equal(kind, 'hash');
  const hash = { hash: '0a1b2c3d', revision: 1, compactRevision: -1 };
  const proven = await shownAfter(raised, {
    lastMaintenance: { id, outcome: 'done', reason: reason('keys_hashed', hash), hash },
  });
  t.strictSame(
    reasonsOf(proven.notices).find(({ code }) => code === 'data_compared'),
    reason('data_compared', { revision: 1, hashes: [{ member: 'x-k3s-m-1', ...hash }], unheard: [] }),
  );
  t.equal((await founder.desiredState()).maintenance, undefined);
});

t.test('a database that comes near its quota is reported before it is full', async (t) => {
  const { shownAfter } = await founded(t);
  const [dbSizeBytes, dbSizeInUseBytes] = [1_900_000_000, 1_800_000_000];
  const sizes = { bytes: dbSizeBytes, inUseBytes: dbSizeInUseBytes, quotaBytes: 2 ** 31 };
  t.match(reasonsOf((await shownAfter({ dbSizeBytes, dbSizeInUseBytes })).notices), [
    reason('near_quota', { member: 'x-k3s-m-1', ...sizes }),
  ]);
  t.same((await shownAfter({ dbSizeBytes: 1_500_000_000, dbSizeInUseBytes })).notices, []);
});

t.test('the end of an order is taken from a report, and recorded', async (t) => {
  const { shownAfter, founder } = await founded(t);
  const full = { alarms: ['NOSPACE on a1'], dbSizeBytes: 2_100_000_000, dbSizeInUseBytes: 2_000_000_000 };
  await shownAfter(full);
  const id = (await founder.desiredState()).maintenance?.id ?? '';
  const { waitsFor } = await shownAfter(full, { lastMaintenance: { id, outcome: 'done', reason: said('it is gone') } });
  t.strictSame(reasonsOf(waitsFor), [reason('sizes_reported', { members: ['x-k3s-m-1'] })]);
  t.equal((await founder.desiredState()).maintenance, undefined);
});
