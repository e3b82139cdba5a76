import { PicketError } from '@picket/shared/errors.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { hold } from '../../src/operations/hold.ts';
import { moveLeader } from '../../src/operations/move-leader.ts';
import type { Operation, OperationSituation } from '../../src/operations/operation.ts';
import { restart } from '../../src/operations/restart.ts';
import { steer } from '../../src/operations/steer.ts';
import { Scene } from '../controller/support/situations.ts';
import { said } from '../support/said.ts';

const by = 'operator admin';
const ofMember: Readonly<Record<string, (member: string) => Operation>> = {
  hold: (member) => hold(member, { by, why: null, seconds: 60, stop: false, place: 'elsewhere' }),
  'move-leader': (member) => moveLeader(member, { by }),
  restart: (member) => restart(member, { by }),
};
const orders: typeof ofMember = { ...ofMember, rollout: () => steer('pause', { expected: null, by }) };

/** The code of the refusal; null if there is none. */
function refusal(scene: Scene, operation: Operation): string | null {
  const { spec, progress, now } = scene;
  const situation = { spec, progress, now, status: scene.status(), after: () => progress };
  try {
    operation.decide(situation as unknown as OperationSituation);
    return null;
  } catch (error) {
    if (error instanceof PicketError) return error.code;
    throw error;
  }
}

for (const [name, order] of Object.entries(orders)) {
  t.test(`R5: no ${name} is ordered in a frozen cluster, nor in one that is to be deleted`, async (t) => {
    const scene = Scene.formed(3);
    const second = order(scene.name(2));
    scene.progress = { ...scene.progress, frozen: said('seen elsewhere') };
    t.equal(refusal(scene, second), 'cluster_frozen');
    scene.progress = { ...scene.progress, deletion: { by, at: 0, confirmed: true } as never };
    t.equal(refusal(scene, second), 'cluster_deleted', 'which says more than that it is frozen');
  });
}

for (const [name, order] of Object.entries(ofMember)) {
  t.test(`the member that a ${name} names is declared`, async (t) => {
    const scene = Scene.formed(3);
    scene.progress = { ...scene.progress, frozen: reason('several', { reasons: [] }) };
    t.equal(refusal(scene, order('x-k3s-m-9')), 'member_not_declared');
  });
}
