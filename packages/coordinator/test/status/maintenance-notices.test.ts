import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { EtcdReport, NodeStatus } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { said } from '../../../../test/support/said.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode, servingAlone } from '../support/nodes.ts';
import { messagesOf } from '../support/said.ts';

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
  t.match(messagesOf(notices), [
    /^The database of x-k3s-m-1 is full \(NOSPACE\): etcd takes no writes except deletions/,
  ]);
  t.match(messagesOf(waitsFor), ['x-k3s-m-1 to drop the history of the keys: the database is full (NOSPACE)']);
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
  t.match(
    messagesOf(proven.notices).join('\n'),
    'Hashes of the keys at revision 1: x-k3s-m-1 0a1b2c3d (never compacted). See docs/how-to/repair-a-damaged-database.md.',
  );
  t.equal((await founder.desiredState()).maintenance, undefined);
});

t.test('a database that comes near its quota is reported before it is full', async (t) => {
  const { shownAfter } = await founded(t);
  const [dbSizeBytes, dbSizeInUseBytes] = [1_900_000_000, 1_800_000_000];
  t.match(messagesOf((await shownAfter({ dbSizeBytes, dbSizeInUseBytes })).notices), [
    'x-k3s-m-1: its database has 1900.0 MB (1800.0 MB in use), and its quota is 2147.5 MB. At the quota etcd takes no writes.',
  ]);
  t.same((await shownAfter({ dbSizeBytes: 1_500_000_000, dbSizeInUseBytes })).notices, []);
});

t.test('the end of an order is taken from a report, and recorded', async (t) => {
  const { shownAfter, founder } = await founded(t);
  const full = { alarms: ['NOSPACE on a1'], dbSizeBytes: 2_100_000_000, dbSizeInUseBytes: 2_000_000_000 };
  await shownAfter(full);
  const id = (await founder.desiredState()).maintenance?.id ?? '';
  const { waitsFor } = await shownAfter(full, { lastMaintenance: { id, outcome: 'done', reason: said('it is gone') } });
  t.match(messagesOf(waitsFor), ['x-k3s-m-1 to report the size of its database after the history was dropped']);
  t.equal((await founder.desiredState()).maintenance, undefined);
});
