import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { type TakeOver, takeOver } from '../../../src/controller/take-over/take-over.ts';
import type { ClusterProgress } from '../../../src/model/progress.ts';
import { said } from '../../support/said.ts';
import { Scene } from '../support/situations.ts';

/** The result of a take-over: the store of a backup, as of `progress`, with the present reports. */
function taken(
  scene: Scene,
  progress: ClusterProgress,
  { seenUnadopted = [] as readonly string[], restoredAt = 0 } = {},
): TakeOver {
  const status = { nodes: scene.nodes, clients: {} };
  const { spec, now } = scene;
  return takeOver({ spec, status, progress, now, restoredAt, seenUnadopted, freshToken: 'x-k3s-fresh' });
}

const frozen = (progress: ClusterProgress): ClusterProgress => ({ ...progress, frozen: said('restored') });

function progressOf(result: TakeOver): ClusterProgress {
  if (!result.ok) throw new Error(`it waits for ${JSON.stringify(result.waits)}`);
  return result.progress;
}

t.test('R3, R5: members that were added since the backup are known again', (t) => {
  const early = frozen(new Scene().founded().progress);
  const now = Scene.formed(3);
  const result = taken(now, early);
  t.match(result, {
    ok: true,
    changes: [
      reason('is_member', { member: 'x-k3s-m-2', memberId: 'a2', phase: 'voter' }),
      reason('is_member', { member: 'x-k3s-m-3', memberId: 'a3', phase: 'voter' }),
    ],
  });
  const progress = progressOf(result);
  for (const number of [1, 2, 3]) {
    const { phase, memberId, incarnation } = now.member(number) ?? {};
    t.match(progress.members[now.name(number)], { phase, memberId, incarnation });
  }
  t.equal(progress.formation?.clusterId, 'c1');
  t.equal(progress.frozen, null);
  t.end();
});

t.test('R5: the new epoch answers what a backup held against a node', (t) => {
  const scene = Scene.formed(3);
  const quarantined = [{ nodeId: 'node0002', name: scene.name(2), since: 0, reason: said('it claimed generation 99') }];
  const progress = progressOf(taken(scene, frozen({ ...scene.progress, quarantined })));
  t.same(progress.quarantined, []);
  t.end();
});

t.test('R1, R5: after it nothing is released, and no formation can be abandoned', (t) => {
  const scene = Scene.formed(3);
  scene.progress = progressOf(taken(scene, frozen(new Scene().founded().progress)));
  t.same(scene.decide(), { step: null, waits: [] });
  t.ok(scene.progress.secondVoterPossible);
  t.end();
});

t.test('R3, R5: a member that operators have declared again since the backup stays, and is to leave no longer', (t) => {
  const now = Scene.formed(3);
  const name = now.name(3);
  const before = now.member(3);
  const departing = { [name]: { address: '192.168.7.13' } };
  const leaving = { reason: reason('removed_by', { by: 'operator ada' }), force: false, machineGone: false };
  const backup = (changes: Partial<typeof leaving> & { readonly asked?: true } = {}) =>
    frozen({
      ...now.progress,
      departing,
      members: {
        ...now.progress.members,
        ...(before && { [name]: { ...before, leaving: { ...leaving, ...changes } } }),
      },
    });
  const stays = progressOf(taken(now, backup()));
  t.same([stays.departing, stays.members[name]?.leaving], [{}, undefined]);
  const asked = progressOf(taken(now, backup({ asked: true })));
  t.same(asked.departing, {});
  t.match(asked.members[name]?.leaving, leaving, 'etcd may remove it yet, and then it enters again');
  t.end();
});

t.test('R3, R5: a member that was removed since the backup stays out, and its incarnation is over', (t) => {
  const now = Scene.formed(3);
  const late = frozen(now.progress);
  now
    .etcdRemoves('a3')
    .reports(1)
    .reports(2)
    .reports(3, { etcd: null, service: { state: 'crashed' } });
  const progress = progressOf(taken(now, late, { restoredAt: -1_000_000 }));
  t.equal(progress.members['x-k3s-m-3'], undefined);
  t.same(progress.gone, ['a3']);
  t.same(progress.retired, [
    { member: 'x-k3s-m-3', incarnation: late.members['x-k3s-m-3']?.incarnation, nodeId: 'node3' },
  ]);
  t.end();
});

