import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { planDowngrade } from '../../src/declaration/plan-downgrade.ts';
import type { NodeRecord } from '../../src/inventory/inventory.ts';
import { Scene } from '../controller/support/situations.ts';
import { refusalOf } from '../support/refusal.ts';

function stored(version: string, architecture: ReleaseView['architecture'] = 'arm64'): ReleaseView {
  const sha256 = `${version}${architecture}`.padEnd(64, '0');
  const programs = [{ name: 'etcd' as const, sha256, sizeBytes: 1 }];
  return { sha256, name: 'file', architecture, version, programs, addedAt: '2026-11-30T12:00:00Z' };
}

interface Cluster {
  readonly runs?: readonly string[];
  readonly declared?: string;
  readonly has?: readonly (string | ReleaseView)[];
  readonly archs?: readonly string[];
}

function factsOf({ runs = ['3.6.14', '3.6.14', '3.6.14'], declared, has = [], archs = ['arm64'] }: Cluster) {
  const scene = Scene.formed(runs.length, { members: runs.length });
  for (const [index, version] of runs.entries()) scene.reports(index + 1, { etcd: { version } });
  scene.settle();
  const nodes = archs.map(
    (arch, index) =>
      ({ kind: 'member', member: `m-${index + 1}`, evictedAt: null, facts: { arch } }) as unknown as NodeRecord,
  );
  const releases = has.map((one) => (typeof one === 'string' ? stored(one) : one));
  const spec =
    declared === undefined ? scene.spec : { ...scene.spec, etcd: { source: 'release', version: declared } as const };
  return { spec, facts: { progress: scene.progress, status: scene.status(), nodes, releases } };
}

/** The stages as texts, or why there is no plan. */
function planned(to: string, cluster: Cluster = {}) {
  const { spec, facts } = factsOf(cluster);
  let plan: readonly string[] = [];
  const refusal = refusalOf(() => {
    plan = planDowngrade(spec, to, facts).map((stage) =>
      stage.kind === 'downgrade' ? `to ${stage.to}` : stage.kind === 'install' ? `${stage.version}` : stage.kind,
    );
  });
  return refusal ?? plan;
}

const refused = (why: object) => ({ code: 'downgrade_refused', facts: { reason: why } });

t.test('R17 etcd lowers its cluster version before any member gets the earlier release', (t) => {
  t.strictSame(planned('3.5.33', { has: ['3.5.33'] }), ['to 3.5', '3.5.33']);
  const members = { runs: ['3.7.1', '3.7.1', '3.7.1'], has: ['3.6.14'] };
  t.strictSame(planned('3.6.14', members), ['to 3.6', '3.6.14']);
  t.end();
});

t.test('R17 two minor versions are two steps, with the newest release between that the store has', (t) => {
  const runs = ['3.7.1', '3.7.1', '3.7.1'];
  t.strictSame(planned('3.5.33', { runs, has: ['3.5.33', '3.6.11', '3.6.14'] }), [
    'to 3.6',
    '3.6.14',
    'to 3.5',
    '3.5.33',
  ]);
  const missing = refused(reason('upgrade_level_missing', { minor: '3.5', least: '3.6.11' }));
  t.match(planned('3.5.33', { runs, has: ['3.5.33'] }), missing);
  t.match(planned('3.5.33', { runs, has: ['3.5.33', '3.6.10'] }), missing, 'an earlier one does not do');
  t.end();
});

t.test('R17 it goes to no version from which the way up is not safe', (t) => {
  const below = refused(reason('downgrade_below_least', { minor: '3.5', least: '3.5.26' }));
  t.match(planned('3.5.25', { has: ['3.5.25'] }), below);
  t.strictSame(planned('3.5.26', { has: ['3.5.26'] }), ['to 3.5', '3.5.26']);
  t.end();
});

t.test('within a minor version there is one stage', (t) => {
  t.strictSame(planned('3.6.13', { has: ['3.6.13'] }), ['3.6.13']);
  t.end();
});

t.test('what runs already, and what is later, is no downgrade', (t) => {
  t.match(planned('3.6.14', { has: ['3.6.14'] }), refused(reason('upgrade_runs_already')));
  const up = (to: string) => refused(reason('downgrade_goes_up', { cluster: 'x-k3s', runs: '3.6.14', to }));
  t.match(planned('3.6.15', { has: ['3.6.15'] }), up('3.6.15'));
  t.match(planned('3.7.1', { has: ['3.7.1'] }), up('3.7.1'));
  t.end();
});

t.test('a target that the release store lacks for a machine, or that nobody should run, is refused', (t) => {
  t.match(planned('3.5.33'), { code: 'release_missing' });
  const others = { has: ['3.5.33'], archs: ['arm64', 'x64'] };
  t.match(planned('3.5.33', others), { code: 'release_missing' }, 'each machine needs it');
  t.match(planned('3.4.30', { has: ['3.4.30'] }), { code: 'release_refused_for_cluster' });
  t.end();
});

t.test('a cluster that is not founded declares its version', (t) => {
  const scene = new Scene();
  const facts = { progress: scene.progress, status: scene.status(), nodes: [], releases: [stored('3.5.33')] };
  const refusal = refusalOf(() => planDowngrade(scene.spec, '3.5.33', facts));
  t.match(refusal, refused(reason('upgrade_needs_cluster', { cluster: 'x-k3s' })));
  t.end();
});

t.test('R17 no downgrade is planned while a member runs a later minor version than the cluster', (t) => {
  const runs = ['3.5.33', '3.5.33', '3.6.14'];
  const why = reason('upgrade_of_mixed', { runs: '3.5.33, 3.6.14' });
  t.match(planned('3.5.30', { runs, has: ['3.5.30'] }), refused(why));
  t.end();
});
