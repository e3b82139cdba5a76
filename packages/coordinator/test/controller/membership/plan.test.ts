import t from 'tap';
import { membershipPlan } from '../../../src/controller/membership/plan.ts';
import { Scene } from '../support/situations.ts';

const planOf = (scene: Scene, ...joined: string[]) =>
  membershipPlan({ spec: scene.spec, status: scene.status(), progress: scene.progress, now: scene.now }, joined);

t.test('a plan is what the controller does, in its order', async (t) => {
  const scene = Scene.formed(3, { members: 5 });
  const planned = planOf(scene);
  t.match(planned, { voters: 3, votersAfter: 5, toJoin: ['x-k3s-m-4', 'x-k3s-m-5'] });
  scene.joins(4).joins(5);
  const done: string[] = [];
  for (const number of [4, 5]) {
    scene.allReport().joins(number).settle();
    done.push(`add-learner x-k3s-m-${number}`);
    t.equal(scene.progress.assignment?.mutation.kind, 'add-learner');
    scene.etcdAdds(number).votersReport().settle();
    t.match(planOf(scene)?.steps[0], { kind: 'promote', member: `x-k3s-m-${number}` });
    scene.reports(number).settle();
    t.match(scene.progress.assignment?.mutation, { kind: 'promote', member: `x-k3s-m-${number}` });
    done.push(`promote x-k3s-m-${number}`);
    scene.etcdPromotes(number).votersReport().reports(number).settle();
  }
  t.same(
    planned?.steps.map(({ kind, member }) => `${kind} ${member}`),
    done,
  );
  t.equal(planOf(scene), null, 'nothing is left');
});

t.test('members that have joined are not awaited', async (t) => {
  t.same(planOf(Scene.formed(3, { members: 5 }), 'x-k3s-m-4')?.toJoin, ['x-k3s-m-5']);
});

t.test('before the cluster is founded there is no plan', async (t) => {
  t.equal(planOf(new Scene({ members: 3 })), null);
});
