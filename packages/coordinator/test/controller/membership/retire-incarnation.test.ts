import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { mostUnknownIncarnations } from '../../../src/model/most-kept.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const member = 'x-k3s-m-2';
const epoch = { number: 2, name: 'restored' };
const retires = (incarnation: string) =>
  ({ kind: 'retire-incarnation', member, incarnation, nodeId: 'node2' }) as const;

/**
 * The second node reports an incarnation, by default that of another coordinator, and follows an epoch from before the restore.
 */
function reports(scene: Scene, { service, ...changes }: StatusChanges = {}): Scene {
  scene.joins(2, { ...changes, service: { state: 'crashed', incarnation: 'other1', ...service } });
  const node = scene.nodes[member];
  if (node !== undefined) scene.nodes[member] = { ...node, epoch };
  return scene;
}

/** The coordinator was restored, and x-k3s-m-1 is the only voter; `seconds` after that both report again. */
function after(seconds: number, changes: StatusChanges = {}): Scene {
  const scene = reports(new Scene().founded(), changes);
  return reports(scene.wait(seconds).votersReport(), changes);
}

t.test('R3 an incarnation from before the restore ends once no earlier list can be accepted', (t) => {
  const why = reason('incarnation_of_earlier_coordinator', { incarnation: 'other1' });
  t.same(after(35).decide(), {
    step: null,
    waits: [
      reason('of_member', { member, why }),
      reason('of_member', { member: 'x-k3s-m-3', why: reason('not_joined') }),
    ],
  });
  const scene = after(36);
  t.same(scene.decide().step, retires('other1'));
  t.same(scene.take(retires('other1')).progress.retired, [
    { member, incarnation: 'other1', nodeId: 'node2', unknown: true },
  ]);
  // It has followed by then, and has put that incarnation away.
  reports(scene, { agent: { epoch }, service: { state: 'absent', incarnation: null } });
  t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'add-learner', member } }]);
  t.end();
});

t.test('R3 a learner that a coordinator from before the restore has begun is removed', (t) => {
  const begun = (scene: Scene) => {
    scene.etcdAdds(2, { name: member });
    return reports(scene.votersReport(), { service: { state: 'running' }, etcd: { isLearner: true } });
  };
  t.match(begun(reports(new Scene().founded())).decide().step, {
    kind: 'assign',
    mutation: { kind: 'remove-learner', member, memberId: 'a2' },
  });
  const followed = after(36).take(retires('other1'));
  begun(followed);
  reports(followed, { agent: { epoch }, service: { state: 'absent', incarnation: null } });
  t.match(
    followed.decide().step,
    { kind: 'assign', mutation: { kind: 'remove-learner', member, memberId: 'a2' } },
    'also once its node follows the restored one, and its incarnation is over',
  );
  const known = begun(reports(new Scene().founded()));
  reports(known, { agent: { epoch } });
  t.match(known.decide(), {
    step: null,
    waits: [{ code: 'member_added_elsewhere', facts: { memberId: 'a2', name: 'x-k3s-m-2', member: 'x-k3s-m-2' } }],
  });
  const voter = begun(reports(new Scene().founded()));
  voter.etcdPromotes(2).votersReport();
  t.notMatch(voter.settle(), [{ kind: 'assign' }], 'never a voter');
  t.end();
});

t.test('R18 such an incarnation is forgotten once its node has put it away', (t) => {
  const scene = after(36).take(retires('other1'));
  // Without an etcd it does not enter again, and nothing else is in progress.
  reports(scene, { agent: { epoch }, service: { state: 'absent', incarnation: null, etcdVersion: null } });
  t.match(scene.settle(), [{ kind: 'forget-incarnations', incarnations: [{ incarnation: 'other1' }] }]);
  t.same(scene.progress.retired, []);
  t.end();
});

t.test('R18 another machine in its place has its own count', (t) => {
  const scene = after(36);
  const incarnation = (number: number) =>
    ({ member, incarnation: `made${number}`, nodeId: 'before', unknown: true }) as const;
  const retired = Array.from({ length: mostUnknownIncarnations }, (_, number) => incarnation(number));
  scene.progress = { ...scene.progress, retired };
  t.same(scene.decide().step, retires('other1'));
  t.end();
});

t.test('R16 no incarnation is retired that etcd may still have', (t) => {
  const none = (why: string, scene: Scene) => t.not(scene.decide().step?.kind, 'retire-incarnation', why);
  none('its etcd answers', after(36, { etcd: { healthy: false, leader: '0' }, service: { state: 'running' } }));
  const listed = after(36);
  listed.etcdAdds(2, { name: member }).etcdPromotes(2).votersReport();
  none('etcd lists a voter there', listed.take({ kind: 'record-undeclared', members: [listed.listed(2, false)] }));
  const silent = after(36);
  none('its node is silent', silent.wait(36).votersReport());
  const known = after(36);
  known.progress = { ...known.progress, members: { ...known.progress.members, [member]: incarnation('mine') } };
  none('the member has an incarnation', known);
  t.end();
});

t.test('R3 R16 one ends whose etcd runs as a learner that a formation which was given up has left behind', (t) => {
  const running = { state: 'running' } as const;
  const left = { healthy: false, leader: '0', clusterId: 'given-up', isLearner: true };
  t.same(after(36, { etcd: left, service: running }).decide().step, retires('other1'));
  for (const changes of [{ clusterId: 'c1' }, { isLearner: false }, { leader: 'a1' }])
    t.not(after(36, { etcd: { ...left, ...changes }, service: running }).decide().step?.kind, 'retire-incarnation');
  t.not(after(35, { etcd: left, service: running }).decide().step?.kind, 'retire-incarnation', 'the list may be older');
  t.end();
});

t.test('R5 a node that follows this coordinator cannot retire its incarnation by its own word', (t) => {
  t.not(after(36, { agent: { epoch } }).decide().step?.kind, 'retire-incarnation');
  t.end();
});

t.test('R18 a node cannot have any number of incarnations retired, nor those of another member', (t) => {
  const others = after(36);
  reports(others, { service: { incarnation: others.member(1)?.incarnation ?? '' } });
  t.not(others.decide().step?.kind, 'retire-incarnation');

  const scene = after(36);
  for (let number = 0; number < mostUnknownIncarnations + 3; number += 1)
    reports(scene, { agent: { generationApplied: 0 }, service: { incarnation: `made${number}` } }).settle();
  t.equal(scene.progress.retired.length, mostUnknownIncarnations);
  t.end();
});

function incarnation(incarnation: string) {
  return { incarnation, phase: 'adding', memberId: null, since: 0, caughtUp: false, unfit: null } as const;
}
