import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { nextConfiguration } from '../../src/model/next-configuration.ts';
import { Scene } from '../controller/support/situations.ts';

/** The next timing of these members, which have heartbeats every 500 ms and elect after 5 s, on the way to this one. */
function next(scene: Scene, heartbeatIntervalMs: number, electionTimeoutMs: number): readonly [number, number] {
  const { tuning } = nextConfiguration(retimed(scene.spec, heartbeatIntervalMs, electionTimeoutMs), scene.progress);
  return [tuning.heartbeatIntervalMs, tuning.electionTimeoutMs];
}

function retimed(spec: ClusterSpec, heartbeatIntervalMs: number, electionTimeoutMs: number): ClusterSpec {
  const tuning = { ...spec.tuning, heartbeatIntervalMs, electionTimeoutMs };
  return { ...spec, revision: spec.revision + 1, tuning };
}

function formed(members: number): Scene {
  const scene = Scene.formed(members);
  scene.settle();
  return scene;
}

t.test('timing that is too fast for members that have not restarted yet: first the heartbeat', (t) => {
  t.same(next(formed(3), 10, 2499), [10, 5000]);
  t.same(next(formed(3), 10, 2500), [10, 2500]);
  t.end();
});

t.test('timing that is too slow for them: first the election timeout', (t) => {
  t.same(next(formed(3), 1001, 9000), [500, 9000]);
  t.same(next(formed(3), 1000, 9000), [1000, 9000]);
  t.end();
});

t.test('the present settings of members count, not their next ones', (t) => {
  const scene = formed(3);
  scene.spec = retimed(scene.spec, 10, 5000);
  scene.settle();
  t.same(next(scene, 10, 50), [10, 5000]);
  t.end();
});

t.test('a single member has nobody to differ from', (t) => {
  t.same(next(formed(1), 10, 50), [10, 50]);
  t.end();
});
