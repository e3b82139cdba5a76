import t from 'tap';
import { stillStanding } from '../../src/controller/formation/still-standing.ts';
import { departures, keepsItFromLeaving } from '../../src/controller/membership/departures.ts';
import { believedList } from '../../src/controller/membership/member-list.ts';
import { freshReads, knownMembers } from '../../src/controller/restore/voter-evidence.ts';
import { foreignCluster } from '../../src/controller/safety/foreign-cluster.ts';
import { takeOver } from '../../src/controller/take-over/take-over.ts';
import { nodeState } from '../../src/desired-state/node-state.ts';
import { ailments, voters } from '../../src/model/health.ts';
import type { Situation } from '../../src/model/situation.ts';
import { voterUrls } from '../../src/model/urls.ts';
import { Scene } from './support/situations.ts';

/** Voters of which the spec declares all but the last, as after an operator has removed it from the spec. */
function undeclared(count: number): Scene {
  const scene = Scene.formed(count, { members: count });
  const [last] = scene.spec.members.slice(-1);
  scene.etcd = scene.etcd.map((one) =>
    one.id === `a${count}` ? { ...one, clientUrls: [`https://${last?.address}:2379`] } : one,
  );
  scene.allReport();
  scene.spec = { ...scene.spec, members: scene.spec.members.slice(0, -1) };
  return scene;
}

function situationOf(scene: Scene): Situation {
  return { spec: scene.spec, status: scene.status(), progress: scene.progress, now: scene.now };
}

t.test('R3: a voter that is no longer declared counts in the quorum, after the declared ones', (t) => {
  const scene = undeclared(3);
  t.same(
    voters(situationOf(scene)).map(([name]) => name),
    [1, 2, 3].map((number) => scene.name(number)),
  );
  scene.wait(60).reports(1);
  t.equal(believedList(situationOf(scene)), null, 'one of three shows no majority');
  scene.reports(3);
  t.same(believedList(situationOf(scene))?.members.length, 3, 'its list counts as well');
  t.end();
});

t.test('R3: while it is away, no other voter is removed', (t) => {
  const scene = undeclared(3).wait(60).reports(1).reports(2);
  t.ok(keepsItFromLeaving(situationOf(scene), scene.name(2), false), 'of the two remaining ones, one is away');
  scene.reports(3);
  t.equal(keepsItFromLeaving(situationOf(scene), scene.name(2), false), null);
  t.end();
});

t.test('R3: a voter that somebody else added counts in the quorum of a removal', (t) => {
  const scene = Scene.formed(3);
  t.equal(keepsItFromLeaving(situationOf(scene), scene.name(3), false), null);
  const stranger = { ...scene.listed(3, false), id: 'b9', name: 'stranger', peerUrls: ['https://192.168.7.99:2380'] };
  scene.etcd = [...scene.etcd, stranger, { ...stranger, id: 'b8' }];
  scene.index += 1;
  scene.allReport().settle();
  t.match(keepsItFromLeaving(situationOf(scene), scene.name(3), false), {
    code: 'too_few_stay',
    facts: { others: 4, able: 2, needed: 3 },
  });
  t.end();
});

t.test('R2: while it is away, no other member restarts', (t) => {
  const scene = undeclared(3).wait(60);
  scene.reports(1).reports(2, { service: { restartPending: true } });
  const [ailment] = ailments(situationOf(scene));
  t.equal(ailment?.facts.member, scene.name(3));
  t.not(scene.takeNext()?.kind, 'grant-permit');
  scene.reports(1).reports(3);
  t.match(scene.settle().at(-1), { kind: 'grant-permit', member: scene.name(2) });
  t.end();
});

t.test('R3: what etcd lists of it is recorded, and that etcd has removed it', (t) => {
  const scene = undeclared(3);
  t.match(scene.settle(), [{ kind: 'record-undeclared', members: [{ id: 'a3' }] }]);
  t.same(scene.decide(), { step: null, waits: [] }, 'it delays nothing');
  scene.etcdRemoves('a3');
  scene.reports(1).reports(2);
  t.match(scene.takeNext(), { kind: 'freeze' }, 'nobody ordered it');
  t.end();
});

t.test('R3: an operator can end its incarnation, and its removal is recorded', (t) => {
  const scene = undeclared(3);
  scene.settle();
  scene.replaces(3);
  t.same(
    departures(situationOf(scene)).map(({ name }) => name),
    [scene.name(3)],
  );
  t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'remove-voter', memberId: 'a3' } }]);
  scene.etcdRemoves('a3').reports(1).reports(2);
  t.match(scene.settle(), [
    { kind: 'record-removed', memberId: 'a3' },
    { kind: 'record-undeclared', members: [] },
  ]);
  t.equal(scene.member(3), undefined);
  t.end();
});

