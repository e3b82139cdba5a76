import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { requireFit } from '../../src/declaration/judge-change.ts';
import { Scene } from '../controller/support/situations.ts';

/** Judges other timing for these members, which have heartbeats every 500 ms and elect after 5 s. */
function judge(scene: Scene, heartbeatIntervalMs: number, electionTimeoutMs: number): void {
  const { spec, progress } = scene;
  requireFit(retimed(spec, heartbeatIntervalMs, electionTimeoutMs), {
    spec,
    progress,
    status: { nodes: scene.nodes, clients: scene.clients },
  });
}

function retimed(spec: ClusterSpec, heartbeatIntervalMs: number, electionTimeoutMs: number): ClusterSpec {
  return {
    ...spec,
    revision: spec.revision + 1,
    tuning: { ...spec.tuning, heartbeatIntervalMs, electionTimeoutMs },
  };
}

t.test('timing that is too fast for members that have not restarted yet is refused, with the way to reach it', (t) => {
  t.throws(() => judge(Scene.formed(3), 10, 2499), {
    code: 'timing_apart',
    message: /an election timeout of 2499 ms and others a heartbeat every 500 ms/,
    hint: /^Set heartbeatIntervalMs=10 first\. .* set electionTimeoutMs=2499\.$/,
  });
  t.doesNotThrow(() => judge(Scene.formed(3), 10, 2500));
  t.end();
});

t.test('timing that is too slow for them is refused as well', (t) => {
  t.throws(() => judge(Scene.formed(3), 1001, 9000), {
    code: 'timing_apart',
    message: /an election timeout of 5000 ms and others a heartbeat every 1001 ms/,
    hint: /^Set electionTimeoutMs=9000 first\. .* set heartbeatIntervalMs=1001\.$/,
  });
  t.doesNotThrow(() => judge(Scene.formed(3), 1000, 9000));
  t.end();
});

t.test('the present settings of members count, not their next ones', (t) => {
  const scene = Scene.formed(3);
  scene.settle();
  scene.spec = retimed(scene.spec, 10, 5000);
  scene.settle();
  t.throws(() => judge(scene, 10, 50), { code: 'timing_apart', message: /50 ms and others a heartbeat every 500 ms/ });
  t.end();
});

t.test('a single member has nobody to differ from', (t) => {
  t.doesNotThrow(() => judge(Scene.formed(1), 10, 50));
  t.end();
});
