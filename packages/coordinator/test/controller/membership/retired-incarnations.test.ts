import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import type { RetiredIncarnation } from '../../../src/model/membership-progress.ts';
import { mostFormerIncarnations, mostGone, mostRetiredOfGone } from '../../../src/model/most-kept.ts';
import { said } from '../../support/said.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

/** Three voters at rest. The third has lived this incarnation before, and its node knows that it is over. */
function rested(incarnation: Partial<RetiredIncarnation> = {}): Scene {
  const scene = Scene.formed(3);
  scene.settle();
  scene.progress = { ...scene.progress, retired: [{ ...former, ...incarnation }] };
  scene.published(3);
  return scene;
}

const former: RetiredIncarnation = { member: 'x-k3s-m-3', incarnation: 'former1', nodeId: 'node3' };
const nothingRuns: StatusChanges = { service: { state: 'stopped', incarnation: null } };
const forgotten = [{ kind: 'forget-incarnations', incarnations: [former] }];

t.test('R4: an incarnation that is over is forgotten once its own node has confirmed that it is put away', (t) => {
  const scene = rested();
  t.same(scene.settle(), [], 'its node has not applied the newest state');
  scene.reports(3, { agent: { generationApplied: 1 } });
  t.same(scene.settle(), []);
  scene.reports(3);
  t.same(scene.settle(), forgotten);
  t.same(scene.progress.retired, []);
  t.end();
});

t.test('R4: not while its node is silent, or its etcd may still run', (t) => {
  const scene = rested().reports(3);
  scene.wait(60).reports(1).reports(2);
  t.same(scene.settle(), [], 'silent');
  for (const service of [
    { incarnation: 'former1', state: 'stopped' },
    { incarnation: null, state: 'running' },
  ] as const) {
    const other = rested().reports(3, { service });
    t.same(
      other.settle().filter(({ kind }) => kind === 'forget-incarnations'),
      [],
      `${service.state}, ${service.incarnation}`,
    );
  }
  t.end();
});

t.test('R4: not while an etcd runs whose incarnation its agent does not know, even if its member has none', (t) => {
  const scene = Scene.formed(2, { members: 3 });
  scene.progress = { ...scene.progress, retired: [former] };
  const agent = { waits: [said('an operator: an etcd runs that this agent did not start')] };
  scene.joins(3, { agent, service: { state: 'running', incarnation: null } });
  t.same(scene.settle(), []);
  t.match(scene.joins(3, { agent, ...nothingRuns }).settle(), forgotten);
  t.end();
});

t.test('R4: another machine cannot confirm it, and an incarnation without a known node stays', (t) => {
  t.same(rested({ nodeId: 'node9' }).reports(3).settle(), []);
  const { nodeId: _, ...unknown } = former;
  const scene = rested().reports(3);
  scene.progress = { ...scene.progress, retired: [unknown] };
  t.same(scene.settle(), [], 'nobody can say that it is put away');
  t.end();
});

t.test('R4: not while anything else is in progress', (t) => {
  const scene = rested().reports(3);
  scene.progress = { ...scene.progress, frozen: said('a test') };
  t.same(scene.settle(), []);
  t.end();
});

t.test('R18: for replaced machines, each member keeps the incarnations of the newest', (t) => {
  const scene = Scene.formed(3);
  const incarnations = Array.from({ length: mostRetiredOfGone + 2 }, (_, index): RetiredIncarnation => {
    return { member: 'x-k3s-m-3', incarnation: `former${index}`, nodeId: `gone${index}` };
  });
  const other = { member: 'x-k3s-m-2', incarnation: 'other', nodeId: 'gone' };
  scene.progress = { ...scene.progress, retired: [other, ...incarnations] };
  t.same(scene.settle(), [{ kind: 'forget-incarnations', incarnations: incarnations.slice(0, 2) }]);
  t.same(scene.progress.retired, [other, ...incarnations.slice(2)]);
  t.end();
});

/**
 * Two voters. The node of the third place reports `before` until it may enter, and `while` it has an incarnation there, which
 * never starts. Returns how many of its incarnations are kept at most, and how often it entered.
 */
function neverStarts(before: StatusChanges, meanwhile: StatusChanges, retired: readonly RetiredIncarnation[] = []) {
  const scene = Scene.formed(2, { members: 3 });
  scene.progress = { ...scene.progress, retired };
  let most = 0;
  let times = 0;
  for (let report = 0; report < 2 * 24 * 60; report += 1) {
    scene.wait(60).reports(1).reports(2);
    scene.reports(3, { etcd: null, ...(scene.member(3) === undefined ? before : meanwhile) });
    for (const step of scene.settle()) {
      if (step.kind !== 'assign') continue;
      const { kind } = step.mutation;
      if (kind === 'add-learner') {
        times += 1;
        scene.etcdAdds(3, { id: `b${report}` });
      } else if (kind === 'remove-learner') scene.etcdRemoves(step.mutation.memberId);
    }
    most = Math.max(most, scene.progress.retired.length);
  }
  return { most, times };
}