t.test('R4, R5: an incarnation that was only ordered at the time of the backup is not begun again', (t) => {
  const scene = new Scene().founded().joins(2).joins(3);
  scene.settle();
  t.equal(scene.member(2)?.phase, 'adding');
  const early = frozen(scene.progress);
  scene.reports(1).joins(2, { service: { incarnation: null } });
  const progress = progressOf(taken(scene, early));
  t.equal(progress.members['x-k3s-m-2'], undefined);
  t.same(progress.retired, [
    { member: 'x-k3s-m-2', incarnation: early.members['x-k3s-m-2']?.incarnation, nodeId: 'node2' },
  ]);
  t.end();
});

t.test('R4, R5: an incarnation that should end still should, so no other machine begins it', (t) => {
  const scene = Scene.formed(3);
  const before = scene.progress;
  const late = frozen(scene.replaces(3).progress);
  scene.progress = before;
  scene.wait(40).reports(1).reports(2);
  const progress = progressOf(taken(scene, late, { restoredAt: -1_000_000 }));
  t.match(progress.members['x-k3s-m-3'], { memberId: 'a3', leaving: { force: false } });
  scene.etcdRemoves('a3').etcdAdds(3, { id: 'b3', isLearner: false, name: 'x-k3s-m-3' });
  scene
    .reports(1)
    .reports(2)
    .reports(3, { etcd: { memberId: 'b3' }, service: { incarnation: 'another' } });
  const since = progressOf(taken(scene, late, { restoredAt: -1_000_000 }));
  t.match(since.members['x-k3s-m-3'], { memberId: 'b3', incarnation: 'another' });
  t.equal(since.members['x-k3s-m-3']?.leaving, undefined, 'it is out');
  t.end();
});

t.test('R3, R5: a learner that was added since then and has never started is removed, and enters again', (t) => {
  const scene = new Scene().founded();
  const early = frozen(scene.progress);
  scene
    .etcdAdds(2)
    .reports(1)
    .joins(2, { service: { incarnation: null } });
  scene.progress = progressOf(taken(scene, early));
  t.equal(scene.progress.members['x-k3s-m-2'], undefined);
  t.match(scene.decide().step, { kind: 'assign', mutation: { kind: 'remove-learner', memberId: 'a2' } });
  t.end();
});

t.test('R1, R5: a cluster that was founded after the backup is taken as it is, under another token', (t) => {
  const progress = progressOf(taken(Scene.formed(3), frozen(new Scene().progress)));
  t.match(progress.formation, { clusterId: 'c1', token: 'x-k3s-fresh' });
  t.same(
    Object.values(progress.members).map(({ phase }) => phase),
    ['voter', 'voter', 'voter'],
  );
  t.end();
});

