import { failure } from '@picket/shared/errors.ts';
import type { ReportAnswer, ReportRequest } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { reporter } from '../../src/report/report.ts';
import { unobserved } from '../../src/report/report-status.ts';

const status = readyStatus();

/** An agent's reporter, and a coordinator that can lose what it holds, and its answers. */
function given() {
  const coordinator = {
    forgets: false,
    isSilent: false,
    isOld: false,
    at: 5000,
    reports: [] as ReportRequest[],
    adds: {},
  };
  const clock = { up: 0 };
  const report = async (request: ReportRequest): Promise<ReportAnswer> => {
    coordinator.reports.push(request);
    if (coordinator.isSilent)
      throw failure('coordinator_unreachable', { url: 'https://127.0.0.1', reason: 'it is silent' });
    const mark = { process: 'process1', at: coordinator.at };
    const takes = coordinator.isOld ? {} : { takesLogFacts: true as const, mark };
    if (coordinator.isOld && request.sent !== undefined)
      throw failure('invalid_request', { problem: 'body has the unknown field "sent"' });
    if (coordinator.isOld && request.changed.service?.logFacts !== undefined)
      throw failure('invalid_request', { problem: 'body has the unknown field "logFacts"' });
    if (coordinator.forgets && request.basis !== null) throw failure('report_basis_unknown', {});
    return { everySeconds: 10, now: '2027-03-01T12:00:00Z', waitsFor: [], ...takes, ...coordinator.adds };
  };
  const deps = {
    clock: { monotonic: () => clock.up },
    run: 1,
    after: 0,
    everySeconds: null,
    failpoint: () => undefined,
  };
  return { coordinator, clock, agent: reporter({ ...deps, coordinator: { report } }) };
}
const changed = { ...status, restoreTool: { installed: null, obstacle: null } };

t.test('a report holds what is new since the last one', async (t) => {
  const { coordinator, agent } = given();
  await agent.send(status);
  t.equal(agent.isDue(status), false);
  await agent.send(changed);
  t.match(coordinator.reports.at(-1), { basis: 1, changed: { restoreTool: { installed: null } } });
  t.same(Object.keys(coordinator.reports.at(-1)?.changed ?? {}), ['restoreTool']);
});

t.test('a coordinator that lost the status gets the whole one at once', async (t) => {
  const { coordinator, agent } = given();
  await agent.send(status);
  coordinator.forgets = true;
  await agent.send(changed);
  t.match(coordinator.reports.at(-1), { basis: null, changed });
});

t.test('after a report without an answer, the next holds everything', async (t) => {
  const { coordinator, agent } = given();
  await agent.send(status);
  coordinator.isSilent = true;
  await t.rejects(agent.send(changed), { code: 'coordinator_unreachable' });
  coordinator.isSilent = false;
  await agent.send(changed);
  t.match(coordinator.reports.at(-1), { basis: null, changed });
});

const logFacts = [{ reason: { code: 'etcd_connection_refused', facts: { remote: '192.168.7.12' } }, at: null }];
const ailing = { ...status, service: { ...status.service, logFacts } };

t.test('what the log of etcd shows is reported once the coordinator has said that it takes that', async (t) => {
  const { coordinator, agent } = given();
  await agent.send(ailing);
  t.equal(coordinator.reports.at(-1)?.changed.service?.logFacts, undefined);
  await agent.send(ailing);
  t.match(coordinator.reports.at(-1), { basis: 1, changed: { service: { logFacts } } });
  await agent.send(ailing);
  t.same(coordinator.reports.at(-1)?.changed, {}, 'it is there');
});

t.test('R14: a node copies no backup at the word of a coordinator whose dates it cannot judge', async (t) => {
  const name = 'picket-abc-20261203T031500Z.tar.gz.age';
  const backupCopy = { name, sizeBytes: 1, sha256: 'a'.repeat(64) };
  const { coordinator, agent } = given();
  coordinator.adds = { backupCopy };
  t.strictSame((await agent.send(status)).backupCopy, backupCopy);
  coordinator.adds = { backupCopy, undated: true };
  t.equal((await agent.send(status)).backupCopy, null);
});

t.test('an older coordinator, also in place of a newer one, gets no report that it would refuse', async (t) => {
  const { coordinator, agent } = given();
  await agent.send(ailing);
  await agent.send(ailing);
  Object.assign(coordinator, { isOld: true, forgets: true });
  await agent.send({ ...ailing, etcd: null });
  t.match(coordinator.reports.at(-1), { basis: null });
  coordinator.forgets = false;
  for (const one of [ailing, { ...ailing, etcd: null }]) await agent.send(one);
  t.equal(
    coordinator.reports.slice(-3).some(({ changed }) => changed.service?.logFacts !== undefined),
    false,
  );
});

t.test(
  'R2 R16: a report says how long after the last answer it was sent, also after one without an answer',
  async (t) => {
    const { coordinator, clock, agent } = given();
    const sent = () => coordinator.reports.at(-1)?.sent;
    await agent.send(status);
    t.equal(sent(), undefined, 'no coordinator has given a mark');
    clock.up = 10_000.7;
    coordinator.at = 15_002;
    await agent.send(status);
    t.same(sent(), { process: 'process1', at: 5000, after: 10_000 });
    coordinator.isSilent = true;
    clock.up = 20_001;
    await t.rejects(agent.send(status), { code: 'coordinator_unreachable' });
    t.same(sent(), { process: 'process1', at: 15_002, after: 10_000 });
    clock.up = 90_001;
    await t.rejects(agent.send(status), { code: 'coordinator_unreachable' });
    t.same(sent(), { process: 'process1', at: 15_002, after: 80_000 }, 'this one may be delayed as well');
  },
);

t.test('an older coordinator in place of a newer one gets the report again without a mark', async (t) => {
  const { coordinator, agent } = given();
  await agent.send(status);
  coordinator.isOld = true;
  await agent.send(status);
  t.match(coordinator.reports.at(-1), { basis: null, sent: undefined });
  t.equal(coordinator.reports.length, 3);
  coordinator.isOld = false;
  await agent.send(status);
  await agent.send(status);
  t.match(coordinator.reports.at(-1)?.sent, { at: 5000 });
});

t.test('R19 the report on a node that can no longer be observed does not repeat what its etcd said', (t) => {
  const whole = readyStatus();
  const before = { ...whole, service: { ...whole.service, leaderlessVersion: '3.5.30', noWayBack: true } as const };
  const { leaderlessVersion, noWayBack } = unobserved(before, null, reason('look_hangs')).service;
  t.strictSame([leaderlessVersion, noWayBack], [undefined, true]);
  t.end();
});
