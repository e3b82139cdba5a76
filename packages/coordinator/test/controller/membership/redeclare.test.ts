import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { inLeavingOrder, keepsItFromLeaving, without } from '../../../src/controller/membership/departures.ts';
import { redeclared } from '../../../src/controller/membership/redeclare.ts';
import { certificatesOf } from '../../../src/desired-state/node-role.ts';
import { nodeState } from '../../../src/desired-state/node-state.ts';
import { configurationOf } from '../../../src/model/configuration-of.ts';
import type { Situation } from '../../../src/model/situation.ts';
import { Scene } from '../support/situations.ts';

function situationOf({ spec, progress, now, ...scene }: Scene, status: Situation['status']): Situation {
  return { ...scene, spec, progress, now, status };
}

/** An operator declares these members alone, of those that there are. */
function declare(scene: Scene, ...numbers: readonly number[]): Scene {
  const names = numbers.map((number) => scene.name(number));
  const all = new Map([...formedOf(scene), ...scene.spec.members].map((member) => [member.name, member]));
  const members = names.flatMap((name) => all.get(name) ?? []);
  const after = { ...scene.spec, revision: scene.spec.revision + 1, members };
  scene.progress = redeclared(situationOf(scene, scene.status()), after, 'operator admin');
  scene.spec = after;
  return scene;
}

function formedOf({ progress }: Scene) {
  return Object.entries(progress.departing).map(([name, { address }]) => ({ name, address }));
}

/** These report that they serve, and what etcd lists now. */
function report(scene: Scene, ...numbers: readonly number[]): Scene {
  for (const number of numbers) scene.reports(number);
  return scene;
}

const removed = (scene: Scene) => {
  scene.settle();
  const { mutation, executor } = scene.progress.assignment ?? {};
  return mutation?.kind === 'remove-voter' ? { member: mutation.member, executor } : null;
};

/** The agent of a leader has done what it was asked for. */
function handsOver(scene: Scene, from: number, to: number): void {
  const { id = '' } = scene.progress.leaderMove ?? {};
  scene.leader = `a${to}`;
  const lastMaintenance = {
    id,
    outcome: 'done',
    reason: reason('leadership_handed_over', { memberId: `a${to}` }),
  } as const;
  scene.reports(from, { lastMaintenance });
  report(
    scene,
    ...Object.keys(scene.progress.members)
      .map((name) => Number(name.at(-1)))
      .filter((one) => one !== from),
  );
}

t.test('a leader that does not hand over is removed all the same, and is asked once', async (t) => {
  const scene = Scene.formed(3, { members: 3 });
  declare(scene, 2, 3);
  t.equal(removed(scene), null);
  t.match(scene.progress.leaderMove, { executor: 'x-k3s-m-1', member: 'x-k3s-m-2' });
  scene.wait(130);
  report(scene, 1, 2, 3);
  t.same(removed(scene), { member: 'x-k3s-m-1', executor: 'x-k3s-m-2' });
  t.equal(scene.progress.leaderMove, null);
});