t.test('R5: without a majority of the voters it waits', (t) => {
  const early = frozen(new Scene().founded().progress);
  const scene = Scene.formed(3);
  for (const number of [2, 3]) delete scene.nodes[scene.name(number)];
  t.same(taken(scene, early), {
    ok: false,
    waits: [reason('majority_reports', { voters: 3, count: 1 })],
  });
  t.same(taken(Scene.formed(3).wait(60), early), {
    ok: false,
    waits: [reason('all_say_they_have_none', { missing: ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'] })],
  });
  t.end();
});

t.test('R5: contradicting reports are not accepted', (t) => {
  const early = frozen(new Scene().founded().progress);
  t.match(taken(Scene.formed(3).reports(3, { etcd: { clusterId: 'c2' } }), early), {
    ok: false,
    waits: [
      reason('clusters_agree', {
        one: { member: 'x-k3s-m-1', clusterId: 'c1' },
        other: { member: 'x-k3s-m-3', clusterId: 'c2' },
      }),
    ],
  });
  t.match(taken(Scene.formed(3).etcdRemoves('a3').reports(1), early), {
    ok: false,
    waits: [reason('lists_agree', { one: 'x-k3s-m-1', other: 'x-k3s-m-2' })],
  });
  const back = { ...early, gone: ['a2'] };
  t.match(taken(Scene.formed(3), back), {
    ok: false,
    waits: [{ code: 'removed_before_backup', facts: { memberId: 'a2' } }],
  });
  t.end();
});

t.test('R5, R19: if no voter serves, it waits for one, and calls nothing a contradiction that is none', (t) => {
  const early = frozen(new Scene().founded().progress);
  const down = { leader: '0', healthy: false, linearizableRead: false, members: null } as const;
  const scene = Scene.formed(3).reports(1, { etcd: down });
  for (const number of [2, 3]) delete scene.nodes[scene.name(number)];
  const waits = [reason('voter_lists')];
  t.same(taken(scene, early), { ok: false, waits });
  scene.reports(2, { etcd: down });
  t.same(taken(scene, early, { restoredAt: -1_000_000 }), { ok: false, waits }, 'two of three are in the same cluster');
  scene.reports(2, { etcd: { ...down, clusterId: 'c2' } });
  t.same(taken(scene, early), {
    ok: false,
    waits: [
      reason('clusters_agree', {
        one: { member: 'x-k3s-m-1', clusterId: 'c1' },
        other: { member: 'x-k3s-m-2', clusterId: 'c2' },
      }),
    ],
  });
  t.end();
});

t.test('R5: a member whose incarnation nobody reports keeps the cluster frozen until an operator removes it', (t) => {
  const scene = Scene.formed(3);
  const early = frozen(new Scene().founded().progress);
  scene.reports(3, { etcd: null });
  t.match(taken(scene, early, { restoredAt: -1_000_000 }), {
    ok: false,
    waits: [reason('reports_its_incarnation', { member: 'x-k3s-m-3', memberId: 'a3' })],
  });
  scene.etcdRemoves('a3').reports(1).reports(2);
  t.match(progressOf(taken(scene, early, { restoredAt: -1_000_000 })).members, {
    'x-k3s-m-1': { memberId: 'a1' },
    'x-k3s-m-2': { memberId: 'a2' },
  });
  t.end();
});

t.test(
  'R3, R5: a learner that never started and whose incarnation nobody reports is removed, and awaited by nobody',
  (t) => {
    const early = frozen(new Scene().founded().progress);
    const scene = new Scene().founded().etcdAdds(2).reports(1);
    scene.progress = progressOf(taken(scene, early));
    t.equal(scene.member(2), undefined);
    t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'remove-learner', memberId: 'a2' } }]);
    t.end();
  },
);

t.test('R3, R5: only an operator removes a voter whose node has lost its data', (t) => {
  const early = frozen(new Scene().founded().progress);
  for (const service of [{ state: 'lost-data' }, { state: 'absent', incarnation: null }] as const) {
    const scene = Scene.formed(3).reports(3, { etcd: null, service });
    const waits = [{ code: 'reports_its_incarnation', facts: { member: 'x-k3s-m-3', memberId: 'a3' } }];
    t.match(taken(scene, early, { restoredAt: -1_000_000 }), { ok: false, waits });
  }
  t.end();
});

t.test(
  'R5: a voter at an address that the backup does not declare is awaited, and nobody gets the advice to remove it',
  (t) => {
    const scene = Scene.formed(3);
    const [first, second, third] = scene.spec.members;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three are declared');
    scene.spec = { ...scene.spec, members: [first, second, { ...third, address: '192.168.7.31' }] };
    delete scene.nodes['x-k3s-m-3'];
    const peerUrls = ['https://192.168.7.13:2380'];
    t.strictSame(taken(scene, frozen(scene.progress), { restoredAt: -1_000_000 }), {
      ok: false,
      waits: [reason('undeclared_member', { memberId: 'a3', name: '', peerUrls, isRestored: true, role: 'voter' })],
    });
    t.end();
  },
);

