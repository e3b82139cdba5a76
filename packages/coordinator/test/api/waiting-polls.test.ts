import t, { type Test } from 'tap';
import { testCoordinator } from '../support/coordinator.ts';
import { polling } from '../support/handling.ts';
import { createCluster, joinNode, nodeWith, servingAlone } from '../support/nodes.ts';

const path = '/v1/node/desired-state';
const hour = 3_600_000;

/** The founder of a cluster, which knows its state and waits for another one until the time is over. */
async function waitingFounder(t: Test) {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  // Over another connection than the poll's.
  const reporter = nodeWith(coordinator, node);
  await reporter.report();
  const founder = servingAlone((await node.desiredState()).etcd?.incarnation ?? '', node.name);
  await reporter.report(founder);
  const { headers } = await node.client.get(path);
  const time = new AbortController();
  coordinator.timeout = () => time.signal;
  const waits = polling();
  const answer = node.client.get(`${path}?wait=30`, { headers: { 'if-none-match': headers.etag ?? '' } });
  await waits;
  const answered = () => {
    time.abort();
    return answer;
  };
  return { coordinator, founder, node, reporter, answered };
}

t.test('R8: a node that was evicted while its poll waited is not told that nothing has changed', async (t) => {
  const { coordinator, node, answered } = await waitingFounder(t);
  await coordinator.running.directory.evict(node.id, coordinator.clock.now);
  t.match((await answered()).json(), { code: 'node_evicted' });
});

t.test('R5: nor is one whose cluster was frozen meanwhile', async (t) => {
  const { reporter, founder, answered } = await waitingFounder(t);
  await reporter.report({ ...founder, etcd: founder.etcd && { ...founder.etcd, clusterId: 'c2' } });
  t.match((await answered()).json(), { code: 'cluster_frozen' });
});

t.test('R2: nor while nothing can be decided, since that would extend what should end', async (t) => {
  const { coordinator, answered } = await waitingFounder(t);
  coordinator.clock.now += hour;
  coordinator.failpoint = (name) => {
    if (name.endsWith('.before-commit')) throw new Error('the disk is full');
  };
  t.equal((await answered()).status, 500);
});
