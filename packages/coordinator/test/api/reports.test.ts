import type { ReportAnswer } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode } from '../support/nodes.ts';
import { messagesOf } from '../support/said.ts';

t.test('the answer to a report says how often to report and what the cluster waits for', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const { waitsFor, ...answer } = (await node.report()).json<ReportAnswer>();
  t.same(messagesOf(waitsFor), ['x-k3s-m-1 to found the cluster: its etcd was not started yet']);
  const now = new Date(coordinator.clock.now).toISOString();
  t.same(answer, { everySeconds: 10, now, takesLogFacts: true });
});

t.test('a delta against an unknown status is answered with 409, and the whole status is accepted then', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { client } = await joinNode(coordinator, 1);
  const run = 2;
  const delta = await client.post('/v1/node/report', { run, sequence: 5, basis: 4, changed: {} });
  t.equal(delta.status, 409);
  t.equal(delta.error, 'report_basis_unknown: The coordinator does not have the status that this report is based on.');
  const whole = await client.post('/v1/node/report', { run, sequence: 6, basis: null, changed: readyStatus() });
  t.equal(whole.status, 200);
});

t.test('a status with an unknown field is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const service = { ...readyStatus().service, colour: 'blue' };
  t.equal(
    (await node.report({ service })).error,
    'invalid_request: The request is not valid: body/changed/service has the unknown field colour.',
  );
});
