import t from 'tap';
import { afterStart } from '../../../src/controller/clock-steps.ts';
import { redeclared } from '../../../src/controller/membership/redeclare.ts';
import { Scene } from '../support/situations.ts';

/** Three voters, and a fourth member that a voter was just asked to add, when an operator takes it out of the spec. */
function takenOut({ isAdded = false } = {}): Scene {
  const scene = Scene.formed(3, { members: 4 });
  scene.joins(4).votersReport().settle();
  t.match(scene.progress.assignment?.mutation, { kind: 'add-learner', member: 'x-k3s-m-4' });
  t.equal(scene.member(4)?.phase, 'adding');
  if (isAdded) scene.etcdAdds(4);
  const { spec, progress, now } = scene;
  const after = { ...spec, revision: spec.revision + 1, members: spec.members.slice(0, 3) };
  scene.progress = redeclared({ spec, progress, now, status: scene.status() }, after, 'operator admin');
  scene.spec = after;
  return scene;
}

t.test('R3 a member can be taken out of the spec while it is being added, and nobody adds it after that', async (t) => {
  const scene = takenOut();
  scene.settle();
  t.equal(scene.progress.assignment, null);
  scene.wait(120).votersReport();
  t.match(scene.decide().waits, [{ code: 'addition_lapses', facts: { member: 'x-k3s-m-4' } }]);
  t.equal(scene.decide().step, null);
  scene.wait(6).votersReport().joins(4).settle();
  t.equal(scene.member(4), undefined);
  scene.published(4).joins(4).settle();
  t.same(scene.progress.departing, {}, 'its node is let go');
  t.same(scene.progress.retired, [], 'it has lived no incarnation');
});

t.test('R3, R14 after a start of the coordinator its time counts again, whatever the clock says', async (t) => {
  const scene = takenOut();
  scene.settle();
  scene.wait(3600);
  scene.progress = afterStart(scene.progress, scene.now);
  scene.votersReport();
  t.equal(scene.decide().step, null);
  t.match(scene.decide().waits, [{ code: 'addition_lapses', facts: { member: 'x-k3s-m-4', seconds: 125 } }]);
});

t.test('R3 one that a voter adds all the same leaves as a learner', async (t) => {
  const scene = takenOut({ isAdded: true });
  scene.settle();
  scene.wait(30).votersReport().settle();
  t.match(scene.progress.assignment?.mutation, { kind: 'remove-learner', member: 'x-k3s-m-4' });
  scene.etcdRemoves('a4').votersReport().settle();
  t.equal(scene.member(4), undefined);
});

t.test('one that is declared again in time is added after all', async (t) => {
  const scene = takenOut();
  scene.settle();
  const { spec, progress, now } = scene;
  const members = [...spec.members, { name: 'x-k3s-m-4', address: '192.168.7.14' }];
  const after = { ...spec, revision: spec.revision + 1, members };
  scene.progress = redeclared({ spec, progress, now, status: scene.status() }, after, 'operator admin');
  scene.spec = after;
  scene.joins(4).votersReport().settle();
  t.match(scene.progress.assignment?.mutation, { kind: 'add-learner', member: 'x-k3s-m-4' });
});