t.test('R3 shrinking, step by step: one that does not serve goes first, and the leader last', async (t) => {
  const scene = Scene.formed(5, { members: 5 });
  scene.leader = 'a4';
  report(scene, 1, 2, 3, 4, 5).wait(60);
  report(scene, 1, 2, 3, 4);
  declare(scene, 1, 2, 3);
  t.same(removed(scene)?.member, 'x-k3s-m-5', 'it is silent');
  t.match(scene.decide().waits, [{ code: 'change_made', facts: { kind: 'remove-voter' } }], 'one at a time');
  scene.etcdRemoves('a5');
  report(scene, 1, 2, 3, 4);
  t.equal(removed(scene), null);
  t.match(scene.progress.leaderMove, { executor: 'x-k3s-m-4', member: 'x-k3s-m-1' }, 'the leader hands over first');
  handsOver(scene, 4, 1);
  t.same(removed(scene)?.member, 'x-k3s-m-4');
  scene.etcdRemoves('a4');
  report(scene, 1, 2, 3);
  scene.settle();
  t.same(Object.keys(scene.progress.members).sort(), ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3']);
  t.same(Object.keys(scene.progress.departing), ['x-k3s-m-4', 'x-k3s-m-5'], 'their nodes have not answered yet');
});

t.test('R19: an ordered removal makes no event about voters that nobody declared', async (t) => {
  const scene = Scene.formed(3, { members: 3 });
  declare(scene, 1, 2);
  const kinds: string[] = scene.settle().map(({ kind }) => kind);
  scene.etcdRemoves('a3');
  report(scene, 1, 2);
  kinds.push(...scene.settle().map(({ kind }) => kind));
  t.same(kinds, ['assign', 'record-removed']);
});

t.test(
  'R3: the URLs that etcd lists of a member that leaves are recorded if they are others than declared',
  async (t) => {
    const scene = Scene.formed(3, { members: 3 });
    const peerUrls = ['https://192.168.7.99:2380'];
    scene.etcd = scene.etcd.map((one) => (one.id === 'a3' ? { ...one, peerUrls } : one));
    report(scene, 1, 2, 3);
    declare(scene, 1, 2);
    t.match(scene.takeNext(), { kind: 'record-undeclared', members: [{ id: 'a3', peerUrls }] });
  },
);

t.test('R3 members are removed only if those that stay are a majority that serves, each time', async (t) => {
  const scene = Scene.formed(5, { members: 5 }).wait(60);
  report(scene, 1, 4, 5);
  t.throws(() => declare(scene, 1, 2, 3), { code: 'remove_refused' });
  t.same(scene.progress.departing, {});
  t.doesNotThrow(() => declare(scene, 1, 4, 5), 'the silent ones may go');
});

t.test('R3 the first of two leaves only if the second can leave, too', async (t) => {
  const scene = Scene.formed(3, { members: 3 });
  declare(scene, 1);
  scene.wait(60);
  report(scene, 1, 2);
  scene.wait(60);
  report(scene, 1, 3).reports(3, { etcd: { linearizableRead: false, healthy: false } });
  t.equal(removed(scene), null);
  report(scene, 1, 2, 3);
  t.same(removed(scene)?.executor, 'x-k3s-m-1');
});

t.test('R3 if the first of two may leave, so may the second, whoever serves', async (t) => {
  let begun = 0;
  for (const count of [3, 5]) {
    for (let pattern = 0; pattern < 2 ** count; pattern += 1) {
      const all = Array.from({ length: count }, (_, index) => index + 1);
      const scene = declare(Scene.formed(count, { members: count }), ...all.slice(0, -2)).wait(60);
      report(scene, ...all.filter((number) => (pattern >> (number - 1)) % 2 === 1));
      const situation = situationOf(scene, scene.status());
      const [first = '', second = ''] = inLeavingOrder(situation, Object.keys(scene.progress.departing));
      if (keepsItFromLeaving(situation, first, count === 3) !== null) continue;
      begun += 1;
      t.equal(keepsItFromLeaving(without(situation, first), second, count === 3), null, `${count}: ${pattern}`);
    }
  }
  t.ok(begun > 3);
});

t.test('R3 one of two leaves only if one member is declared', async (t) => {
  const two = Scene.formed(3, { members: 3 });
  declare(two, 1, 2);
  t.equal(removed(two)?.member, 'x-k3s-m-3', 'an even number that is asked for');
  two.etcdRemoves('a3');
  report(two, 1, 2).settle();
  declare(two, 1);
  t.same(removed(two), { member: 'x-k3s-m-2', executor: 'x-k3s-m-1' });
  const four = Scene.formed(2, { members: 4 }).wait(60).reports(1);
  t.throws(
    () => declare(four, 1, 4),
    { code: 'remove_refused', facts: { reason: reason('only_one_would_stay') } },
    'etcd adds nobody beside one that is silent',
  );
  const half = Scene.formed(3, { members: 3 });
  declare(half, 1, 2);
  removed(half);
  half.etcdRemoves('a3');
  report(half, 1, 2).settle();
  half.wait(60).reports(1);
  t.throws(() => declare(half, 1), { code: 'remove_refused' }, 'no force replaces a majority');
});

t.test('R3 one that was to leave before may be one of two as well, once one member is declared', async (t) => {
  const scene = Scene.formed(3, { members: 3 });
  declare(scene, 1, 2);
  t.equal(scene.member(3)?.leaving?.force, false);
  declare(scene, 1);
  t.same([scene.member(2)?.leaving?.force, scene.member(3)?.leaving?.force], [true, true]);
});

t.test('R3 one that is declared again stays, unless etcd was asked to remove it', async (t) => {
  const scene = Scene.formed(5, { members: 5 });
  declare(scene, 1, 2, 3);
  const first = removed(scene)?.member;
  t.equal(first, 'x-k3s-m-4');
  declare(scene, 1, 2, 3, 4, 5);
  t.same(scene.progress.departing, {});
  t.notOk(scene.member(5)?.leaving, 'it stays');
  t.ok(scene.member(4)?.leaving, 'it may be gone already: it enters again');
  scene.etcdRemoves('a4');
  report(scene, 1, 2, 3, 5).joins(4).settle();
  t.match(scene.progress.assignment?.mutation ?? scene.decide().waits, { kind: 'add-learner', member: 'x-k3s-m-4' });
});

t.test(
  'R4 a removed member hears that its incarnation is over, and its node is released once it has said so',
  async (t) => {
    const scene = Scene.formed(3, { members: 3 });
    const incarnation = scene.member(3)?.incarnation;
    declare(scene, 1, 2);
    removed(scene);
    scene.etcdRemoves('a3');
    report(scene, 1, 2).published(3).settle();
    t.same(scene.progress.retired, [{ member: 'x-k3s-m-3', incarnation: incarnation, nodeId: 'node3' }]);
    const node = {
      nodeId: 'node3',
      member: { name: 'x-k3s-m-3', address: '192.168.7.13' },
      layout: { etcDir: '/etc/etcd', dataRoot: '/var/lib/etcd', logFile: '/var/log/etcd/etcd.log' },
    };
    const state = nodeState(scene.spec, scene.progress, node, { control: '', client: '', peer: '' });
    t.match(state, { etcd: null, certificates: [], retired: [incarnation], letGo: true });
    scene.wait(600);
    report(scene, 1, 2).settle();
    t.ok(scene.progress.departing['x-k3s-m-3'], 'while it is off, it is awaited');
    scene.reports(3, { etcd: null, service: { state: 'stopped', incarnation: null } });
    t.match(scene.settle(), [
      { kind: 'forget-incarnations' },
      { kind: 'release-node', member: 'x-k3s-m-3', nodeId: 'node3' },
    ]);
    t.same(scene.progress.departing, {});
  },
);

t.test('R8 a released member gets no certificate of its former cluster, nor one of a cluster that is deleted', (t) => {
  const scene = Scene.formed(3, { members: 3 });
  const wanted = (number: number) =>
    certificatesOf(scene.spec, scene.progress, { kind: 'member', member: scene.name(number) }).length;
  t.same([wanted(1), wanted(3)], [4, 4]);
  declare(scene, 1, 2);
  removed(scene);
  scene.etcdRemoves('a3');
  report(scene, 1, 2).published(3).settle();
  t.same([wanted(1), wanted(3)], [4, 0]);
  const deletion = {
    by: 'operator admin',
    filedAs: 'x',
    force: false,
    name: 'x-k3s',
    wantsSnapshot: false,
    before: null,
  };
  scene.progress = {
    ...scene.progress,
    members: {},
    deletion: { ...deletion, ended: { snapshot: null }, freed: false },
  };
  t.equal(wanted(1), 0);
  t.end();
});

t.test('R4 a node that has lived no incarnation is let go once it has heard that, or if it is not heard', async (t) => {
  const scene = Scene.formed(3, { members: 4 });
  scene.joins(4);
  declare(scene, 1, 2, 3);
  report(scene, 1, 2, 3).published(4).settle();
  t.ok(scene.progress.departing['x-k3s-m-4'], 'it has to hear that it is released');
  const silent = scene.progress;
  report(scene, 1, 2, 3).joins(4).settle();
  t.same(scene.progress.departing, {});
  scene.progress = silent;
  scene.published(4).wait(60);
  report(scene, 1, 2, 3).settle();
  t.same(scene.progress.departing, {}, 'it has nothing to put away');
});

t.test('R3 while no declared voter serves that is to stay, none leaves', async (t) => {
  const scene = declare(Scene.formed(5, { members: 5 }), 1).wait(60);
  report(scene, 2, 3, 4, 5);
  t.equal(removed(scene), null);
  t.match(scene.decide().waits, [{ code: 'must_not_leave_yet', facts: { why: reason('no_declared_voter_stays') } }]);
});

t.test('R3 while the one that stays is replaced, the others wait for it', async (t) => {
  const scene = declare(Scene.formed(3, { members: 3 }), 1).wait(60);
  report(scene, 2, 3);
  scene.replaces(1).settle();
  scene.etcdRemoves('a1');
  report(scene, 2, 3);
  t.equal(removed(scene), null);
  t.strictSame(
    scene.decide().waits[0],
    reason('leaves_after_newcomer', { member: 'x-k3s-m-2', newcomers: ['x-k3s-m-1'] }),
  );
  t.equal(scene.progress.assignment, null);
  scene.joins(1).published(1).joins(1).settle();
  t.match(scene.progress.assignment, { executor: 'x-k3s-m-2', mutation: { kind: 'add-learner', member: 'x-k3s-m-1' } });
});

t.test('R6 a member that is to leave gets no settings that no declared member has tried', async (t) => {
  const scene = declare(Scene.formed(3, { members: 3 }), 1).wait(60);
  report(scene, 2, 3);
  scene.replaces(1).settle();
  scene.etcdRemoves('a1');
  scene.spec = { ...scene.spec, tuning: { ...scene.spec.tuning, snapshotCount: 5000 } };
  report(scene, 2, 3).settle();
  const { progress } = scene;
  t.equal(configurationOf(scene.spec, progress, 'x-k3s-m-2').tuning.snapshotCount, 10_000);
});
