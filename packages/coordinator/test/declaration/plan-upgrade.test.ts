import { packageCommand } from '@picket/shared/etcd-packages/package-command.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import type { PackageSystem } from '@picket/shared/protocol/package-system.ts';
import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { planUpgrade } from '../../src/declaration/plan-upgrade.ts';
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
  /** What the package of the first member is by now. */
  readonly package?: string;
  /** The system of every machine. */
  readonly system?: PackageSystem;
}

function factsOf({ runs = ['3.5.16', '3.5.16', '3.5.16'], declared, has = [], archs = ['arm64'], ...first }: Cluster) {
  const scene = Scene.formed(runs.length, { members: runs.length });
  scene.settle();
  for (const [index, version] of runs.entries())
    scene.reports(index + 1, {
      etcd: { version },
      service: { etcdVersion: index === 0 ? (first.package ?? version) : version },
      ...(first.system === undefined ? {} : { machine: { system: first.system } }),
    });
  const nodes = archs.map(
    (arch, index) =>
      ({ kind: 'member', member: `m-${index + 1}`, evictedAt: null, facts: { arch } }) as unknown as NodeRecord,
  );
  const releases = has.map((one) => (typeof one === 'string' ? stored(one) : one));
  const spec =
    declared === undefined ? scene.spec : { ...scene.spec, etcd: { source: 'release', version: declared } as const };
  const progress = { ...scene.progress, etcdMinor: minorOf(runs[0] ?? '') };
  return { spec, facts: { progress, status: scene.status(), nodes, releases } };
}

/** The stages as texts, or why there is no plan. */
function planned(to: string, cluster: Cluster = {}) {
  const { spec, facts } = factsOf(cluster);
  let plan: readonly string[] = [];
  const refusal = refusalOf(() => {
    plan = planUpgrade(spec, to, facts).map((stage) =>
      stage.kind === 'install' ? (stage.version ?? `package ${stage.packageMinor}`) : stage.kind,
    );
  });
  return refusal ?? plan;
}

const refused = (why: object) => ({ code: 'upgrade_refused', facts: { reason: why } });

t.test(
  'R17 members below the level that etcd’s guide asks for are first brought to the newest release of their minor version',
  (t) => {
    t.strictSame(planned('3.6.14', { has: ['3.5.26', '3.5.33', '3.6.14'] }), ['3.5.33', 'restart', '3.6.14']);
    const mixed = { runs: ['3.5.16', '3.5.33', '3.5.33'], has: ['3.5.33', '3.6.14'] };
    t.strictSame(planned('3.6.14', mixed), ['3.5.33', 'restart', '3.6.14'], 'the oldest member counts');
    t.end();
  },
);

t.test('R17 members on that level restart once more all the same: one of them was changed last', (t) => {
  const has = ['3.6.14'];
  t.strictSame(planned('3.6.14', { runs: ['3.5.26', '3.5.33', '3.5.33'], has }), ['restart', '3.6.14']);
  t.end();
});

t.test('R17 from 3.6 to 3.7 each member first writes a raft snapshot, on the level that etcd’s guide asks for', (t) => {
  const has = ['3.6.10', '3.6.11', '3.6.14', '3.7.1'];
  t.strictSame(planned('3.7.1', { runs: ['3.6.11', '3.6.14'], has }), ['raft-snapshot', '3.7.1']);
  t.strictSame(planned('3.7.1', { runs: ['3.6.10'], has }), ['3.6.14', 'raft-snapshot', '3.7.1']);
  const missing = refused(reason('upgrade_level_missing', { minor: '3.7', least: '3.6.11' }));
  t.match(planned('3.7.1', { runs: ['3.6.10'], has: ['3.6.10', '3.7.1'] }), missing);
  t.end();
});

t.test('R17 from 3.5 to 3.7 every stage between is planned, by the newest 3.6 from which 3.7 can be reached', (t) => {
  const has = ['3.5.33', '3.6.10', '3.6.12', '3.6.14', '3.7.1'];
  const stages = ['3.5.33', 'restart', '3.6.14', 'raft-snapshot', '3.7.1'];
  t.strictSame(planned('3.7.1', { has }), stages);
  t.strictSame(planned('3.7.1', { runs: ['3.5.33'], has }), stages.slice(1));
  const missing = refused(reason('upgrade_level_missing', { minor: '3.7', least: '3.6.11' }));
  t.match(planned('3.7.1', { has: ['3.5.33', '3.6.10', '3.7.1'] }), missing, 'an earlier 3.6 does not do');
  t.end();
});