t.test(
  'R3, R4, R5: a learner whose node has lost its data is removed without an order, and its incarnation is over',
  (t) => {
    const early = frozen(new Scene().founded().progress);
    const learner = (): Scene => {
      const scene = new Scene().founded().joins(2).joins(3);
      scene.settle();
      scene.etcdAdds(2, { name: 'x-k3s-m-2' }).reports(1).settle();
      return scene;
    };
    for (const lost of [
      { etcd: null, service: { state: 'lost-data' } },
      { etcd: null, service: { state: 'absent', incarnation: null } },
    ] as const) {
      const scene = learner().reports(2, lost);
      t.match(taken(scene, early), {
        waits: [reason('not_promoted_any_more', { seconds: 125, member: 'x-k3s-m-2', memberId: 'a2' })],
      });
      scene.progress = progressOf(taken(scene, early, { restoredAt: -126_000 }));
      t.match(scene.member(2), { phase: 'learner', memberId: 'a2', leaving: { machineGone: true } });
      const reported = scene.nodes['x-k3s-m-2']?.status?.service.incarnation ?? null;
      if (reported !== null) t.match(scene.progress.retired, [{ member: 'x-k3s-m-2', incarnation: reported }]);
      t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'remove-learner', memberId: 'a2' } }]);
      scene.etcdRemoves('a2').reports(1).joins(2);
      t.match(scene.settle(), [{ kind: 'record-removed' }, { mutation: { kind: 'add-learner', member: 'x-k3s-m-2' } }]);
    }
    const late = learner().reports(2, { etcd: null, service: { state: 'lost-data' } });
    late.progress = progressOf(taken(late, early, { restoredAt: -126_000 }));
    late.etcdPromotes(2).reports(1);
    t.match(late.settle(), [{ kind: 'record-voter' }], 'a voter leaves by an operator’s order');
    const why = reason('no_data_and_unknown');
    t.strictSame(
      late.decide().waits.find(({ code }) => code === 'became_voter'),
      reason('became_voter', { cluster: 'x-k3s', member: 'x-k3s-m-2', why }),
    );
    const down = learner().reports(2, { etcd: null, service: { state: 'crashed' } });
    const waits = [{ code: 'reports_its_incarnation', facts: { member: 'x-k3s-m-2', memberId: 'a2' } }];
    t.match(taken(down, early, { restoredAt: -126_000 }), { ok: false, waits }, 'it may enter again');
    t.end();
  },
);

t.test('R2, R5: it waits until no restart permit of the lost coordinator can be used', (t) => {
  const early = frozen(new Scene().founded().progress);
  const pending = Scene.formed(3).reports(2, { service: { restartPending: true } });
  t.match(taken(pending, early), { ok: false, waits: [{ code: 'permits_lapse', facts: { seconds: 125 } }] });
  t.ok(taken(pending, early, { restoredAt: -126_000 }).ok);
  const full = Scene.formed(3).reports(2, { etcd: { alarms: ['NOSPACE on a2'] } });
  t.match(
    taken(full, early),
    { ok: false, waits: [{ code: 'permits_lapse', facts: { seconds: 125 } }] },
    'a permit to defragment is a permit too',
  );
  t.end();
});

t.test('R5: it waits for each node that contacts the coordinator and that no operator has re-adopted', (t) => {
  const scene = Scene.formed(3);
  t.same(taken(scene, frozen(scene.progress), { seenUnadopted: ['x-k3s-m-3'] }), {
    ok: false,
    waits: [reason('node_readopted', { member: 'x-k3s-m-3' })],
  });
  t.end();
});

t.test('R1, R5: if no etcd answers, nobody founds unless all members report that they saw nothing newer', (t) => {
  const blank = () => new Scene().joins(1).joins(2).joins(3);
  const empty = frozen(new Scene().progress);
  t.match(progressOf(taken(blank(), empty)), { formation: null, members: {}, frozen: null });
  const two = blank();
  delete two.nodes['x-k3s-m-3'];
  t.strictSame(taken(two, empty), {
    ok: false,
    waits: [reason('all_say_they_have_none', { missing: ['x-k3s-m-3'] })],
  });
  t.match(taken(blank().joins(2, { agent: { generationSeen: 9 } }), empty), {
    ok: false,
    waits: [reason('etcd_of_newer', { member: 'x-k3s-m-2' })],
  });
  t.match(taken(blank().joins(2, { service: { incarnation: 'life1' } }), empty), {
    ok: false,
    waits: [reason('etcd_answers', { member: 'x-k3s-m-2' })],
  });
  t.end();
});

t.test('R6: settings during a rollout: all members get what all had, and wait for an operator', (t) => {
  const scene = Scene.formed(3);
  const { settled } = scene.progress.configuration;
  if (settled === null) throw new Error('nothing is settled');
  const trial = { member: 'x-k3s-m-2', before: settled, since: 0 };
  const rolledOut = { 'x-k3s-m-2': { ...settled, revision: 2 } };
  const late = frozen({ ...scene.progress, configuration: { ...scene.progress.configuration, trial, rolledOut } });
  t.match(progressOf(taken(scene, late)).configuration, { settled, rolledOut: {}, trial: null, paused: true });
  t.equal(progressOf(taken(scene, frozen(scene.progress))).configuration.paused, false);
  t.end();
});

