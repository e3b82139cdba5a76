import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { configurationOf } from '../../../src/model/configuration-of.ts';
import { stagedConfiguration } from '../../../src/model/next-configuration.ts';
import { Upgrading } from './upgrading.ts';

const install = (version: string) => ({ kind: 'install', version }) as const;
const restart = { kind: 'restart' } as const;
const packages = { kind: 'install', version: null, packageMinor: '3.6' } as const;
const stages = [install('3.5.33'), restart, packages];
const [m1, m2, m3] = ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'] as const;

/** A cluster that runs packages and goes to those of 3.6, at the first moment at which nothing happens without an operator. */
function atItsPackages(pauses: Parameters<Upgrading['orders']>[1] = []): Upgrading {
  return new Upgrading({ runs: '3.5.24' }).orders(stages, pauses).rounds();
}

const given = ({ scene }: Upgrading, name: string) => configurationOf(scene.spec, scene.progress, name);
const awaited = (member: string, installed = '3.5.24') =>
  reason('package_awaited', { member, minor: '3.6', installed, command: null });
const waits = (cluster: Upgrading) => cluster.scene.decide().waits;

t.test('R17 an upgrade ends with the packages of the machines, after a release and a second restart', (t) => {
  const cluster = atItsPackages();
  t.strictSame(cluster.versions(), ['3.5.33', '3.5.33', '3.5.33'], 'no package of 3.5 comes back');
  t.strictSame(
    waits(cluster),
    [m1, m2, m3].map((name) => awaited(name)),
  );
  for (const number of [1, 2, 3]) cluster.packages.set(number, '3.6.11');
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.6.11', '3.6.11', '3.6.11']);
  t.equal(cluster.upgrade, null);
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  const { settled, rolledOut } = cluster.scene.progress.configuration;
  t.strictSame([settled?.etcd, settled?.packageMinor, rolledOut], [undefined, undefined, {}]);
  const before = cluster.taken.length;
  cluster.rounds(5);
  t.equal(cluster.taken.length, before, 'and no member restarts once more afterwards');
  t.end();
});

t.test('R6 the member whose package is there goes first, and status says what to install for the others', (t) => {
  const cluster = atItsPackages();
  cluster.packages.set(3, '3.6.11');
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.5.33', '3.5.33', '3.6.11']);
  t.strictSame(waits(cluster), [awaited(m1), awaited(m2)]);
  cluster.packages.set(2, '3.7.1');
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.5.33', '3.5.33', '3.6.11'], 'a package of a later minor version is none');
  t.match(waits(cluster), [awaited(m1), awaited(m2, '3.7.1')]);
  t.end();
});

t.test('R17 a package that would be refused as a release is none, and status says so', (t) => {
  const cluster = atItsPackages();
  for (const number of [1, 2, 3]) cluster.packages.set(number, '3.6.11');
  cluster.packages.set(2, '3.6.4');
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.6.11', '3.5.33', '3.6.11']);
  const why = reason('etcd_too_faulty', { ids: ['etcd-20271'], fixed: '3.6.5' });
  const faulty = { cluster: 'x-k3s', member: m2, minor: '3.6', installed: '3.6.4', why };
  t.strictSame(waits(cluster), [reason('package_too_faulty', faulty)]);
  cluster.packages.set(2, '3.6.10');
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.6.11', '3.6.10', '3.6.11']);
  t.equal(cluster.upgrade, null);
  t.end();
});

t.test('R17 a package that becomes such a one before the restart is not started', (t) => {
  const cluster = atItsPackages();
  const configuration = stagedConfiguration(cluster.scene.spec, cluster.scene.progress);
  cluster.scene.take({ kind: 'release-configuration', member: m2, configuration });
  cluster.packages.set(2, '3.6.4');
  cluster.rounds();
  t.equal(cluster.at(2).version, '3.5.33');
  t.ok(waits(cluster).some(({ code }) => code === 'package_too_faulty'));
  t.end();
});

t.test('R6 the last member waits for an operator, although its package is there', (t) => {
  const cluster = atItsPackages(['before-last']);
  for (const number of [1, 2, 3]) cluster.packages.set(number, '3.6.11');
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.5.33', '3.6.11', '3.6.11']);
  t.match(waits(cluster), [reason('upgrade_pauses_before_last', { cluster: 'x-k3s', member: m1, version: '3.6' })]);
  cluster.steers('resume').rounds();
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  t.end();
});

t.test('R6 an abort gives every member its release again, and not a package of 3.5', (t) => {
  const cluster = atItsPackages(['before-last']);
  for (const number of [1, 2, 3]) cluster.packages.set(number, '3.6.11');
  cluster.rounds().steers('abort').rounds();
  t.strictSame(cluster.versions(), ['3.5.33', '3.5.33', '3.5.33']);
  t.equal(cluster.upgrade, null);
  t.match(cluster.scene.spec.etcd, { version: '3.5.33' });
  t.equal(cluster.scene.progress.etcdMinor, '3.5');
  t.end();
});

t.test('R6 an abort in the first stage leads back to the packages, which the declaration named all the time', (t) => {
  const cluster = new Upgrading({ runs: '3.5.24' }).orders(stages);
  cluster.settle();
  t.match(given(cluster, m2).etcd, { version: '3.5.33' });
  cluster.steers('abort').rounds();
  t.strictSame(cluster.versions(), ['3.5.24', '3.5.24', '3.5.24']);
  t.equal(cluster.upgrade, null);
  t.throws(() => cluster.steers('abort'), { code: 'no_rollout' }, 'and is over then');
  t.end();
});

t.test('R17 a package that goes back to 3.5 before the restart is not started', (t) => {
  const cluster = atItsPackages();
  const configuration = stagedConfiguration(cluster.scene.spec, cluster.scene.progress);
  cluster.scene.take({ kind: 'release-configuration', member: m2, configuration });
  cluster.rounds();
  t.equal(cluster.at(2).version, '3.5.33');
  t.match(waits(cluster), [awaited(m1), awaited(m2), awaited(m3)]);
  t.end();
});

t.test('R19 the agent of an earlier version, which does not say what its package is, is named', (t) => {
  const cluster = new Upgrading({ runs: '3.5.24' }).orders(stages);
  cluster.oldAgents.add(2);
  for (const number of [1, 2, 3]) cluster.packages.set(number, '3.6.11');
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.6.11', '3.5.33', '3.6.11']);
  t.match(waits(cluster), [reason('package_unseen', { member: m2 })]);
  t.end();
});

t.test('R17 once the last member with 3.5 is removed, the packages are those of the cluster', (t) => {
  const cluster = atItsPackages(['before-last']);
  for (const number of [1, 2, 3]) cluster.packages.set(number, '3.6.11');
  cluster.rounds().steers('abort');
  cluster.clusterVersion = '3.6.0';
  cluster.scene.wait(15);
  cluster.allReport();
  cluster.settle();
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  t.equal(given(cluster, m2).packageMinor, undefined);
  t.end();
});
