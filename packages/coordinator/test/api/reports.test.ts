import type { Server } from 'node:https';
import { failure } from '@picket/shared/errors.ts';
import { exportPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { ReportAnswer, ReportRequest } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { startRelay } from '../../../../test/support/relay.ts';
import { until } from '../../../../test/support/until.ts';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { freshFor } from '../../src/model/waits.ts';
import { type Client, makeClient } from '../support/client.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode } from '../support/nodes.ts';
import { reasonsOf } from '../support/said.ts';

t.test('the answer to a report says how often to report and what the cluster waits for', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const { waitsFor, mark, ...answer } = (await node.report()).json<ReportAnswer>();
  t.same(reasonsOf(waitsFor), [reason('founds', { member: 'x-k3s-m-1', why: reason('etcd_not_started') })]);
  const now = new Date(coordinator.clock.now).toISOString();
  t.same(answer, { everySeconds: 10, now, takesLogFacts: true });
  t.match(mark, { process: String, at: coordinator.clock.now });
});

t.test('R2 R16: a report that was on its way while the network was cut is as old as its sending', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { certificate, key, client } = await joinNode(coordinator, 1);
  const relay = await startRelay(t, coordinator.port);
  const far = makeClient(relay.port, coordinator.authority, { certificate, key: exportPrivateKeyPem(key) });
  t.teardown(() => far.close());
  const report = (over: Client, sequence: number, sent?: ReportRequest['sent']) => {
    const body: ReportRequest = { run: 1, sequence, basis: null, changed: readyStatus() };
    return over.post('/v1/node/report', sent === undefined ? body : { ...body, sent });
  };
  const reportedAt = async () => {
    const { members } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
    return Date.parse(members[0]?.reportedAt ?? '') - begun;
  };
  const begun = coordinator.clock.now;
  const { mark } = (await report(far, 1)).json<ReportAnswer>();
  if (mark === undefined) throw new Error('it has no mark');
  t.equal(await reportedAt(), 0);
  coordinator.clock.now += 10_000;
  relay.holdRequests();
  const delayed = report(far, 2, { ...mark, after: 10_000 });
  await until('the report is on its way', () => relay.held() > 0, { within: 30_000 });
  coordinator.clock.now += 300_000;
  relay.release();
  t.equal((await delayed).status, 200);
  t.equal(await reportedAt(), 10_000, 'it says nothing about now');
  t.match((await delayed).json<ReportAnswer>().waitsFor, [
    { facts: { why: reason('report_came_late', { seconds: 300 }) } },
  ]);
  t.equal((await report(client, 3)).status, 200);
  t.equal(await reportedAt(), 310_000, 'a report without a mark counts from its arrival');
});

t.test(
  'R2: a connection that is idle for as long as a report counts is closed: an older agent sends no mark',
  async (t) => {
    const { running } = await testCoordinator(t);
    const { keepAliveTimeout } = running.app.server as Server;
    t.ok(keepAliveTimeout < freshFor);
  },
);

t.test('a delta against an unknown status is answered with 409, and the whole status is accepted then', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { client } = await joinNode(coordinator, 1);
  const run = 2;
  const delta = await client.post('/v1/node/report', { run, sequence: 5, basis: 4, changed: {} });
  t.equal(delta.status, 409);
  t.strictSame(delta.json(), failure('report_basis_unknown', {}).toWire());
  const whole = await client.post('/v1/node/report', { run, sequence: 6, basis: null, changed: readyStatus() });
  t.equal(whole.status, 200);
});

t.test('a status with an unknown field is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const service = { ...readyStatus().service, colour: 'blue' };
  t.strictSame(
    (await node.report({ service })).json(),
    failure('invalid_request', { problem: 'body/changed/service has the unknown field "colour"' }).toWire(),
  );
});
