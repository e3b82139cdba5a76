import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { ordersTo } from '../../../src/controller/orders.ts';
import { refusalOf } from '../../support/refusal.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

type Hashes = readonly (string | null)[];

const numbers = (hashes: Hashes) => hashes.map((_, index) => index + 1);

/** All voters report the alarm, at the given revisions. */
function alarmed(scene: Scene, revisions: readonly number[] = [], changes: StatusChanges = {}): Scene {
  for (const [name, member] of Object.entries(scene.progress.members)) {
    if (member.phase !== 'voter') continue;
    const number = Number(name.slice(-1));
    const etcd = { alarms: ['CORRUPT on 0'], healthy: false, revision: revisions[number - 1] ?? 40 };
    scene.reports(number, { ...changes, etcd: { ...etcd, ...changes.etcd } });
  }
  return scene;
}

/** The voters report these hashes for the comparison that is under way; null: its agent could not. */
function answered(
  scene: Scene,
  hashes: Hashes,
  at: { readonly revision?: number; readonly compactRevision?: number } = {},
) {
  const id = scene.progress.corruption.comparing?.id ?? '';
  for (const number of numbers(hashes)) {
    const hash = hashes[number - 1];
    const lastMaintenance =
      hash === null || hash === undefined
        ? ({ id, outcome: 'failed', reason: { code: 'begun_too_late', facts: {} } } as const)
        : ({ id, outcome: 'done', reason: null, hash: { hash, revision: 40, compactRevision: 30, ...at } } as const);
    if (scene.member(number)?.phase !== 'voter') continue;
    const etcd = { alarms: ['CORRUPT on 0'], healthy: false, revision: 40 };
    scene.reports(number, { etcd, lastMaintenance });
  }
  return scene;
}

const unproven = reason('data_unproven');
const [right, wrong, other] = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'] as const;
const compared = (finding: string, agreeing: readonly string[], differing: readonly string[]) => [
  { kind: 'record-comparison', finding, agreeing, differing },
];
const [one, two, three] = ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'] as const;

/** Three voters, of which the third has other data, as a comparison has shown. */
function named(): Scene {
  const scene = alarmed(Scene.formed(3).wait(600));
  scene.settle();
  answered(scene, [right, right, wrong]).settle();
  return scene;
}

/** Why the member is not replaced; null if it is. */
function refusal(scene: Scene, number: number) {
  return refusalOf(() => scene.replaces(number, true))?.facts.reason ?? null;
}