t.test('R1: a restore from a snapshot that was ordered before the backup continues, unless it has happened', (t) => {
  const source = { snapshot: 'snapshot1', takenAt: 0, sizeBytes: 1, sha256: 'ab' };
  const formed = Scene.formed(3);
  const incarnations = Object.entries(formed.progress.members).map(([member, { incarnation }]) => ({
    member,
    incarnation,
  }));
  const ordered = { ...formed.progress, formation: null, members: {}, retired: incarnations, restore: source };
  const stopped = new Scene();
  for (const number of [1, 2, 3]) {
    stopped.joins(number, { service: { incarnation: formed.member(number)?.incarnation ?? null, state: 'stopped' } });
  }
  t.match(progressOf(taken(stopped, frozen(ordered))), { restore: source, formation: null, frozen: null });
  const founded = frozen({ ...new Scene().progress, restore: source });
  t.match(progressOf(taken(Scene.formed(3), founded)), { restore: null, formation: { clusterId: 'c1' } });
  t.end();
});

t.test(
  'R5: what a majority shows is accepted, whatever one node shows, once no order can be in progress any longer',
  (t) => {
    const early = frozen(new Scene().founded().progress);
    const alone = Scene.formed(3);
    const own = alone.etcd.filter(({ id }) => id === 'a3');
    const far = { members: own, membersAsOf: 2 ** 48, raftAppliedIndex: 2 ** 48 };
    const scene = Scene.formed(3).reports(3, { etcd: far });
    t.match(
      taken(scene, early),
      { ok: false, waits: [reason('lists_agree', { one: 'x-k3s-m-1', other: 'x-k3s-m-3' })] },
      'it may be a very recent order',
    );
    const { members, listedAsOf } = progressOf(taken(scene, early, { restoredAt: -126_000 }));
    t.same(
      Object.values(members).map(({ memberId }) => memberId),
      ['a1', 'a2', 'a3'],
    );
    t.same(listedAsOf, scene.asOf(1, 2), 'the index of a liar affects nobody');
    t.end();
  },
);

t.test('R5: one node that lists only itself is not believed if the backup knows several voters', (t) => {
  const late = frozen(Scene.formed(3).progress);
  const scene = Scene.formed(3);
  const own = scene.etcd.filter(({ id }) => id === 'a3');
  for (const number of [1, 2]) delete scene.nodes[scene.name(number)];
  scene.reports(3, { etcd: { members: own } });
  t.match(taken(scene, late, { restoredAt: -126_000 }), {
    ok: false,
    waits: [{ code: 'second_voter_reports', facts: { member: 'x-k3s-m-3', knew: 3 } }],
  });
  t.end();
});

/** The backup knows two voters. Since then the second was replaced: it is a learner with this ID, and one voter is left. */
function secondIsLearner(memberId: string) {
  const scene = Scene.formed(2, { members: 2 });
  const late = frozen(scene.progress);
  const list = scene.etcd.map((entry) => (entry.id === 'a2' ? { ...entry, id: 'a4', isLearner: true } : entry));
  scene.reports(1, { etcd: { members: list } });
  scene.reports(2, { etcd: { memberId, isLearner: true, members: null }, service: { incarnation: 'life9' } });
  return taken(scene, late, { restoredAt: -126_000 });
}

t.test('R5: a former voter that reports itself as a learner confirms that one voter is left', (t) => {
  t.match(secondIsLearner('a4'), { ok: true });
  t.end();
});

t.test('R5: … but not if it is no member that the voter lists', (t) => {
  t.match(secondIsLearner('a5'), {
    ok: false,
    waits: [{ code: 'second_voter_reports', facts: { member: 'x-k3s-m-1' } }],
  });
  t.end();
});

t.test('R5: the last voter is believed once an operator has declared the others lost', (t) => {
  const scene = Scene.formed(3);
  const own = scene.etcd.filter(({ id }) => id === 'a3');
  for (const number of [1, 2]) delete scene.nodes[scene.name(number)];
  const { progress } = scene.wait(60).declaredLost(1).declaredLost(2);
  scene.reports(3, { etcd: { members: own } });
  const after = progressOf(taken(scene, frozen(progress), { restoredAt: -126_000 }));
  t.same(Object.keys(after.members), ['x-k3s-m-3']);
  t.match(after.retired, [{ member: 'x-k3s-m-1' }, { member: 'x-k3s-m-2' }]);
  t.end();
});
