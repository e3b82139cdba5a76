import type { EtcdReport, NodeStatus } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { idleMachine, readyStatus } from '../../../shared/test/samples/node-status.ts';
import { isNews } from '../../src/executor/report-news.ts';
import { servingAlone } from '../support/nodes.ts';

const { service, etcd } = servingAlone('life0001', 'x-k3s-m-1');
if (etcd === null) throw new Error('the sample has no etcd');
const serving: NodeStatus = { ...readyStatus(), service, etcd };
const withEtcd = (changes: Partial<EtcdReport>, from = serving): NodeStatus => ({
  ...from,
  etcd: from.etcd && { ...from.etcd, ...changes },
});
const numbers: Partial<EtcdReport> = {
  raftIndex: 20,
  raftAppliedIndex: 20,
  membersAsOf: 20,
  dbSizeBytes: 40_960,
  dbSizeInUseBytes: 30_000,
  revision: 9,
  raftSnapshotIndex: 20,
};
const held = { purpose: 'server', serial: 'ff', notBefore: '2098-01-01T00:00:00Z', notAfter: '2099-01-01T00:00:00Z' };

t.test('the numbers and figures of an idle member are no news', async (t) => {
  t.notOk(isNews(serving, structuredClone(serving)));
  t.notOk(isNews(serving, withEtcd(numbers)));
  t.notOk(isNews(serving, { ...serving, machine: { ...idleMachine, temperatureCelsius: 51, clockOffsetMs: 3 } }));
  t.notOk(isNews(serving, { ...serving, service: { ...service, lastLog: ['compacted'] } }));
  const logFacts = [{ reason: { code: 'etcd_connection_refused', facts: { remote: null } }, at: null }];
  const ailing = withEtcd({ healthy: false, linearizableRead: false });
  t.notOk(isNews(ailing, { ...ailing, service: { ...service, logFacts } }));
  t.notOk(isNews({ ...serving, etcd: null }, { ...serving, etcd: null, service: { ...service, logFacts } }));
  t.notOk(
    isNews(withEtcd({ isLearner: true, linearizableRead: false }), {
      ...withEtcd({ ...numbers, isLearner: true, linearizableRead: false }),
    }),
  );
});

const { agent } = serving;
const failed = { outcome: 'failed', reason: null } as const;
const news: Readonly<Record<string, Partial<NodeStatus>>> = {
  'a generation seen': { agent: { ...agent, generationSeen: 1 } },
  'a generation applied': { agent: { ...agent, generationApplied: 1 } },
  'a seal': { agent: { ...agent, seal: 'a'.repeat(64) } },
  'an epoch': { agent: { ...agent, epoch: { number: 1, name: 'epoch001' } } },
  'an inventory': { agent: { ...agent, inventory: 'other001' } },
  'another run of the agent': { agent: { ...agent, startedAt: '2026-01-02T00:00:00Z' } },
  'a machine that stops': { agent: { ...agent, stops: 'machine' } },
  'a restart of etcd': { service: { ...service, restarts: 1 } },
  'another incarnation': { service: { ...service, incarnation: 'life0002' } },
  'a crash': { service: { ...service, state: 'crashed' } },
  'lost data': { service: { ...service, state: 'lost-data' } },
  'a missing data directory': { service: { ...service, dataGone: true } },
  'a damaged log': { service: { ...service, damage: 'crc mismatch' } },
  'a used permit': { service: { ...service, lastPermit: 'permit01' } },
  'a hold': { service: { ...service, held: { permit: 'permit01', rebooted: false } } },
  authentication: { service: { ...service, authenticationOn: true } },
  'a read without an identity': { service: { ...service, quorumRead: true } },
  'an etcd that does not answer': { etcd: null },
  'a certificate': { certificates: [{ ...held, purpose: 'server' }] },
  'a membership step': {
    lastStep: { id: 'step0001', member: 'x-k3s-m-2', outcome: 'done', reason: { code: 'done', facts: {} } },
  } as unknown as Partial<NodeStatus>,
  'a snapshot': { lastSnapshot: { id: 'snap0001', ...failed } } as unknown as Partial<NodeStatus>,
  maintenance: { lastMaintenance: { id: 'task0001', ...failed } } as unknown as Partial<NodeStatus>,
};
for (const [what, change] of Object.entries(news)) {
  t.test(`R5, R16: ${what} is news, whether it comes or goes`, async (t) => {
    const changed = { ...serving, ...change };
    t.ok(isNews(serving, changed));
    t.ok(isNews(changed, serving));
  });
}

const etcdNews: readonly Partial<EtcdReport>[] = [
  { leader: 'b2' },
  { raftTerm: 3 },
  { isLearner: true },
  { memberId: 'b2' },
  { clusterId: 'c2' },
  { version: '3.5.17' },
  { members: [] },
];
for (const change of etcdNews) {
  t.test(`R16: ${JSON.stringify(change)} of etcd is news`, async (t) => t.ok(isNews(serving, withEtcd(change))));
}

for (const lost of [{ leader: '0' }, { healthy: false }, { linearizableRead: false }]) {
  t.test(`R16: with ${JSON.stringify(lost)} the last numbers are news: a rescue needs them`, async (t) => {
    const stored = withEtcd(lost);
    t.ok(isNews(serving, stored));
    t.notOk(isNews(stored, structuredClone(stored)));
    t.ok(isNews(stored, withEtcd({ raftAppliedIndex: 9 }, stored)));
  });
}

t.test('every report with an alarm is news: its time counts', async (t) => {
  const alarmed = withEtcd({ alarms: ['NOSPACE a1'] });
  t.ok(isNews(serving, alarmed));
  t.ok(isNews(alarmed, structuredClone(alarmed)));
  t.ok(isNews(alarmed, serving));
});