t.test('CORRUPT: each voter hashes its keys at the lowest revision that one of them has reached', async (t) => {
  const scene = alarmed(Scene.formed(3).wait(600), [42, 40, 41]);
  t.same(scene.settle(), [{ kind: 'assign-comparison', members: [one, two, three], revision: 40 }]);
  const id = scene.progress.corruption.comparing?.id;
  const order = { id, kind: 'hash', revision: 40, validForSeconds: 90, deadlineSeconds: 1800 };
  for (const member of [one, two, three]) t.same(ordersTo(scene.progress, member).maintenance, order);
  t.same(scene.decide().waits, [
    reason('hashes_reported', { members: ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'], revision: 40 }),
  ]);
});

t.test('R3 R16: the one of three whose data differs is named, and leaves on an operator’s order alone', async (t) => {
  const scene = alarmed(Scene.formed(3).wait(600));
  scene.settle();
  answered(scene, [right, right, wrong]);
  t.match(scene.settle(), compared('named', [one, two], [three]));
  t.same(alarmed(scene.wait(86_400)).settle(), [], 'never by itself');

  t.equal(refusal(scene, 3), null);
  t.match(scene.settle(), [
    { kind: 'assign', executor: one, mutation: { kind: 'remove-voter', member: three, memberId: 'a3', differs: true } },
  ]);
  t.match(ordersTo(scene.progress, one).membershipStep, { kind: 'remove-voter', memberId: 'a3', differs: true });
  scene.etcdRemoves('a3');
  alarmed(scene);
  t.match(scene.settle(), [
    { kind: 'record-removed', member: three },
    { kind: 'assign-comparison', members: [one, two] },
  ]);
  answered(scene, [right, right]);
  t.match(scene.settle(), [
    { kind: 'record-comparison', finding: 'agree' },
    { kind: 'assign-disarming', executor: two },
  ]);
  t.match(ordersTo(scene.progress, two).maintenance, { kind: 'disarm-corrupt', validForSeconds: 90 });
  t.equal(ordersTo(scene.progress, one).maintenance, undefined);
  scene.votersReport();
  scene.joins(3);
  t.match(scene.settle(), [
    { kind: 'record-no-corruption', by: two },
    { kind: 'assign', mutation: { kind: 'add-learner', member: three } },
  ]);
});

t.test('R3 R16: no other member leaves while CORRUPT is raised', async (t) => {
  for (const number of [1, 2]) t.strictSame(refusal(named(), number), unproven);
  const scene = alarmed(Scene.formed(3).wait(600));
  for (const number of [1, 2, 3]) t.strictSame(refusal(scene, number), unproven, 'before the comparison');
  scene.settle();
  for (const number of [1, 2, 3]) t.strictSame(refusal(scene, number), unproven, 'during the comparison');
});

t.test('R16: a replacement that was ordered before the alarm waits for the comparison', async (t) => {
  const scene = Scene.formed(3).wait(600).allReport();
  scene.replaces(2);
  alarmed(scene);
  t.match(scene.settle(), [{ kind: 'assign-comparison' }]);
  answered(scene, [right, right, wrong]);
  t.match(scene.settle(), compared('named', [one, two], [three]));
  const wait = scene.decide().waits.find(({ code }) => code === 'must_not_leave_yet');
  t.strictSame(wait, reason('must_not_leave_yet', { member: two, why: unproven }));
});

t.test('R3: the removal waits for a majority that agrees and serves', async (t) => {
  const scene = named();
  scene.reports(2, { etcd: { alarms: ['CORRUPT on 0'], healthy: false, linearizableRead: false } });
  t.strictSame(refusal(scene, 3), reason('too_few_stay', { others: 2, able: 1, needed: 2 }));
});

t.test('R16: without a majority nobody is named, and nobody leaves', async (t) => {
  for (const [voters, hashes] of [
    [2, [right, wrong]],
    [3, [right, wrong, other]],
    [3, [right, wrong, null]],
  ] as const) {
    const scene = alarmed(Scene.formed(voters, { members: voters }).wait(600));
    scene.settle();
    t.match(answered(scene, hashes).settle(), compared('undecided', [], []));
    for (const number of numbers(hashes)) t.strictSame(refusal(scene, number), unproven);
  }
});

t.test('an undecided comparison is repeated, ever more rarely', async (t) => {
  const scene = alarmed(Scene.formed(3).wait(600), [1, 40, 41]);
  t.match(scene.settle(), [{ kind: 'assign-comparison', revision: 1 }]);
  t.match(answered(scene, [null, null, null]).settle(), compared('undecided', [], []));
  t.same(alarmed(scene.wait(29), [1, 40, 41]).settle(), []);
  t.match(
    alarmed(scene.wait(1), [1, 40, 41]).settle(),
    [{ kind: 'assign-comparison', revision: 40 }],
    'at what most have',
  );
  answered(scene, [null, right, wrong]).settle();
  t.same(alarmed(scene.wait(59)).settle(), []);
  t.match(alarmed(scene.wait(1)).settle(), [{ kind: 'assign-comparison' }]);
});

t.test('a silent voter is not waited for, and counts for the majority', async (t) => {
  const scene = alarmed(Scene.formed(3).wait(600));
  scene.settle();
  const id = scene.progress.corruption.comparing?.id ?? '';
  scene.wait(36);
  for (const number of [1, 2]) {
    const hash = { hash: right, revision: 40, compactRevision: 30 };
    const etcd = { alarms: ['CORRUPT on 0'], healthy: false };
    scene.reports(number, { etcd, lastMaintenance: { id, outcome: 'done', reason: null, hash } });
  }
  t.match(scene.settle(), [{ finding: 'undecided', unheard: [{ member: three }] }]);
});

t.test('an order that is not begun in time ends the comparison', async (t) => {
  const scene = alarmed(Scene.formed(3).wait(600));
  scene.settle();
  t.same(alarmed(scene.wait(120)).settle(), []);
  t.match(alarmed(scene.wait(10)).settle(), compared('undecided', [], []));
});

t.test('R16: an alarm without a member that is named is not disarmed, although all agree', async (t) => {
  const scene = alarmed(Scene.formed(3).wait(600));
  scene.settle();
  t.match(answered(scene, [right, right, right]).settle(), compared('agree', [one, two, three], []));
  t.same(alarmed(scene.wait(86_400)).settle(), []);
  scene.allReport();
  t.same(scene.settle(), [{ kind: 'record-no-corruption', by: null }]);
});

t.test('R16: the alarm stays while a named member votes, and while the others do not all agree', async (t) => {
  const scene = named();
  scene.replaces(3);
  scene.settle();
  scene.etcdRemoves('a3');
  alarmed(scene).settle();
  t.match(answered(scene, [right, null]).settle(), compared('undecided', [], []));
  t.same(alarmed(scene.wait(10)).settle(), []);
});

t.test('a failed disarming is tried again by another voter', async (t) => {
  const scene = named();
  scene.replaces(3);
  scene.settle();
  scene.etcdRemoves('a3');
  alarmed(scene).settle();
  t.match(answered(scene, [right, right]).settle().at(-1), { kind: 'assign-disarming', executor: two });
  const id = scene.progress.corruption.disarming?.id ?? '';
  const etcd = { alarms: ['CORRUPT on 0'], healthy: false };
  scene.reports(2, { etcd, lastMaintenance: { id, outcome: 'failed', reason: { code: 'begun_too_late', facts: {} } } });
  t.match(scene.settle(), [{ kind: 'withdraw-disarming' }]);
  alarmed(scene.wait(30));
  t.match(scene.settle(), [{ kind: 'assign-disarming', executor: one }]);
});

t.test('another list of voters makes the last comparison void', async (t) => {
  const scene = named();
  const { members, ...progress } = scene.progress;
  const third = members[three];
  if (third === undefined) throw new Error('no third member');
  scene.progress = { ...progress, members: { ...members, [three]: { ...third, memberId: 'b3' } } };
  t.strictSame(refusal(scene, 3), unproven);
});

t.test('with CORRUPT etcd refuses compactions, so none is ordered', async (t) => {
  const scene = Scene.formed(3).wait(600);
  for (const number of [1, 2, 3]) {
    scene.reports(number, { etcd: { alarms: ['CORRUPT on 0', 'NOSPACE on a2'], healthy: false } });
  }
  t.match(scene.settle(), [{ kind: 'assign-comparison' }]);
  t.match(answered(scene, [right, wrong, other]).settle(), compared('undecided', [], []));
});

t.test('one voter alone raises no alarm, and no comparison', async (t) => {
  const scene = Scene.formed(3)
    .wait(600)
    .allReport()
    .reports(1, { etcd: { alarms: ['CORRUPT on 0'], healthy: false } });
  t.same(scene.settle(), []);
});
