import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import { isRehearsalDue } from '../../../src/controller/snapshots/rehearsals.ts';
import type { RehearsalProgress } from '../../../src/model/rehearsal-progress.ts';
import { Scene } from '../support/situations.ts';

const hourMs = 3_600_000;
const worked = {
  ...{ id: 'rehearsal01', snapshot: 'snapshot0001', etcdVersion: '3.5.33', revision: 7 },
  ...{ keys: 3, hash: 1, tookMs: 900 },
};

/** A cluster with a snapshot, and a schedule of so many hours. */
function scheduled(everyHours: number): Scene {
  const scene = Scene.formed(3);
  scene.spec = { ...scene.spec, snapshots: { ...scene.spec.snapshots, rehearseEveryHours: everyHours } };
  const last = { id: 'snapshot0001', takenAt: scene.now };
  scene.progress = { ...scene.progress, snapshots: { ...scene.progress.snapshots, last } };
  return scene;
}

function with_(scene: Scene, rehearsal: RehearsalProgress): Scene {
  scene.progress = { ...scene.progress, snapshots: { ...scene.progress.snapshots, rehearsal } };
  return scene;
}

t.test('a rehearsal is due once the interval is over, and never without a schedule or a snapshot', async (t) => {
  t.equal(isRehearsalDue(scheduled(0)), false);
  t.equal(isRehearsalDue(Scene.formed(3)), false);
  const scene = scheduled(24);
  t.equal(isRehearsalDue(scene), true, 'none was made');
  const at = scene.now;
  with_(scene, { worked: { ...worked, at }, failure: null });
  const dueAfter = (hours: number) => isRehearsalDue({ ...scene, now: at + hours * hourMs });
  t.strictSame([0, 23.9, 24].map(dueAfter), [false, false, true]);
  t.equal(dueAfter(-25), true, 'the clock was ahead');
  const { snapshots } = scene.progress;
  const progress = { ...scene.progress, snapshots: { ...snapshots, last: null } };
  t.equal(isRehearsalDue({ ...scene, progress, now: at + 24 * hourMs }), false, 'no snapshot');
});

t.test('after failures it is tried again with growing pauses, at most the interval', async (t) => {
  const scene = scheduled(5);
  const at = scene.now;
  const dueAfter = (count: number, hours: number) => {
    const failure = { id: 'rehearsal02', snapshot: 'snapshot0001', at, count, reason: said('it is damaged') };
    with_(scene, { worked: { ...worked, at: at - 100 * hourMs }, failure });
    return isRehearsalDue({ ...scene, now: at + hours * hourMs });
  };
  t.strictSame([dueAfter(1, 0.9), dueAfter(1, 1)], [false, true]);
  t.strictSame([dueAfter(3, 3.9), dueAfter(3, 4)], [false, true]);
  t.strictSame([dueAfter(9, 4.9), dueAfter(9, 5)], [false, true]);
});

t.test('a frozen cluster, and one that ends, has no schedule', async (t) => {
  const scene = scheduled(24);
  t.equal(isRehearsalDue({ ...scene, progress: { ...scene.progress, frozen: said('a backup') } }), false);
  const deletion = { by: 'ada', at: scene.now } as never;
  t.equal(isRehearsalDue({ ...scene, progress: { ...scene.progress, deletion } }), false);
});
