import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { ordersTo } from '../../src/controller/orders.ts';
import { underWay } from '../../src/controller/under-way.ts';
import { noAuthentication } from '../../src/model/authentication-progress.ts';
import { noCorruption } from '../../src/model/corruption-progress.ts';
import { noLeaderMove } from '../../src/model/leadership-progress.ts';
import { noMaintenance } from '../../src/model/maintenance-progress.ts';
import type { ClusterProgress } from '../../src/model/progress.ts';
import { Scene } from './support/situations.ts';

const scene = Scene.formed(3);
const member = scene.name(1);
const { now } = scene;
const task = { id: 'o', executor: member, issuedAt: now };
const permit = { id: 'p', member, issuedAt: now, withdrawnAt: null };
const hold = { by: 'operator ada', why: null, seconds: 60, stop: false, taken: true };
const mutation = { kind: 'promote', member, memberId: 'a1' } as const;
const { configuration } = scene.progress;
const before = configuration.settled;
if (before === null) throw new Error('the cluster has settings');

const everything: ClusterProgress = {
  ...scene.progress,
  permit: { ...permit, hold },
  configuration: { ...configuration, trial: { member, before, since: now } },
  assignment: { ...task, mutation, since: now },
  maintenance: { ...noMaintenance, task: { ...task, kind: 'compact', revision: 1 } },
  corruption: { ...noCorruption, disarming: task },
  authentication: { task: { ...task, enable: false, clients: [] }, failure: null },
  leaderMove: { ...task, member, memberId: 'a1' },
  withdrawn: [{ mutation, at: now }],
};

t.test('R2 R3 an operator hears of what is under way in a fixed order, until nothing is', (t) => {
  const ends: readonly (readonly [code: string, without: Partial<ClusterProgress>])[] = [
    ['held_now', { permit }],
    ['member_has_permit', { permit: null }],
    ['settings_on_trial', { configuration }],
    ['membership_changes', { assignment: null }],
    ['room_first', { maintenance: noMaintenance }],
    ['comparison_first', { corruption: noCorruption }],
    ['authentication_first', noAuthentication],
    ['leadership_moves', noLeaderMove],
    ['change_lapses', { withdrawn: [] }],
  ];
  const { spec } = scene;
  let progress = everything;
  for (const [code, without] of ends) {
    t.equal(underWay({ spec, status: scene.status(), progress, now })?.code, code);
    progress = { ...progress, ...without };
  }
  t.equal(underWay({ spec, status: scene.status(), progress, now }), null);
  t.end();
});

t.test('a hold that is over settles before another order', (t) => {
  const progress = { ...everything, permit: { ...permit, hold: { ...hold, seconds: 0 } } };
  const why = underWay({ spec: scene.spec, status: scene.status(), progress, now });
  t.strictSame(why, reason('hold_settles', { member, seconds: 10 }));
  t.end();
});

t.test('of two orders for one node, it gets the one that disrupts', (t) => {
  const defragments = { ...everything, permit: { ...permit, defragment: { compactFirst: false } } };
  t.match(ordersTo(defragments, member), { maintenance: { id: 'p', kind: 'defragment' }, membershipStep: { id: 'o' } });
  t.match(ordersTo(everything, member), { maintenance: { kind: 'compact' }, permit: { act: 'hold' } });
  t.end();
});