t.test('R3: its node gets no orders, so it changes nothing', (t) => {
  const scene = undeclared(3);
  scene.leader = 'a3';
  scene.settle();
  scene.allReport().reports(3).replaces(2);
  t.match(scene.settle(), [{ kind: 'assign', executor: scene.name(1) }]);
  t.end();
});

t.test('R3: it is not a second learner that enters', (t) => {
  const scene = Scene.formed(3, { members: 5 });
  scene.joins(5).joins(4).allReport().settle();
  t.match(scene.progress.assignment?.mutation, { kind: 'add-learner', member: scene.name(4) });
  scene.etcdAdds(4).votersReport().settle();
  const [one, two, three, four, five] = scene.spec.members;
  if (!one || !two || !three || !four || !five) throw new Error('five are declared');
  scene.spec = { ...scene.spec, members: [one, two, three, five] };
  scene.reports(1).reports(2).reports(3);
  const added = scene.settle().filter((step) => step.kind === 'assign' && step.mutation.kind === 'add-learner');
  t.same(added, []);
  t.equal(scene.progress.members[four.name]?.phase, 'learner');
  t.end();
});

t.test('R5: safety sees its claims, and that it is in another cluster', (t) => {
  const scene = undeclared(3);
  scene.reports(3, { agent: { generationSeen: 9 } });
  t.match(scene.takeNext(), { kind: 'quarantine', name: scene.name(3) });
  const other = undeclared(3);
  other.reports(3, { etcd: { clusterId: 'c9' } });
  t.match(foreignCluster(situationOf(other))?.step, { kind: 'quarantine', name: other.name(3), foreign: true });
  t.end();
});

t.test('R5: a take-over knows it', (t) => {
  const scene = undeclared(3);
  const { spec, progress, now } = scene;
  const frozen = { ...progress, frozen: null };
  const situation = {
    spec,
    status: scene.status(),
    progress: frozen,
    now,
    restoredAt: 0,
    seenUnadopted: [],
    freshToken: 'x',
  };
  const taken = takeOver(situation);
  t.match(taken, {
    ok: true,
    progress: { undeclared: [{ id: 'a3' }], members: { [scene.name(3)]: { phase: 'voter' } } },
  });
  t.end();
});

t.test('R16: it counts as evidence, with the URLs that etcd lists', (t) => {
  const scene = undeclared(3);
  scene.settle();
  t.match(
    knownMembers(situationOf(scene))
      .map(({ name, isVoter, clientUrls }) => ({ name, isVoter, clientUrls }))
      .at(2),
    { name: scene.name(3), isVoter: true, clientUrls: ['https://192.168.7.13:2379'] },
  );
  t.equal(knownMembers(situationOf(scene)).length, 3, 'once');
  t.ok(freshReads(situationOf(scene)).some(({ name }) => name === scene.name(3)));
  t.end();
});

t.test('R1: while a cluster is given up, its etcd must stop too', (t) => {
  const scene = undeclared(3);
  const source = { snapshot: 'snap0001', takenAt: 0, sizeBytes: 1, sha256: 'a'.repeat(64) };
  const retired = [{ member: scene.name(3), incarnation: 'life9' }];
  scene.progress = { ...scene.progress, formation: null, members: {}, retired, restore: source };
  scene.published(3);
  t.same(
    stillStanding(situationOf(scene)).map(({ name }) => name),
    [scene.name(3)],
  );
  t.end();
});

t.test('R3: the others know its peer URL and clients its client URL', (t) => {
  const scene = undeclared(3);
  scene.settle();
  const { spec, progress } = scene;
  t.same(voterUrls(spec, progress).at(2), 'https://192.168.7.13:2379');
  const [member] = spec.members;
  if (member === undefined) throw new Error('one is declared');
  const layout = { etcDir: '/etc/etcd', dataRoot: '/var/lib/picket/etcd', logFile: '/var/log/etcd.log' };
  const trust = { control: '', client: '', peer: '' };
  const { etcd } = nodeState(spec, progress, { nodeId: 'node1', member, layout }, trust);
  t.match(etcd?.conf, /x-k3s-m-3=https:\/\/192\.168\.7\.13:2380/);
  t.end();
});
