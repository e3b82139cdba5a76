import type { MachineReport, NodeStatus } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { said } from '../../../../test/support/said.ts';
import { plan } from '../../src/reconcile/plan/plan.ts';
import { awaitedIndex, delta, isUrgent } from '../../src/report/report.ts';
import { nodeStatus } from '../../src/report/report-status.ts';
import { noNews } from '../../src/report/service-news.ts';
import { accepted, asDesired, listed, paths, report } from '../reconcile/samples.ts';

const machine: MachineReport = {
  disk: { totalBytes: 29e9, freeBytes: 20e9 },
  memory: null,
  temperatureCelsius: 51,
  clockOffsetMs: 0,
  walFsyncP99Ms: 4,
};

function status(change: Partial<NodeStatus> = {}): NodeStatus {
  const current = asDesired();
  const facts = {
    version: '0.1.0',
    startedAt: '2027-03-01T12:00:00Z',
    troubles: [],
    rejected: null,
    remarks: [],
    restoreTool: null,
    identity: null,
    paths,
    machine,
    news: noNews,
  };
  return {
    ...nodeStatus({ ...facts, accepted: accepted(), current, plan: plan(accepted(), current, paths) }),
    ...change,
  };
}

t.test('a delta holds the fields that differ, and all of them if the receiver holds nothing', async (t) => {
  t.strictSame(Object.keys(delta(null, status())), ['agent', 'service', 'etcd', 'certificates', 'lastStep', 'machine']);
  t.strictSame(delta(status(), status()), {});
  t.strictSame(delta(status(), status({ etcd: null })), { etcd: null });
});

t.test('phases are urgent, numbers that always change are not', async (t) => {
  const held = status();
  const etcd = (change: object) => status({ etcd: { ...report, ...change } });
  const moved = etcd({
    raftIndex: 900,
    raftAppliedIndex: 900,
    dbSizeBytes: 1,
    membersAsOf: 899,
    dbSizeInUseBytes: 1,
    revision: 9,
  });
  t.equal(isUrgent(held, moved, null), false);
  t.equal(isUrgent(held, status({ machine: { ...machine, temperatureCelsius: 80 } }), null), false);
  const logged = status({ service: { ...held.service, lastLog: ['one more line'] } });
  t.equal(isUrgent(held, logged, null), false);
  const logFacts = [{ reason: { code: 'etcd_lost_entries', facts: {} }, at: null }];
  t.equal(isUrgent(held, status({ service: { ...held.service, logFacts } }), null), false);
  t.equal(isUrgent(null, held, null), true);
  for (const change of [
    { healthy: false },
    { leader: '0' },
    { members: [listed('a1')] },
    { linearizableRead: false },
    { alarms: ['NOSPACE'] },
  ]) {
    t.equal(isUrgent(held, etcd(change), null), true, JSON.stringify(change));
  }
  t.equal(isUrgent(held, status({ certificates: [] }), null), true);
  t.equal(isUrgent(held, status({ agent: { ...held.agent, generationApplied: 9 } }), null), true);
  t.equal(
    isUrgent(held, status({ lastStep: { id: 'step00000001', member: 'x', outcome: 'done', reason: said('') } }), null),
    true,
  );
});

t.test('after a changed member list, a newer list is reported once more', async (t) => {
  const first = status({ etcd: { ...report, members: [listed('a1')], raftAppliedIndex: 50, membersAsOf: 48 } });
  const awaited = awaitedIndex(status(), first, null);
  t.equal(awaited, 50);
  const older = status({ etcd: { ...first.etcd!, membersAsOf: 49 } });
  const newer = status({ etcd: { ...first.etcd!, membersAsOf: 50 } });
  t.equal(isUrgent(first, older, awaited), false);
  t.equal(isUrgent(first, newer, awaited), true);
  t.equal(awaitedIndex(first, newer, awaited), null);
});
