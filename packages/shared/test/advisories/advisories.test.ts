import t from 'tap';
import {
  advisoriesFor,
  type ClusterFacts,
  dangerOf,
  isGrave,
  refusedAsTarget,
} from '../../src/advisories/advisories-for.ts';
import type { Advisory } from '../../src/advisories/advisory.ts';
import { affects, fixedWithin } from '../../src/advisories/affects.ts';
import { advisories, advisoryNamed } from '../../src/advisories/table.ts';

/**
 * The first and the last affected version of each minor version, and the first with the fix; written by hand from etcd's changelogs. `-` for no fix within the
 * minor version.
 */
const ends: Readonly<Record<string, readonly (readonly [first: string, last: string, fixed: string])[]>> = {
  'etcd-13766': [['3.5.0', '3.5.2', '3.5.3']],
  'etcd-14370': [['3.5.0', '3.5.4', '3.5.5']],
  'etcd-13937': [['3.5.3', '3.5.3', '3.5.4']],
  'etcd-14382': [['3.5.3', '3.5.4', '3.5.5']],
  'etcd-14110': [['3.5.0', '3.5.6', '3.5.7']],
  'etcd-15247': [['3.5.0', '3.5.12', '3.5.13']],
  'etcd-17081': [['3.5.0', '3.5.13', '3.5.14']],
  'etcd-18704': [['3.5.0', '3.5.16', '3.5.17']],
  'etcd-18810': [['3.5.0', '3.5.16', '3.5.17']],
  'etcd-14733': [['3.5.0', '3.5.5', '3.5.6']],
  'etcd-14571': [['3.5.0', '3.5.5', '3.5.6']],
  'etcd-15068': [['3.5.5', '3.5.6', '3.5.7']],
  'etcd-17780': [['3.5.0', '3.5.13', '3.5.14']],
  'etcd-18679': [['3.5.0', '3.5.16', '3.5.17']],
  'etcd-18667': [
    ['3.5.0', '3.5.34', '-'],
    ['3.6.0', '3.6.16', '-'],
  ],
  'etcd-19179': [['3.5.0', '3.5.17', '3.5.18']],
  'etcd-19557': [['3.5.1', '3.5.19', '3.5.20']],
  'etcd-20793': [['3.5.0', '3.5.23', '3.5.24']],
  'etcd-20071': [
    ['3.5.0', '3.5.21', '3.5.22'],
    ['3.6.0', '3.6.0', '3.6.1'],
  ],
  'etcd-20896': [
    ['3.5.0', '3.5.24', '3.5.25'],
    ['3.6.0', '3.6.5', '3.6.6'],
  ],
  'etcd-20271': [
    ['3.5.0', '3.5.22', '3.5.23'],
    ['3.6.0', '3.6.4', '3.6.5'],
  ],
  'etcd-20615': [
    ['3.5.0', '3.5.22', '3.5.23'],
    ['3.6.0', '3.6.4', '3.6.5'],
  ],
  'etcd-20340': [['3.6.0', '3.6.3', '3.6.4']],
  'etcd-20707': [
    ['3.5.0', '3.5.23', '3.5.24'],
    ['3.6.0', '3.6.5', '3.6.6'],
  ],
  'etcd-20967': [['3.5.0', '3.5.25', '3.5.26']],
  'etcd-20874': [
    ['3.5.0', '3.5.27', '3.5.28'],
    ['3.6.0', '3.6.5', '3.6.6'],
  ],
  'etcd-21378': [
    ['3.5.0', '3.5.27', '3.5.28'],
    ['3.6.0', '3.6.8', '3.6.9'],
  ],
  'etcd-20418': [
    ['3.5.0', '3.5.27', '3.5.28'],
    ['3.6.0', '3.6.8', '3.6.9'],
  ],
  'etcd-21667': [
    ['3.5.0', '3.5.29', '3.5.30'],
    ['3.6.0', '3.6.10', '3.6.11'],
  ],
  'etcd-21694': [
    ['3.5.0', '3.5.30', '3.5.31'],
    ['3.6.0', '3.6.11', '3.6.12'],
  ],
  'etcd-22171': [['3.7.0', '3.7.1', '3.7.2']],
  'etcd-22340': [
    ['3.5.0', '3.5.34', '-'],
    ['3.6.0', '3.6.14', '3.6.15'],
    ['3.7.0', '3.7.1', '3.7.2'],
  ],
  'old-entries-under-3.7': [
    ['3.6.0', '3.6.16', '-'],
    ['3.7.0', '3.7.3', '-'],
  ],
  'CVE-2026-73500': [
    ['3.5.0', '3.5.32', '3.5.33'],
    ['3.6.0', '3.6.13', '3.6.14'],
    ['3.7.0', '3.7.0', '3.7.1'],
  ],
  'CVE-2026-73499': [
    ['3.5.0', '3.5.32', '3.5.33'],
    ['3.6.0', '3.6.13', '3.6.14'],
    ['3.7.0', '3.7.0', '3.7.1'],
  ],
  'CVE-2026-59818': [
    ['3.5.0', '3.5.31', '3.5.32'],
    ['3.6.0', '3.6.12', '3.6.13'],
  ],
  'CVE-2026-44283': [
    ['3.5.0', '3.5.29', '3.5.30'],
    ['3.6.0', '3.6.10', '3.6.11'],
  ],
  'CVE-2026-33413': [
    ['3.5.0', '3.5.27', '3.5.28'],
    ['3.6.0', '3.6.8', '3.6.9'],
  ],
  'CVE-2026-33343': [
    ['3.5.0', '3.5.27', '3.5.28'],
    ['3.6.0', '3.6.8', '3.6.9'],
  ],
  'CVE-2023-32082': [['3.5.0', '3.5.8', '3.5.9']],
  'CVE-2021-28235': [['3.5.0', '3.5.7', '3.5.8']],
  'CVE-2026-33186': [
    ['3.5.0', '3.5.27', '3.5.28'],
    ['3.6.0', '3.6.8', '3.6.9'],
  ],
  'GHSA-hrxh-6v49-42gf': [
    ['3.5.0', '3.5.32', '3.5.33'],
    ['3.6.0', '3.6.13', '3.6.14'],
    ['3.7.0', '3.7.0', '3.7.1'],
  ],
  'etcd-20941': [
    ['3.5.0', '3.5.25', '3.5.26'],
    ['3.6.0', '3.6.6', '3.6.7'],
  ],
  'etcd-21993': [['3.5.0', '3.5.31', '3.5.32']],
};

