import t from 'tap';
import { waitsBegunAnew } from '../../src/controller/clock-set.ts';
import { Scene } from './support/situations.ts';

const hour = 3600;

/** A permit that was not confirmed in time and has been withdrawn. */
function withdrawn(): Scene {
  const scene = Scene.formed(3);
  for (const number of [2, 3]) scene.reports(number, { service: { restartPending: true } });
  scene.settle();
  scene.published(2).wait(121).reports(1).settle();
  t.ok(scene.progress.permit?.withdrawnAt);
  return scene;
}

function clockSet(scene: Scene, seconds: number): Scene {
  scene.wait(seconds);
  scene.progress = waitsBegunAnew(scene.progress, scene.now);
  return scene;
}

t.test('R2 a clock that is set ahead ends no lease', (t) => {
  const scene = clockSet(withdrawn(), hour).reports(1);
  t.same(scene.decide().waits, ['the permit of x-k3s-m-2 to lapse, which it did not confirm in time']);
  scene.wait(126).reports(1);
  t.same(scene.decide().step, { kind: 'close-permit', member: 'x-k3s-m-2', outcome: 'lapsed' });
  t.end();
});

t.test('R2 a clock that is set back is not waited for', (t) => {
  const scene = clockSet(withdrawn(), -24 * hour);
  scene.wait(126).reports(1);
  t.same(scene.decide().step, { kind: 'close-permit', member: 'x-k3s-m-2', outcome: 'lapsed' });
  t.end();
});

t.test('a cluster that waits for nothing stays as it is', (t) => {
  const { progress } = Scene.formed(3);
  t.equal(waitsBegunAnew(progress, hour), progress);
  t.end();
});