const unknownRuns: StatusChanges = { service: { state: 'running', incarnation: 'nobodys1' } };

t.test('R18: a node that never starts its incarnations leaves few of them, whatever it reports', (t) => {
  const honest = neverStarts(nothingRuns, nothingRuns);
  t.ok(honest.most <= 1);
  t.ok(honest.times > 20, 'it enters again and again');
  t.same(neverStarts(unknownRuns, unknownRuns), { most: 0, times: 0 }, 'never with an incarnation that it did not get');
  t.ok(neverStarts(nothingRuns, unknownRuns).most <= mostFormerIncarnations, 'by turns');
  const formerRuns: StatusChanges = { service: { state: 'running', incarnation: former.incarnation } };
  t.equal(
    neverStarts(formerRuns, formerRuns, [former]).most,
    mostFormerIncarnations,
    'one whose former etcd keeps running',
  );
  t.end();
});

t.test('R18: once it puts its incarnations away, it enters again', (t) => {
  const scene = Scene.formed(2, { members: 3 });
  const incarnations = Array.from({ length: mostFormerIncarnations }, (_, at) => ({
    ...former,
    incarnation: `former${at}`,
  }));
  scene.progress = { ...scene.progress, retired: incarnations };
  scene.joins(3, { service: { state: 'running', incarnation: 'former1' } });
  t.same(scene.settle(), []);
  t.match(scene.decide().waits[0], {
    code: 'of_member',
    facts: { member: 'x-k3s-m-3', why: { code: 'too_many_former_incarnations', facts: { count: 8 } } },
  });
  scene.joins(3, nothingRuns);
  t.match(scene.settle(), [
    { kind: 'forget-incarnations', incarnations },
    { kind: 'assign', mutation: { kind: 'add-learner' } },
  ]);
  t.end();
});

t.test('R18: a member whose node reports an incarnation that it did not get does not enter', (t) => {
  const decided = (incarnation: string) => {
    const scene = Scene.formed(2, { members: 3 });
    const retired = incarnation === former.incarnation ? [former] : [];
    scene.progress = { ...scene.progress, retired };
    return scene.joins(3, { service: { state: 'stopped', incarnation } }).decide();
  };
  t.match(decided('nobodys1'), {
    step: null,
    waits: [
      reason('of_member', { member: 'x-k3s-m-3', why: reason('incarnation_not_given', { incarnation: 'nobodys1' }) }),
    ],
  });
  t.match(decided('former1').step, { kind: 'assign' }, 'a former one may be down on its disk');
  t.end();
});

t.test('R18: removed member IDs are kept up to a number', (t) => {
  const scene = Scene.formed(3);
  const gone = Array.from({ length: mostGone }, (_, index) => `b${index}`);
  scene.progress = { ...scene.progress, gone };
  scene.replaces(3).settle();
  scene.etcdRemoves('a3').reports(1).reports(2);
  scene.settle();
  t.same(scene.progress.gone, [...gone.slice(1), 'a3']);
  t.end();
});

t.test('a member that is replaced on its machine for years leaves no incarnation behind', (t) => {
  const scene = Scene.formed(3);
  for (let year = 0; year < 5; year += 1) {
    scene.replaces(3).settle();
    const id = scene.member(3)?.memberId ?? '';
    scene.etcdRemoves(id).votersReport().settle();
    scene.joins(3).settle();
    scene.etcdAdds(3).votersReport().settle();
    scene.progress = { ...scene.progress, gone: [] };
    scene.reports(3).settle();
    scene.etcdPromotes(3).votersReport().settle();
    scene.allReport().settle();
  }
  t.equal(scene.member(3)?.phase, 'voter');
  t.same(scene.progress.retired, []);
  t.end();
});

t.test('an incarnation of a replaced machine is recorded with that machine’s node', (t) => {
  const scene = Scene.formed(3).wait(60).reports(1).reports(2).vacates(3);
  t.equal(scene.member(3)?.leaving?.nodeId, 'node3');
  const { nodes } = scene;
  const node = nodes['x-k3s-m-3'];
  if (node === undefined) throw new Error('it has joined');
  nodes['x-k3s-m-3'] = { ...node, nodeId: 'node9' };
  scene.settle();
  scene.etcdRemoves('a3').reports(1).reports(2).settle();
  t.match(scene.progress.retired, [{ member: 'x-k3s-m-3', nodeId: 'node3' }]);
  const lost = Scene.formed(3).wait(60).reports(1).reports(2).declaredLost(3);
  t.equal(lost.member(3)?.leaving?.nodeId, 'node3');
  t.end();
});
