import { releaseIn } from '@picket/shared/protocol/clusters.ts';
import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { requireEtcd } from '../../src/identity/etcd-of-newcomer.ts';
import { openHouse } from '../authority/samples.ts';
import { createCluster, sampleSpec } from '../inventory/samples.ts';
import { refusalOf } from '../support/refusal.ts';
import { join, joinRequest, newMachine, newToken } from './samples.ts';

const byPackage = sampleSpec();
const byRelease = sampleSpec({ etcd: { source: 'release', version: '3.6.14' } });

function release(change: Partial<ReleaseView> = {}): ReleaseView {
  const programs = [{ name: 'etcd' as const, sha256: 'a'.repeat(64), sizeBytes: 1 }];
  const file = { sha256: 'b'.repeat(64), name: 'etcd-v3.6.14-linux-arm64.tar.gz', addedAt: '2026-01-15T12:00:00.000Z' };
  return { ...file, architecture: 'arm64', version: '3.6.14', programs, ...change };
}

/** The refusal of the first machine of a cluster that runs etcd 3.6. */
function refusal(
  spec: typeof byPackage,
  etcdVersion: string | null,
  { arch = 'arm64', releases = [release()] }: { readonly arch?: string; readonly releases?: ReleaseView[] } = {},
) {
  const release = releaseIn(spec);
  const facts = { arch, etcdVersion };
  return refusalOf(() => requireEtcd({ cluster: spec.name, release, facts, recorded: '3.6', members: [], releases }));
}

t.test('where the cluster takes the package, the installed etcd decides', async (t) => {
  // Only its agent knows the path.
  const found = (version: string) => reason('etcd_found', { version, binary: null });
  t.equal(refusal(byPackage, '3.6.4'), null);
  t.match(refusal(byPackage, null), { code: 'etcd_not_installed' });
  t.match(refusal(byPackage, '3.4.23'), { code: 'etcd_too_old', facts: { found: found('3.4.23'), minimum: '3.5.0' } });
  t.match(refusal(byPackage, '4.0.0'), { code: 'etcd_too_new', facts: { found: found('4.0.0') } });
  t.match(refusal(byPackage, '3.5.16'), { code: 'etcd_minor_differs' });
});

t.test('where the cluster runs a release, the installed etcd does not matter', async (t) => {
  for (const version of [null, '3.4.23', '3.5.16', '4.0.0'])
    t.equal(refusal(byRelease, version), null, String(version));
});

t.test('the release must be stored for the architecture of the machine', async (t) => {
  const facts = { cluster: 'prod', version: '3.6.14' };
  const lacks = (architecture: string) => ({
    code: 'release_not_for_machine',
    facts: { ...facts, architecture, archive: `etcd-v3.6.14-linux-${architecture}.tar.gz` },
  });
  t.same(refusal(byRelease, null, { arch: 'x64' }), lacks('amd64'));
  t.same(refusal(byRelease, null, { releases: [release({ version: '3.6.13' })] }), lacks('arm64'));
  const etcdutl = release({ programs: [{ name: 'etcdutl', sha256: 'c'.repeat(64), sizeBytes: 1 }] });
  t.same(refusal(byRelease, null, { releases: [etcdutl] }), lacks('arm64'), 'a tool alone is no etcd');
});

t.test('etcd has no release for 32-bit Arm that runs there by default', async (t) => {
  t.match(refusal(byRelease, null, { arch: 'arm' }), {
    code: 'architecture_unsupported',
    facts: { architecture: 'arm' },
  });
});

t.test('the answer names the release, and a refusal does not spend the token', async (t) => {
  const house = await openHouse(t);
  await house.authorities.createCluster({ id: 'released00000000', name: 'released', keyType: 'p256' });
  await createCluster(house.inventory, { name: 'released', etcd: { source: 'release', version: '3.6.14' } });
  const token = await newToken(house, { cluster: 'released' });
  const request = joinRequest(await newMachine(1, { etcdVersion: null }), token);
  await t.rejects(join(house, request), { code: 'release_not_for_machine' });
  t.equal((await house.inventory.tokens.find(token.record.id))?.usesSpent, 0);
  t.equal((await join(house, request, undefined, undefined, [release()])).release, '3.6.14');
  const other = joinRequest(await newMachine(1), await newToken(house));
  t.notOk('release' in (await join(house, other)), 'the other cluster takes the package');
});