const minors = ['3.4', '3.5', '3.6', '3.7', '3.8'];

t.test('each row affects the versions between its ends, and no others', async (t) => {
  t.strictSame(advisories.map(({ id }) => id).toSorted(), Object.keys(ends).toSorted());
  for (const advisory of advisories) {
    const ranges = ends[advisory.id] ?? [];
    for (const [first, last, fixed] of ranges) {
      t.ok(affects(advisory, first), `${advisory.id} affects ${first}`);
      t.ok(affects(advisory, last), `${advisory.id} affects ${last}`);
      if (fixed !== '-') t.notOk(affects(advisory, fixed), `${advisory.id} is fixed in ${fixed}`);
    }
    const untouched = minors.filter((minor) => !ranges.some(([first]) => first.startsWith(`${minor}.`)));
    for (const minor of untouched)
      for (const patch of [0, 1, 16, 99]) {
        t.notOk(affects(advisory, `${minor}.${patch}`), `${advisory.id} does not affect ${minor}.${patch}`);
      }
  }
  const before = { 'etcd-13937': '3.5.2', 'etcd-14382': '3.5.2', 'etcd-15068': '3.5.4', 'etcd-19557': '3.5.0' };
  for (const [id, version] of Object.entries(before)) {
    const since = advisoryNamed(id);
    t.notOk(since === null || affects(since, version), `${id} came after ${version}`);
  }
});

const three: ClusterFacts = { authentication: false, members: 3 };
const one: ClusterFacts = { authentication: false, members: 1 };
const secured: ClusterFacts = { authentication: true, members: 3 };
const unknown: ClusterFacts = { authentication: null, members: null };

