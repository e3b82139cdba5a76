import { failure } from '@picket/shared/errors.ts';
import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { nothingJoined, type ReleaseFacts, requireRelease } from '../../src/declaration/require-release.ts';
import type { NodeRecord } from '../../src/inventory/inventory.ts';
import { Scene } from '../controller/support/situations.ts';
import { refusalOf } from '../support/refusal.ts';

function stored(
  version: string,
  architecture: ReleaseView['architecture'],
  name: 'etcd' | 'etcdutl' = 'etcd',
): ReleaseView {
  const sha256 = `${version}${architecture}`.padEnd(64, '0');
  const programs = [{ name, sha256, sizeBytes: 1 }];
  return { sha256, name: 'file', architecture, version, programs, addedAt: '2026-11-30T12:00:00Z' };
}

/** Nodes on machines of these architectures, as Node.js names them. */
function machines(...archs: readonly string[]): readonly NodeRecord[] {
  return archs.map(
    (arch, index) =>
      ({ kind: 'member', member: `m-${index + 1}`, evictedAt: null, facts: { arch } }) as unknown as NodeRecord,
  );
}

function refusalFor(version: string, facts: Partial<ReleaseFacts>) {
  return refusalOf(() =>
    requireRelease({ name: 'x', etcd: { source: 'release', version } }, { ...nothingJoined, releases: [], ...facts }),
  );
}

const both = ['3.5.34', '3.6.16'].flatMap((version) => [stored(version, 'amd64'), stored(version, 'arm64')]);

t.test('a release that the store has for each machine is taken, and the package always is', (t) => {
  requireRelease({ name: 'x', etcd: { source: 'package' } }, { ...nothingJoined, releases: [] });
  requireRelease({ name: 'x' }, { ...nothingJoined, releases: [] });
  t.equal(refusalFor('3.6.16', { releases: both, nodes: machines('arm64', 'x64') }), null);
  t.equal(refusalFor('3.6.16', { releases: [stored('3.6.16', 'arm64')] }), null, 'nobody has joined yet');
  t.end();
});

t.test('what the store lacks is refused with the name of the archive', (t) => {
  const missing = (file: string) => failure('release_missing', { cluster: 'x', version: '3.6.16', file });
  const refusal = (file: string) => ({ code: 'release_missing', facts: missing(file).facts });
  t.same(refusalFor('3.6.16', {}), refusal('etcd-v3.6.16-linux-ARCH.tar.gz'));
  const onlyArm = { releases: [stored('3.6.16', 'arm64')], nodes: machines('arm64', 'x64') };
  t.same(refusalFor('3.6.16', onlyArm), refusal('etcd-v3.6.16-linux-amd64.tar.gz'));
  const onlyTool = { releases: [stored('3.6.16', 'arm64', 'etcdutl')], nodes: machines('arm64') };
  t.same(refusalFor('3.6.16', onlyTool), refusal('etcd-v3.6.16-linux-arm64.tar.gz'));
  t.end();
});

t.test('R17 a version that this Picket does not know is refused', (t) => {
  for (const version of ['3.4.38', '3.8.3', '3.8.0-rc.1', '4.0.0'])
    t.match(
      refusalFor(version, { releases: [stored(version, 'arm64')] }),
      { code: 'release_refused_for_cluster' },
      version,
    );
  t.end();
});

t.test('a machine for which there are no releases is named', (t) => {
  const refusal = refusalFor('3.6.16', { releases: both, nodes: machines('arm64', 'arm') });
  t.match(refusal, { facts: { reason: reason('no_release_for_machine', { member: 'm-2', architecture: 'arm' }) } });
  t.end();
});

t.test(
  'R17 another minor version than the cluster was founded with is refused, from the choice of the founder on',
  (t) => {
    const { progress } = Scene.formed(3);
    const given = { releases: both, nodes: machines('arm64') };
    t.equal(refusalFor('3.5.34', { ...given, progress }), null);
    t.match(refusalFor('3.6.16', { ...given, progress }), {
      code: 'minor_needs_upgrade',
      facts: { runs: '3.5', version: '3.6.16' },
    });
    const founding = new Scene().joins(1);
    founding.settle();
    t.match(refusalFor('3.6.16', { ...given, progress: founding.progress }), { code: 'minor_needs_upgrade' });
    const unknown = { ...progress, etcdMinor: null, formation: { ...progress.formation, installed: undefined } };
    t.match(refusalFor('3.5.34', { ...given, progress: unknown as unknown as ReleaseFacts['progress'] }), {
      code: 'release_refused_for_cluster',
      facts: { reason: reason('minor_unknown') },
    });
    t.end();
  },
);

t.test('a version that can lose data is refused, unless each member runs that version as its package', (t) => {
  const releases = [stored('3.5.16', 'arm64')];
  const scene = Scene.formed(3);
  const runs = (...versions: readonly string[]) => {
    for (const [index, version] of versions.entries()) scene.reports(index + 1, { etcd: { version } });
    const { progress } = scene;
    return refusalFor('3.5.16', { releases, progress, status: scene.status(), nodes: machines('arm64') });
  };
  t.match(runs('3.5.33', '3.5.33', '3.5.33'), { code: 'release_refused_for_cluster' });
  t.match(runs('3.5.16', '3.5.16', '3.5.33'), { code: 'release_refused_for_cluster' });
  t.equal(runs('3.5.16', '3.5.16', '3.5.16'), null);
  t.match(refusalFor('3.5.16', { releases }), { code: 'release_refused_for_cluster' }, 'a new cluster');
  t.end();
});
