import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { ReleaseFetches, ReleaseList } from '@picket/shared/protocol/releases.ts';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
import { hashOf, release } from '../releases/sample-programs.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode } from '../support/nodes.ts';
import { receiver } from '../support/receiver.ts';

t.test('an admin lets the coordinator fetch a release: it is listed, an event, and in the audit log', async (t) => {
  const file = await release('arm64');
  const sha256 = hashOf(file);
  const mirror = await receiver(t);
  mirror.behave = (_request, response) => response.end(file);
  const coordinator = await testCoordinator(t, Date.now(), { releases: { mirror: mirror.url } });
  const { admin } = coordinator;
  const look = async () => (await admin.get('/v1/release-fetches')).json<ReleaseFetches>();
  t.match(await look(), { architectures: [], mirror: mirror.url, items: [] });
  await createCluster(coordinator);
  await joinNode(coordinator, 1);
  t.strictSame((await look()).architectures, ['arm64'], 'of the nodes');

  const body = { version: '3.5.24', architecture: 'arm64' };
  const begun = await admin.request('PUT', `/v1/release-fetches/${sha256}`, { body });
  t.match(begun.json(), { state: 'fetching', ...body });
  await until('the release to be stored', async () => (await look()).items.every(({ state }) => state === 'stored'));
  t.match((await admin.get('/v1/releases')).json<ReleaseList>().items, [{ sha256, version: '3.5.24' }]);
  const { items } = (await admin.get('/v1/events')).json<Page<EventView>>();
  t.match(
    items.find(({ kind }) => kind === 'release'),
    { facts: { by: 'operator ada', done: 'added', sha256 } },
  );
  const audit = JSON.stringify((await admin.get('/v1/audit')).json());
  t.match(audit, `release ${sha256}`);
});

t.test('a version becomes no other path of the mirror', async (t) => {
  const { admin } = await testCoordinator(t);
  for (const version of ['../3.5.24', '3.5', '3.5.24/..', 'v3.5.24', '3.5.24?x']) {
    const body = { version, architecture: 'arm64' };
    const { status } = await admin.request('PUT', `/v1/release-fetches/${'a'.repeat(64)}`, { body });
    t.equal(status, 400, version);
  }
});
