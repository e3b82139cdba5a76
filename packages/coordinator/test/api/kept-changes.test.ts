import { failure } from '@picket/shared/errors.ts';
import type { AuditEntry } from '@picket/shared/protocol/audit.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { placesIn } from '../../src/files/data-dir.ts';
import type { CoordinatorFailpoint } from '../../src/model/failpoints.ts';
import { hashOf, program } from '../releases/sample-programs.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, createToken, joinNode } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';
import { clusterPath, founded } from '../support/snapshots.ts';
import { tamper } from '../support/tampering.ts';

const change = { headers: { 'if-match': '"1"' }, body: { allowDowntime: true, tuning: { heartbeatIntervalMs: 250 } } };
const kept = wireRefusal('change_kept');

t.test('R12: an operator whose change is stored is told so when a step after it fails', async (t) => {
  const { coordinator, founder } = await founded(t);
  failAt(coordinator, 'publish.before-commit', 2);
  const answer = await coordinator.admin.request('PATCH', clusterPath, change);
  t.match([answer.status, answer.json()], [500, kept]);
  t.match(await newest(coordinator), {
    outcome: 'change_kept',
    before: { revision: 1, tuning: { heartbeatIntervalMs: 500 } },
    after: { revision: 2, tuning: { heartbeatIntervalMs: 250 } },
  });
  await founder.report();
  t.match((await coordinator.admin.get(clusterPath)).json(), { spec: { revision: 2 } });
});

t.test('R12: and when what follows the commit fails in memory', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  failAt(coordinator, 'publish.after-commit', 1);
  const answer = await coordinator.admin.post(`/v1/nodes/${node.id}/evict`);
  t.match([answer.status, answer.json()], [500, kept]);
  const again = (body: object) => coordinator.admin.post(`/v1/nodes/${node.id}/evict`, body);
  const already = failure('already_so', { reason: reason('evicted_already', { nodeId: node.id }) }).toWire();
  for (const body of [{}, { lost: true }]) t.same((await again(body)).json(), already);
  t.equal((await again({ compromised: true })).status, 404, 'of such a machine more must end than its identity');
});

t.test('R12: and when only the answer could not be made', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { executor } = coordinator.running;
  Object.assign(executor, {
    frozen() {
      throw new Error('no answer');
    },
  });
  const answer = await coordinator.admin.post('/v1/tokens', { cluster: 'x-k3s' });
  t.match([answer.status, answer.json()], [500, kept]);
  t.match(await newest(coordinator), { outcome: 'change_kept', after: { cluster: 'x-k3s' } });
});

t.test('R12: and when a program is in the release store, and its event could not be stored', async (t) => {
  const coordinator = await testCoordinator(t);
  const noEvent =
    "create trigger no_event before insert on events when new.kind = 'release' begin select raise(abort, 'full'); end";
  await coordinator.restart(async () => tamper(placesIn(coordinator.config.dataDir).database, noEvent));
  const tool = program('arm64');
  const path = `/v1/releases/${hashOf(tool)}`;
  const headers = { 'content-type': 'application/octet-stream' };
  await coordinator.admin.request('PUT', `${path}/content?offset=0`, { headers, body: tool });
  t.match((await coordinator.admin.post(path, { name: 'etcdutl' })).json(), kept);
  t.match((await coordinator.admin.request('DELETE', path)).json(), kept);
  t.match(await newest(coordinator), { outcome: 'change_kept', before: { architecture: 'arm64' } });
});

t.test('a change that was not stored is not told as kept', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  await createToken(coordinator);
  failAt(coordinator, 'publish.before-commit', 1);
  const answer = await coordinator.admin.request('PATCH', clusterPath, change);
  t.match([answer.status, answer.json()], [500, wireRefusal('internal')]);
  t.match(await newest(coordinator), { outcome: 'internal', before: null, after: null });
});

/** Fails once, when this failpoint is passed for the nth time from now on. */
function failAt(coordinator: TestCoordinator, where: CoordinatorFailpoint, nth: number): void {
  let passed = 0;
  coordinator.failpoint = (name) => {
    if (name !== where) return;
    passed += 1;
    if (passed === nth) throw new Error(`failed at ${where}`);
  };
}

async function newest({ admin }: TestCoordinator): Promise<AuditEntry | undefined> {
  return (await admin.get('/v1/audit?limit=1')).json<Page<AuditEntry>>().items[0];
}
