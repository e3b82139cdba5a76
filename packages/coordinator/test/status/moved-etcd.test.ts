import t from 'tap';
import type { Situation } from '../../src/model/situation.ts';
import { movedEtcd } from '../../src/status/moved-etcd.ts';
import { Scene, type StatusChanges } from '../controller/support/situations.ts';

function situationOf(scene: Scene): Situation {
  const { spec, progress, now } = scene;
  return { spec, progress, now, status: scene.status() };
}

const held: StatusChanges = { etcd: null, service: { state: 'held-back', etcdVersion: '3.6.11' } };

t.test('R19 a release is named as a way out for each declared member, also without a quorum', (t) => {
  const scene = Scene.formed(3).reports(1).reports(2).reports(3, held);
  const release = () => movedEtcd(situationOf(scene), scene.name(3))?.facts.release;
  t.type(release(), 'string');
  const alone: StatusChanges = { etcd: { leader: '0', linearizableRead: false, healthy: false } };
  scene.reports(1, alone).reports(2, held);
  t.type(release(), 'string');
  const [first, second] = scene.spec.members;
  if (first === undefined || second === undefined) throw new Error('two are declared');
  scene.spec = { ...scene.spec, members: [first, second] };
  t.equal(release(), null, 'one that leaves gets none');
  t.end();
});

t.test('R17 the package is named as the way out where the release waits for a member that does not show it', (t) => {
  const scene = Scene.formed(3);
  scene.settle();
  scene.spec = { ...scene.spec, revision: 2, etcd: { source: 'release', version: '3.5.34' } };
  scene.settle();
  t.equal(scene.progress.configuration.trial?.member, scene.name(2));
  const moved = () => movedEtcd(situationOf(scene), scene.name(3));
  scene.wait(1).reports(1).reports(2).reports(3, held);
  t.equal(moved(), null, 'the release reaches it');
  scene.reports(2, { etcd: null, service: { state: 'lost-data' } });
  t.match(moved(), { code: 'other_minor_would_start', facts: { runs: null, minor: '3.5', release: null } });
  t.notOk(Object.hasOwn(moved()?.facts ?? {}, 'upgrade'), 'nothing is upgraded from there');
  scene.wait(120).reports(1).reports(3, held);
  t.match(moved(), { facts: { member: scene.name(3), installed: '3.6.11' } }, 'nor is it heard');
  const { configuration } = scene.progress;
  scene.progress = { ...scene.progress, configuration: { ...configuration, trial: null } };
  t.equal(moved(), null, 'nobody has it first');
  t.end();
});
