import type { AdvisoriesView } from '@picket/shared/protocol/advisories.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { advisoryNotices, etcdAdvisories } from '../../src/status/etcd-advisories.ts';
import { Scene } from '../controller/support/situations.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode } from '../support/nodes.ts';

/** Members by number that run these versions. */
function running(versions: readonly string[], service = {}): Scene {
  const scene = Scene.formed(versions.length);
  for (const [index, version] of versions.entries()) {
    scene.reports(index + 1, { etcd: { version }, service: { etcdVersion: version, state: 'running', ...service } });
  }
  return scene;
}

const situationOf = (scene: Scene) => {
  const { spec, progress, now } = scene;
  return { spec, progress, status: scene.status(), now };
};
const noticesOf = (scene: Scene) => advisoryNotices(situationOf(scene));

t.test('faults that lose no data are one calm notice for the cluster', async (t) => {
  t.strictSame(noticesOf(running(['3.6.11-r3', '3.6.11-r3', '3.6.11-r3'])), [
    reason('etcd_has_known_faults', { cluster: 'x-k3s', versions: ['3.6.11-r3'], id: 'CVE-2026-73500', count: 1 }),
  ]);
});

t.test('a fault that loses data names the version, the fault, and the first version without it', async (t) => {
  t.strictSame(noticesOf(running(['3.5.2', '3.5.33', '3.5.1'])), [
    reason('etcd_can_lose_data', {
      cluster: 'x-k3s',
      versions: ['3.5.1', '3.5.2'],
      fixes: ['3.5.14'],
      ids: ['etcd-13766', 'etcd-17780'],
      count: 2,
    }),
  ]);
});

t.test('what concerns a cluster depends on its members and on authentication', async (t) => {
  const ids = (scene: Scene) =>
    etcdAdvisories(situationOf(scene)).advisories.flatMap(({ id, verdict }) => (verdict === 'applies' ? [id] : []));
  const alone = running(['3.5.4']);
  t.match(noticesOf(alone), [{ code: 'etcd_can_lose_data', facts: { ids: ['etcd-14370'] } }]);
  t.notOk(ids(running(['3.5.4', '3.5.4', '3.5.4'])).includes('etcd-14370'));
  t.match(noticesOf(running(['3.6.3', '3.6.3', '3.6.3'])), [{ facts: { ids: ['etcd-20340'], fixes: ['3.6.4'] } }]);
  const three = ['3.5.16', '3.5.16', '3.5.16'];
  t.notOk(ids(running(three)).includes('CVE-2026-33413'));
  t.ok(ids(running(three, { authenticationOn: true })).includes('CVE-2026-33413'));
});

t.test('of a member whose etcd does not run, the installed version counts', async (t) => {
  const scene = running(['3.5.33', '3.5.33', '3.5.33']);
  scene.reports(2, { etcd: null, service: { state: 'crashed', etcdVersion: '3.5.2' } });
  t.match(noticesOf(scene), [{ code: 'etcd_can_lose_data', facts: { versions: ['3.5.2'] } }]);
});

t.test('versions without known faults, and versions that nobody knows, need no notice', async (t) => {
  t.strictSame(noticesOf(running(['3.5.33', '3.7.1', '3.6.14'])), []);
  t.strictSame(noticesOf(running(['3.9.1', 'unknown', ''])), []);
  t.strictSame(noticesOf(Scene.formed(3)), []);
});

t.test('the API lists versions with their members, and each fault with what to do', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const of = async () => (await coordinator.admin.get('/v1/clusters/x-k3s/advisories')).json<AdvisoriesView>();
  t.strictSame(await of(), { cluster: 'x-k3s', versions: [], advisories: [] });
  const node = await joinNode(coordinator, 1);
  await node.report({ service: { ...readyStatus().service, etcdVersion: '3.5.16' } });
  const { versions, advisories } = await of();
  t.strictSame(versions, [{ version: '3.5.16', members: ['x-k3s-m-1'] }]);
  t.match(advisories[0], {
    id: 'CVE-2026-73500',
    alsoKnownAs: ['GHSA-6vch-q96h-7gc3'],
    verdict: 'applies',
    versions: ['3.5.16'],
    fixed: ['3.5.33', '3.6.14', '3.7.1'],
    action: /firewall/,
  });
  t.equal((await coordinator.admin.get('/v1/clusters/nowhere/advisories')).status, 404);
});