t.test('within a minor version there is one stage', (t) => {
  t.strictSame(planned('3.5.33', { has: ['3.5.33'] }), ['3.5.33']);
  t.end();
});

t.test(
  'a level that the release store lacks is named with the least version that would do, and one without known grave faults',
  (t) => {
    const missing = refused(reason('upgrade_level_missing', { minor: '3.6', least: '3.5.26', release: '3.5.33' }));
    t.match(planned('3.6.14', { has: ['3.6.14'] }), missing);
    t.match(planned('3.6.14', { has: ['3.5.25', '3.6.14'] }), missing, 'an earlier one does not do');
    const others = { has: ['3.5.33', '3.6.14', stored('3.6.14', 'amd64')], archs: ['arm64', 'x64'] };
    t.match(planned('3.6.14', others), missing, 'each machine needs it');
    t.end();
  },
);

t.test(
  'R17 members that run the next minor version without an order come back first, to a release of the minor version before',
  (t) => {
    const runs = ['3.5.33', '3.6.14', '3.6.14'];
    const has = ['3.5.33', '3.6.14'];
    const { spec, facts } = factsOf({ runs, has });
    t.match(planUpgrade(spec, '3.6.14', facts), [
      { kind: 'install', version: '3.5.33', beside: '3.6' },
      { kind: 'restart' },
      { kind: 'install', version: '3.6.14' },
    ]);
    t.strictSame(planUpgrade(spec, '3.5.33', facts), [{ kind: 'install', version: '3.5.33', beside: '3.6' }]);
    const missing = refused(reason('upgrade_level_missing', { minor: '3.6', least: '3.5.26' }));
    t.match(planned('3.6.14', { runs, has: ['3.6.14'] }), missing);
    t.match(
      planned('3.6.14', { runs: ['3.5.33', '3.7.1', '3.7.1'], has }),
      refused(reason('upgrade_of_mixed', { runs: '3.5.33, 3.7.1' })),
    );
    t.end();
  },
);

t.test('R17 where a package has moved to another minor version, every member first runs a release', (t) => {
  const cluster = { runs: ['3.5.33', '3.5.33', '3.5.33'], package: '3.6.11', has: ['3.5.33', '3.6.14'] };
  const { spec, facts } = factsOf(cluster);
  t.match(planUpgrade(spec, '3.6.14', facts), [
    { kind: 'install', version: '3.5.33', moved: ['x-k3s-m-1'] },
    { kind: 'restart' },
    { kind: 'install', version: '3.6.14' },
  ]);
  t.match(
    planned('3.6.14', { ...cluster, has: ['3.6.14'] }),
    refused(reason('upgrade_level_missing', { minor: '3.6', least: '3.5.26' })),
  );
  t.end();
});

t.test('a target that the release store lacks, or that nobody should run, is refused as for a declaration', (t) => {
  t.match(planned('3.6.14'), { code: 'release_missing' });
  t.match(planned('3.8.0', { has: ['3.8.0'] }), { code: 'release_refused_for_cluster' });
  t.end();
});

t.test('R17 no way is planned down', (t) => {
  const has = ['3.5.30', '3.5.33', '3.6.14', '3.7.1'];
  t.match(
    planned('3.5.30', { runs: ['3.5.33'], has }),
    refused(reason('upgrade_goes_down', { cluster: 'x-k3s', runs: '3.5.33', to: '3.5.30' })),
  );
  t.match(
    planned('3.6.14', { runs: ['3.7.1'], has }),
    refused(reason('upgrade_goes_down', { cluster: 'x-k3s', runs: '3.7.1', to: '3.6.14' })),
  );
  t.end();
});

t.test('what runs and is declared already needs no upgrade', (t) => {
  const cluster = { runs: ['3.5.33'], declared: '3.5.33', has: ['3.5.33'] };
  t.match(planned('3.5.33', cluster), { code: 'already_so', facts: { reason: reason('upgrade_runs_already') } });
  t.strictSame(
    planned('3.5.33', { runs: ['3.5.33'], has: ['3.5.33'] }),
    ['3.5.33'],
    'from the package to the same release',
  );
  t.end();
});

t.test('a cluster that is not founded declares its version', (t) => {
  const scene = new Scene();
  const facts = { progress: scene.progress, status: scene.status(), nodes: [], releases: [stored('3.6.14')] };
  const refusal = refusalOf(() => planUpgrade(scene.spec, '3.6.14', facts));
  t.match(refusal, refused(reason('upgrade_needs_cluster', { cluster: 'x-k3s' })));
  t.end();
});

