import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { configurationOf } from '../../../src/model/configuration-of.ts';
import { Upgrading } from './upgrading.ts';

const restart = { kind: 'restart' } as const;
const toFive = { kind: 'install', version: '3.5.33' } as const;
const toSix = { kind: 'install', version: '3.6.14' } as const;

const facts = { cluster: 'x-k3s', version: '3.5.33', minor: '3.6', runs: '3.6.14' };
const wait = reason('release_without_order', { ...facts, paused: false });

/** The only member of a cluster has just restarted with etcd 3.6, and etcd has not raised its cluster version yet. */
function restarted(): Upgrading {
  const cluster = new Upgrading({ members: 1, allowDowntime: true }).orders([toFive, restart, toSix]);
  cluster.raises = false;
  while (cluster.at(1).release !== '3.6.14') cluster.round();
  return cluster;
}

/** An operator aborts then, and etcd raises its cluster version. */
function abortedTooLate(): Upgrading {
  const cluster = restarted().steers('abort');
  cluster.clusterVersion = '3.6.0';
  return cluster.rounds(3);
}

/** The spec names this release, without an order. */
function declares(cluster: Upgrading, version: string): void {
  const { scene } = cluster;
  scene.spec = { ...scene.spec, etcd: { source: 'release', version }, revision: scene.spec.revision + 1 };
}

const given = ({ scene }: Upgrading) => configurationOf(scene.spec, scene.progress, 'x-k3s-m-1').etcd?.version;

t.test('R17 an abort that comes too late leaves the member what it runs, and says how to go on', (t) => {
  const cluster = abortedTooLate();
  t.equal(cluster.upgrade, null);
  t.match(
    cluster.taken.filter(({ kind }) => kind.startsWith('end-upgrade')).slice(-2),
    [
      { stage: toSix, minor: '3.6' },
      { to: '3.6.14', aborted: false },
    ],
    'nobody says that it was taken back',
  );
  t.equal(given(cluster), '3.6.14');
  t.strictSame(cluster.scene.decide().waits, [reason('release_without_order', { ...facts, paused: true })]);
  cluster.steers('resume').rounds();
  t.equal(given(cluster), '3.6.14', 'it does not get the former release');
  t.strictSame(cluster.scene.decide().waits, [wait]);
  declares(cluster, '3.6.14');
  cluster.rounds();
  t.strictSame(cluster.scene.decide().waits, []);
  t.strictSame(cluster.versions(), ['3.6.14']);
  t.end();
});

t.test('R17 after an abort of an upgrade to packages that comes too late, it says to declare the packages', (t) => {
  const cluster = new Upgrading({ members: 1, allowDowntime: true });
  cluster.orders([toFive, restart, { kind: 'install', version: null, packageMinor: '3.6' }]);
  cluster.raises = false;
  cluster.packages.set(1, '3.6.11');
  while (cluster.at(1).version !== '3.6.11') cluster.round();
  cluster.steers('abort');
  cluster.clusterVersion = '3.6.0';
  cluster.rounds(3);
  t.equal(given(cluster), undefined);
  const { scene } = cluster;
  const wanted = reason('release_without_order', { ...facts, runs: 'package', paused: true });
  t.strictSame(scene.decide().waits, [wanted]);
  t.end();
});

t.test('R17 after an abort of an upgrade from packages that comes too late, it says to declare the release', (t) => {
  const cluster = new Upgrading({ members: 1, allowDowntime: true, runs: '3.5.33' }).orders([restart, toSix]);
  cluster.raises = false;
  while (cluster.at(1).release !== '3.6.14') cluster.round();
  cluster.steers('abort');
  cluster.clusterVersion = '3.6.0';
  cluster.rounds(3);
  const wanted = reason('release_without_order', { ...facts, version: null, paused: true });
  t.strictSame(cluster.scene.decide().waits, [wanted]);
  declares(cluster, '3.6.14');
  cluster.steers('resume').rounds(3);
  t.strictSame(cluster.scene.decide().waits, []);
  t.strictSame([cluster.versions(), given(cluster)], [['3.6.14'], '3.6.14']);
  t.end();
});

t.test('R17 so it is if the member already had the order to go back', (t) => {
  const cluster = restarted().steers('abort');
  cluster.round();
  t.equal(given(cluster), '3.5.33');
  cluster.clusterVersion = '3.6.0';
  cluster.allReport();
  cluster.settle();
  t.equal(given(cluster), '3.6.14');
  t.end();
});

t.test('R17 a member on trial gets no release of another minor version instead, without an order', (t) => {
  const cluster = abortedTooLate().steers('resume');
  declares(cluster, '3.6.15');
  cluster.settle();
  t.equal(given(cluster), '3.6.15');
  declares(cluster, '3.5.33');
  cluster.settle();
  t.equal(given(cluster), '3.6.15');
  t.end();
});

t.test('R19 a declaration from before the present minor version is named, though no member is to change', (t) => {
  const { scene } = abortedTooLate().steers('resume');
  const { configuration } = scene.progress;
  const settled = configuration.settled && { ...configuration.settled, etcd: { version: '3.5.33' } };
  scene.progress = { ...scene.progress, configuration: { ...configuration, settled } };
  t.strictSame(scene.decide().waits, [wait]);
  t.end();
});

t.test(
  'R19 members that run a release keep it, though the backup of their coordinator knows only their packages',
  (t) => {
    const cluster = abortedTooLate().steers('resume');
    const { scene } = cluster;
    const { settled, ...configuration } = scene.progress.configuration;
    const { etcd: _release, ...packages } = settled!;
    scene.progress = { ...scene.progress, configuration: { ...configuration, settled: packages, rolledOut: {} } };
    t.strictSame(scene.decide().waits.slice(-1), [wait]);
    declares(cluster, '3.6.14');
    cluster.rounds(3);
    t.strictSame(scene.decide().waits, []);
    t.strictSame([cluster.versions(), given(cluster)], [['3.6.14'], '3.6.14']);
    t.end();
  },
);

t.test('R19 the command to paste has a version, whatever a node says that it runs', (t) => {
  const cluster = abortedTooLate().steers('resume');
  for (const [version, runs] of [
    ['3.6.14-1; reboot', '3.6.14'],
    ['3.6.14; reboot', null],
  ] as const) {
    cluster.report(1, { etcd: { version } });
    t.match(cluster.scene.decide().waits, [reason('release_without_order', { ...facts, runs, paused: false })]);
  }
  t.end();
});