/** Verdicts for a cluster of three, of one, of three with authentication, and one of which nothing is known; `-`: not concerned. */
const concerns: Readonly<Record<string, readonly [three: string, one: string, secured: string, unknown: string]>> = {
  'etcd-13766': ['applies', 'applies', 'applies', 'applies'],
  'etcd-14370': ['-', 'applies', '-', 'unknown'],
  'etcd-13937': ['-', '-', 'applies', 'unknown'],
  'etcd-14382': ['applies', 'applies', 'applies', 'applies'],
  'etcd-14110': ['depends', 'depends', 'depends', 'depends'],
  'etcd-15247': ['depends', 'depends', 'depends', 'depends'],
  'etcd-17081': ['applies', 'unknown', 'applies', 'unknown'],
  'etcd-18704': ['depends', 'depends', 'depends', 'depends'],
  'etcd-18810': ['applies', 'applies', 'applies', 'applies'],
  'etcd-14733': ['depends', 'depends', 'depends', 'depends'],
  'etcd-14571': ['-', '-', 'applies', 'unknown'],
  'etcd-15068': ['depends', 'depends', 'depends', 'depends'],
  'etcd-17780': ['applies', 'applies', 'applies', 'applies'],
  'etcd-18679': ['depends', 'depends', 'depends', 'depends'],
  'etcd-18667': ['depends', 'depends', 'depends', 'depends'],
  'etcd-19179': ['depends', 'depends', 'depends', 'depends'],
  'etcd-19557': ['depends', 'depends', 'depends', 'depends'],
  'etcd-20793': ['depends', 'depends', 'depends', 'depends'],
  'etcd-20071': ['-', '-', '-', '-'],
  'etcd-20896': ['-', '-', '-', '-'],
  'etcd-20271': ['depends', 'depends', 'depends', 'depends'],
  'etcd-20615': ['depends', 'depends', 'depends', 'depends'],
  'etcd-20340': ['applies', 'unknown', 'applies', 'unknown'],
  'etcd-20707': ['depends', 'depends', 'depends', 'depends'],
  'etcd-20967': ['depends', 'depends', 'depends', 'depends'],
  'etcd-20874': ['-', '-', 'applies', 'unknown'],
  'etcd-21378': ['applies', 'applies', 'applies', 'applies'],
  'etcd-20418': ['applies', 'applies', 'applies', 'applies'],
  'etcd-21667': ['applies', 'unknown', 'applies', 'unknown'],
  'etcd-21694': ['depends', 'depends', 'depends', 'depends'],
  'etcd-22171': ['depends', 'depends', 'depends', 'depends'],
  'etcd-22340': ['depends', 'depends', 'depends', 'depends'],
  'old-entries-under-3.7': ['depends', 'depends', 'depends', 'depends'],
  'CVE-2026-73500': ['applies', 'applies', 'applies', 'applies'],
  'CVE-2026-73499': ['-', '-', 'applies', 'unknown'],
  'CVE-2026-59818': ['-', '-', '-', '-'],
  'CVE-2026-44283': ['-', '-', 'applies', 'unknown'],
  'CVE-2026-33413': ['-', '-', 'applies', 'unknown'],
  'CVE-2026-33343': ['-', '-', 'applies', 'unknown'],
  'CVE-2023-32082': ['-', '-', 'applies', 'unknown'],
  'CVE-2021-28235': ['-', '-', 'applies', 'unknown'],
  'CVE-2026-33186': ['depends', 'depends', 'depends', 'depends'],
  'GHSA-hrxh-6v49-42gf': ['depends', 'depends', 'depends', 'depends'],
  'etcd-20941': ['-', '-', 'applies', 'unknown'],
  'etcd-21993': ['-', '-', '-', '-'],
};

t.test('each row concerns the clusters that have what it needs', async (t) => {
  for (const { id } of advisories) {
    const version = ends[id]?.[0]?.[1] ?? '';
    const verdicts = [three, one, secured, unknown].map(
      (facts) => advisoriesFor([version], facts).find(({ advisory }) => advisory.id === id)?.verdict ?? '-',
    );
    t.strictSame(verdicts, concerns[id], id);
  }
});

/** By hand: the rows of faults that can lose data, let the data of members differ, or keep a member from starting. */
const grave = [
  'etcd-13766',
  'etcd-13937',
  'etcd-14370',
  'etcd-14382',
  'etcd-14571',
  'etcd-14733',
  'etcd-15068',
  'etcd-15247',
  'etcd-17780',
  'etcd-18667',
  'etcd-18679',
  'etcd-19557',
  'etcd-20071',
  'etcd-20271',
  'etcd-20340',
  'etcd-20793',
  'etcd-20896',
  'etcd-20967',
  'etcd-22340',
  'old-entries-under-3.7',
];

t.test('what can lose data or keep a member from starting is grave, and nothing else', async (t) => {
  t.strictSame(
    advisories
      .filter(isGrave)
      .map(({ id }) => id)
      .toSorted(),
    grave,
  );
});

const row: Advisory = {
  id: 'CVE-2030-1',
  alsoKnownAs: ['GHSA-new'],
  affected: [{ from: '3.6.2', fixed: '3.6.20' }],
  effect: 'loses-data',
  severity: 'critical',
  concerns: 'always',
  means: 'Data is lost.',
  action: 'Update etcd.',
  sources: ['https://example.org'],
};