const alpine = { id: 'alpine', release: '3.22', inMemory: false, ownBinary: false } as const;
const debian = { id: 'debian', release: '13', inMemory: false, ownBinary: false } as const;

t.test('R17 an upgrade to the packages goes by releases of each minor version before', (t) => {
  const has = ['3.5.33', '3.6.14'];
  const runs = ['3.5.24', '3.5.24', '3.5.24'];
  t.strictSame(planned('package:3.6', { runs, has }), ['3.5.33', 'restart', 'package 3.6']);
  const seventh = ['3.5.33', 'restart', '3.6.14', 'raft-snapshot', 'package 3.7'];
  t.strictSame(planned('package:3.7', { runs, has }), seventh);
  const missing = refused(reason('upgrade_level_missing', { minor: '3.6', least: '3.5.26' }));
  t.match(planned('package:3.6', { runs, has: ['3.6.14'] }), missing);
  t.end();
});

t.test('R6 members with a good enough package get a release before the next package: it is their way back', (t) => {
  const runs = ['3.6.11', '3.6.11', '3.6.11'];
  const { spec, facts } = factsOf({ runs, has: ['3.6.14'] });
  t.match(planUpgrade(spec, 'package:3.7', facts), [
    { kind: 'install', version: '3.6.14', keepsWayBack: true },
    { kind: 'raft-snapshot' },
    { kind: 'install', version: null, packageMinor: '3.7' },
  ]);
  const release = { runs: ['3.6.14', '3.6.14'], declared: '3.6.14', has: ['3.6.14'] };
  t.strictSame(planned('package:3.7', release), ['raft-snapshot', 'package 3.7'], 'those with a release have it');
  t.end();
});

t.test('the plan has what to type on the machines that lack the package', (t) => {
  const cluster = { runs: ['3.5.24', '3.5.24', '3.5.24'], package: '3.6.11', has: ['3.5.33'], system: alpine };
  const { spec, facts } = factsOf(cluster);
  const boards = [{ members: ['x-k3s-m-2', 'x-k3s-m-3'], command: packageCommand(alpine, '3.6') }];
  t.match(planUpgrade(spec, 'package:3.6', facts).at(-1), { packageMinor: '3.6', boards });
  t.end();
});

t.test('R17 the plan names the machines whose package would be refused as a release', (t) => {
  const { spec, facts } = factsOf({ package: '3.6.4', has: ['3.5.33'], system: alpine });
  const last = { packageMinor: '3.6', boards: [{ members: ['x-k3s-m-2', 'x-k3s-m-3'] }], faulty: ['x-k3s-m-1'] };
  t.match(planUpgrade(spec, 'package:3.6', facts).at(-1), last);
  t.end();
});

t.test('a system without such a package is named, unless its machine has an etcd of that minor version', (t) => {
  const cluster = { runs: ['3.5.30', '3.5.30'], package: '3.6.11', has: ['3.5.33'], system: debian };
  const facts = { cluster: 'x-k3s', members: ['x-k3s-m-2'], minor: '3.6' };
  t.match(planned('package:3.6', cluster), refused(reason('upgrade_without_package', facts)));
  const own = { ...cluster, system: { ...debian, ownBinary: true } };
  t.strictSame(planned('package:3.6', own), ['3.5.33', 'restart', 'package 3.6'], 'its owner puts it there');
  const other = { ...cluster, system: { ...debian, id: 'other' } as const };
  t.strictSame(
    planned('package:3.6', other),
    ['3.5.33', 'restart', 'package 3.6'],
    'Picket does not know its packages',
  );
  t.end();
});

t.test(
  'packages of the minor version that runs are so already, or are refused with the command for them, as earlier ones are',
  (t) => {
    const same = reason('upgrade_within_packages', { cluster: 'x-k3s', minor: '3.5' });
    t.match(planned('package:3.5'), { code: 'already_so' });
    t.match(planned('package:3.5', { declared: '3.5.16' }), refused(same));
    const down = reason('upgrade_goes_down', { cluster: 'x-k3s', runs: '3.6.14', to: 'VERSION' });
    t.match(planned('package:3.5', { runs: ['3.6.14'] }), refused(down));
    t.match(planned('package:3.8', { has: ['3.5.33', '3.6.14', '3.7.1'] }), refused({ code: 'upgrade_not_known' }));
    t.end();
  },
);
