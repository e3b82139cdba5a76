import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { Scene, type StatusChanges } from '../support/situations.ts';

const holder = 'x-k3s-m-2';
const order = { member: holder, by: 'operator ada', why: 'kernel update', seconds: 1800, stop: false } as const;
const pending: StatusChanges = { service: { restartPending: true } };
const ails: StatusChanges = { etcd: null };

const restart = { kind: 'grant-permit', member: holder } as const;
const hold = { kind: 'grant-hold', ...order } as const;
const defragmentation = {
  kind: 'grant-defragmentation',
  member: holder,
  compactFirst: false,
  why: reason('room_first'),
} as const;
const permits = { restart, hold, defragmentation };

function granted(step: (typeof permits)[keyof typeof permits]): Scene {
  const scene = Scene.formed(3).take(step).published(2).wait(10).allReport();
  return scene.reports(2, pending);
}

const idOf = ({ progress }: Scene) => progress.permit?.id ?? '';

for (const [name, step] of Object.entries(permits)) {
  t.test(`R2 a permit to ${name} that is not used is withdrawn once another voter does not serve`, (t) => {
    const scene = granted(step);
    t.equal(scene.decide().step, null);
    t.match(scene.reports(3, ails).settle(), [
      {
        kind: 'withdraw-permit',
        member: holder,
        reason: reason('every_voter_must_serve', {
          ailment: reason('of_member', { member: 'x-k3s-m-3', why: reason('etcd_silent', { state: 'running' }) }),
        }),
      },
    ]);
    t.end();
  });
}

t.test('R2 … or is silent, though its etcd may serve', (t) => {
  const scene = granted(restart).wait(35).reports(1).reports(2, pending);
  t.equal(scene.decide().step, null);
  t.match(scene.wait(1).decide().step, {
    kind: 'withdraw-permit',
    reason: {
      code: 'every_voter_must_serve',
      facts: { ailment: reason('of_member', { member: 'x-k3s-m-3', why: reason('silent', { seconds: 36 }) }) },
    },
  });
  t.end();
});

t.test('R2 … or has not reported since the coordinator was started', (t) => {
  const scene = granted(restart);
  const third = scene.nodes['x-k3s-m-3'];
  if (third === undefined) throw new Error('it has not joined');
  scene.nodes['x-k3s-m-3'] = { ...third, isStored: true };
  t.match(scene.decide().step, { kind: 'withdraw-permit' });
  t.end();
});

t.test('R2 it is withdrawn first, whatever else there is to do', (t) => {
  const scene = granted(restart).reports(3, ails).replaces(3, true);
  t.match(scene.takeNext(), { kind: 'withdraw-permit' });
  t.end();
});

t.test('a permit is not withdrawn because its holder is away: it may use it', (t) => {
  const scene = granted(restart).reports(2, { etcd: null, service: { state: 'stopped' } });
  t.equal(scene.decide().step, null);
  t.end();
});

t.test('a permit that is used is not withdrawn: what has begun is not stopped half way', (t) => {
  const used: Readonly<Record<keyof typeof permits, (scene: Scene) => StatusChanges>> = {
    restart: (scene) => ({ service: { lastPermit: idOf(scene), state: 'stopped' }, etcd: null }),
    hold: (scene) => ({ service: { held: { permit: idOf(scene), rebooted: false } } }),
    defragmentation: (scene) => ({
      lastMaintenance: { id: idOf(scene), kind: 'defragment', outcome: 'begun', reason: null },
      etcd: null,
    }),
  };
  for (const name of ['restart', 'hold', 'defragmentation'] as const) {
    const scene = granted(permits[name]);
    scene.reports(2, used[name](scene)).reports(3, ails);
    t.notMatch(scene.settle(), [{ kind: 'withdraw-permit' }], name);
  }
  t.end();
});

t.test('R2 a defragmentation that began while its permit was withdrawn is awaited, and recorded', (t) => {
  const scene = granted(defragmentation);
  const id = idOf(scene);
  const says = (outcome: 'begun' | 'done') => ({
    lastMaintenance: { id, kind: 'defragment' as const, outcome, reason: reason('error_says', { text: outcome }) },
  });
  t.match(scene.reports(3, ails).settle(), [{ kind: 'withdraw-permit', member: holder }]);
  scene.reports(3);
  const lapses = { step: null, waits: [reason('defragmentation_lapses', { member: holder })] };
  t.same(scene.decide(), lapses);
  scene.published(2).wait(1).reports(1).reports(3);
  scene.reports(2, { ...says('begun'), etcd: null });
  t.same(scene.decide(), lapses, 'nobody else gets a permit while it defragments');
  for (const seconds of [1, 11]) scene.wait(seconds).reports(1).reports(3).reports(2, says('done'));
  t.match(scene.takeNext(), { kind: 'record-defragmentation', member: holder, outcome: 'done' });
  t.equal(scene.progress.permit, null);
  t.end();
});

t.test('a hold goes on whatever becomes of the others: an operator works on the machine', (t) => {
  const scene = granted(hold);
  scene.reports(2, { service: { held: { permit: idOf(scene), rebooted: false } } });
  t.match(scene.settle(), [{ kind: 'open-hold' }]);
  scene.wait(30).reports(1).reports(3, ails);
  t.equal(scene.decide().step, null);
  t.end();
});

t.test('R2 the next permit waits until its holder has heard of the withdrawal, or can use it no longer', (t) => {
  const scene = granted(restart).reports(3, ails);
  scene.settle();
  scene.wait(10).reports(1).reports(3).reports(2, pending);
  t.equal(scene.decide().step, null, 'not heard');
  scene.published(2).wait(10).reports(1).reports(3).reports(2, pending);
  t.match(scene.decide().step, { kind: 'close-permit', outcome: 'lapsed' });
  t.end();
});