t.test('a new row needs no code', async (t) => {
  const table = [...advisories, row];
  const [first] = advisoriesFor(['3.6.19', '3.5.30', '3.6.19'], three, table);
  t.strictSame(first, { advisory: row, verdict: 'applies', versions: ['3.6.19'] });
  t.equal(advisoryNamed('ghsa-NEW', table), row);
  t.strictSame(refusedAsTarget('3.6.19', table), [row]);
});

t.test('packages and pre-releases have the faults of their version', async (t) => {
  const of = (versions: readonly string[]) => versions.filter((version) => affects(row, version));
  const affected = [
    '3.6.2',
    'v3.6.3',
    '3.6.19-4',
    '3.6.19-r1',
    '3.6.19+ds1',
    '3.6.20-rc.0',
    '3.6.20~rc1',
    '3.6.2-alpha.1',
  ];
  t.strictSame(of(affected), affected);
  t.strictSame(of(['3.6.20', '3.6.20-4', '3.6.20-r0', '3.6.20+ds1-1', '3.6.1', '3.6.1-r3', '3.60.5']), []);
});

t.test('a version that nobody knows has no fault', async (t) => {
  const strange = [
    '',
    'unknown',
    '3.5',
    '3.5.x',
    'etcd Version: 3.5.16',
    '4.0.0',
    '3.9.1',
    `3.5.${'1'.repeat(60)}`,
    '3.5.16\n',
  ];
  t.strictSame(advisoriesFor(strange, secured), []);
  t.strictSame(
    strange.flatMap((version) => refusedAsTarget(version)),
    [],
  );
});

t.test('faults that concern the cluster come first, the most severe before the others', async (t) => {
  const verdicts = advisoriesFor(['3.5.16'], three).map(({ verdict }) => verdict);
  t.strictSame(verdicts, verdicts.toSorted());
  t.equal(advisoriesFor(['3.5.16'], three)[0]?.advisory.id, 'CVE-2026-73500');
});

t.test('the version with the fixes is the last of all fixes within the minor version', async (t) => {
  const those = (...ids: readonly string[]) => ids.flatMap((id) => advisoryNamed(id) ?? []);
  t.equal(fixedWithin(those('etcd-20418', 'CVE-2026-73500', 'etcd-13766'), '3.5.2'), '3.5.33');
  t.equal(fixedWithin(those('etcd-20418', 'CVE-2026-73500'), '3.6.4'), '3.6.14');
  t.equal(fixedWithin(those('etcd-18667', 'CVE-2026-73500'), '3.6.4'), null, 'one has no fix');
  t.equal(fixedWithin(those('CVE-2026-73500'), '3.5.33'), null, 'it has none of them');
});

t.test('a version that loses data, or locks members out, under what Picket does is refused as a target', async (t) => {
  const refused = (version: string) => refusedAsTarget(version).map(({ id }) => id);
  const isRefused = (version: string) => refused(version).length > 0;
  t.strictSame(['3.5.0', '3.5.5', '3.5.22', '3.6.0', '3.6.4', '3.6.0-rc.3'].filter(isRefused).length, 6);
  t.strictSame(['3.5.23', '3.5.30', '3.5.34', '3.6.5', '3.6.16', '3.7.0', '3.7.3', '3.5.23-4'].filter(isRefused), []);
  t.strictSame(refused('3.6.4'), ['etcd-20271']);
  t.strictSame(
    ['3.5.34', '3.6.14', '3.7.1'].filter(isRefused),
    [],
    'a power cut speaks against no version: no 3.5 is without',
  );
  t.strictSame(refused('3.6.3').toSorted(), ['etcd-20271', 'etcd-20340']);
});

t.test('a row is known by each of its numbers, and each number belongs to one row', async (t) => {
  const numbers = advisories.flatMap(({ id, alsoKnownAs }) => [id, ...alsoKnownAs]);
  t.strictSame([...new Set(numbers)].length, numbers.length);
  t.equal(advisoryNamed('GHSA-6vch-q96h-7gc3')?.id, 'CVE-2026-73500');
  t.equal(advisoryNamed('raft-397')?.id, 'etcd-20418');
  t.equal(advisoryNamed('CVE-1999-1'), null);
});

t.test('a fault that Picket avoids is told from one that a cluster can meet', async (t) => {
  const danger = (version: string) => {
    const found = dangerOf(version);
    return found === null ? null : [found.isAvoided, ...found.advisories.map(({ id }) => id)];
  };
  t.strictSame(danger('3.5.16'), [true, 'etcd-20271']);
  t.strictSame(danger('3.6.3'), [false, 'etcd-20340'], 'what Picket avoids is not named beside it');
  t.equal(danger('3.5.23'), null);
});
