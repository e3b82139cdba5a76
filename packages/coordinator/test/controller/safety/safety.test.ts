import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { afterClockStep, afterStart } from '../../../src/controller/clock-steps.ts';
import { ailments } from '../../../src/model/health.ts';
import { shortestQuarantine } from '../../../src/model/waits.ts';
import { goodSeal, Scene } from '../support/situations.ts';

function frozen(scene: Scene): Reason | null {
  scene.takeNext();
  return scene.progress.frozen;
}

t.test('R5 a node that proves a higher generation by its seal freezes the cluster', (t) => {
  const scene = Scene.formed(3).reports(2, { agent: { generationSeen: 9, seal: goodSeal } });
  const why = reason('follows_later_generation', { member: 'x-k3s-m-2', generation: 9, published: 1 });
  t.strictSame(frozen(scene), why);
  t.match(scene.progress.provenBehind, { nodeId: 'node2', generation: 9 });
  t.same(scene.allReport().decide(), { step: null, waits: [reason('cluster_frozen', { why })] }, 'and it stays so');
  t.end();
});

t.test('R5 a node that proves another content of a generation that was published to it freezes the cluster', (t) => {
  const scene = Scene.formed(3).reports(2, { agent: { generationSeen: 1, seal: goodSeal } });
  t.strictSame(frozen(scene), reason('follows_other_generation', { member: 'x-k3s-m-2', generation: 1 }));
  t.end();
});

t.test('R5 a cluster that is frozen for another reason keeps what a seal proves', (t) => {
  const scene = Scene.formed(3);
  scene.progress = {
    ...scene.progress,
    frozen: reason('voter_removed_by_another_hand', { member: 'x-k3s-m-1', memberId: 'a1' }),
  };
  scene.reports(2, { agent: { generationSeen: 9, seal: goodSeal } });
  t.match(frozen(scene), { code: 'follows_later_generation', facts: { member: 'x-k3s-m-2', generation: 9 } });
  t.match(scene.progress.provenBehind, { nodeId: 'node2', generation: 9 });
  t.end();
});

t.test('R5 another seal than that of the published generation, which nothing proves, counts for nothing', (t) => {
  const scene = Scene.formed(3).reports(2, { agent: { generationSeen: 1, seal: 'made up' } });
  t.same(scene.settle(), []);
  t.end();
});

t.test('R5 a seal from before a restore freezes nothing: the later epoch has answered it', (t) => {
  const scene = Scene.formed(3).reports(2, { agent: { generationSeen: 9, seal: goodSeal } });
  const node = scene.nodes['x-k3s-m-2'];
  if (node !== undefined) scene.nodes['x-k3s-m-2'] = { ...node, epoch: { number: 2, name: 'restored' } };
  t.equal(frozen(scene), null);
  t.end();
});

t.test('R5 a client that proves a higher generation freezes the cluster as well', (t) => {
  const scene = Scene.formed(3).clientReports('k3s-1', { agent: { generationSeen: 9, seal: goodSeal } });
  t.match(frozen(scene), { code: 'follows_later_generation', facts: { member: 'k3s-1', generation: 9, published: 1 } });
  t.end();
});

const later = { number: 7, name: 'another1' };
const generation = (claimed: string) => reason('claim_unproven', { what: 'generation', claimed, published: '1' });
const unproven = {
  'a generation': [{ generationSeen: 9 }, generation('9')],
  'a generation under a seal of another': [{ generationSeen: 9, seal: 'x'.repeat(64) }, generation('9')],
  'to have carried out a generation': [{ generationApplied: 2 ** 47 }, generation('140737488355328')],
  'to have carried out more than its seal is of': [
    { generationSeen: 9, generationApplied: 10, seal: 'of 9' },
    generation('10'),
  ],
  'an inventory': [
    { inventory: 'inventory2' },
    reason('claim_unproven', { what: 'inventory', claimed: 'inventory2', published: 'inventory1' }),
  ],
  'an epoch': [{ epoch: later }, reason('claim_unproven', { what: 'epoch', claimed: '7 (another1)', published: '0' })],
} as const;

for (const [what, [agent, why]] of Object.entries(unproven)) {
  t.test(`R5 a node that claims ${what} without a proof is quarantined, and the others continue`, (t) => {
    const scene = Scene.formed(3).reports(2, { agent });
    const [step, ...more] = scene.settle();
    t.match(step, { kind: 'quarantine', nodeId: 'node2', name: 'x-k3s-m-2' });
    t.strictSame(step && 'reason' in step ? step.reason : null, why);
    t.same(more, [], 'once');
    t.equal(scene.progress.frozen, null);
    const way = reason('way_other_machine', { cluster: 'x-k3s', member: 'x-k3s-m-2' });
    t.match(scene.decide().waits, [reason('node_quarantined', { member: 'x-k3s-m-2', nodeId: 'node2', why, way })]);
    scene.replaces(2);
    t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'remove-voter', member: 'x-k3s-m-2' } }]);
    t.end();
  });
}

t.test('R5 the reports of a quarantined node do not count', (t) => {
  const scene = Scene.formed(3).reports(2, { agent: { generationSeen: 9 }, service: { restartPending: true } });
  scene.settle();
  const [ailment] = ailments({ spec: scene.spec, progress: scene.progress, status: scene.status(), now: scene.now });
  t.match(ailment, {
    code: 'of_member',
    facts: {
      member: 'x-k3s-m-2',
      why: {
        code: 'quarantined',
        facts: { why: { code: 'claim_unproven', facts: { what: 'generation', claimed: '9' } } },
      },
    },
  });
  t.end();
});

t.test('R5 a quarantine ends with a later report that claims nothing, and not for a restart', (t) => {
  const scene = Scene.formed(3).reports(2, { agent: { generationSeen: 9 } });
  scene.settle();
  scene.reports(2);
  // It falls silent: its stored report stays, however long the quarantine lasts.
  scene.wait(shortestQuarantine / 1000);
  t.same(scene.settle(), [], 'one of the same moment may be from before');
  scene.progress = afterStart(scene.progress, scene.now);
  delete scene.nodes['x-k3s-m-2'];
  const silent = scene.wait(300).joins(2).nodes['x-k3s-m-2'];
  if (silent !== undefined) scene.nodes['x-k3s-m-2'] = { ...silent, receivedAt: null, status: null };
  t.same(scene.settle(), [], 'nor because of silence');
  scene.reports(2);
  t.match(scene.settle(), [{ kind: 'end-quarantine', nodeId: 'node2', reason: reason('taken_back') }]);
  t.end();
});

t.test('R18 a node that claims and withdraws in turns causes two events in the shortest time of a quarantine', (t) => {
  const scene = Scene.formed(3);
  const steps: string[] = [];
  for (let report = 0; report < 3 * 60; report += 1) {
    scene
      .reports(1)
      .reports(2)
      .reports(3, report % 2 === 0 ? { agent: { generationSeen: 9 } } : {});
    steps.push(...scene.settle().map(({ kind }) => kind));
    scene.wait(shortestQuarantine / 1000 / 60);
  }
  t.same(steps, ['quarantine', 'end-quarantine', 'quarantine', 'end-quarantine', 'quarantine']);
  scene.allReport();
  t.match(scene.decide().waits, [
    { code: 'quarantine_ends', facts: { seconds: /^\d+$/, member: 'x-k3s-m-3', nodeId: 'node3' } },
  ]);
  t.end();
});

t.test('R18 a quarantine ends in its time, however the clock of the coordinator is set back', (t) => {
  const claimed = () => {
    const scene = Scene.formed(3)
      .wait(7200)
      .reports(2, { agent: { generationSeen: 9 } });
    scene.settle();
    return scene;
  };
  const ends = (scene: Scene, seconds: number) => scene.wait(seconds).allReport().settle();
  const whileItRan = claimed();
  whileItRan.progress = afterClockStep(whileItRan.progress, -3_600_000);
  whileItRan.wait(-3600);
  t.same(ends(whileItRan, 299), []);
  t.match(ends(whileItRan, 1), [{ kind: 'end-quarantine' }]);
  const meanwhile = claimed().wait(-3600);
  meanwhile.progress = afterStart(meanwhile.progress, meanwhile.now);
  t.match(ends(meanwhile, 300), [{ kind: 'end-quarantine' }]);
  t.end();
});

t.test('R5 a quarantine ends once an operator has evicted the node', (t) => {
  const scene = Scene.formed(3).reports(2, { agent: { generationSeen: 9 } });
  scene.settle();
  t.match(scene.evicts(2).settle(), [{ kind: 'end-quarantine', nodeId: 'node2', reason: reason('evicted') }]);
  t.end();
});

t.test('R1 nothing is founded beside a node that claims to follow another coordinator', (t) => {
  const scene = new Scene().joins(1, { agent: { generationSeen: 9 } }).joins(2);
  t.match(scene.settle(), [{ kind: 'quarantine', name: 'x-k3s-m-1' }]);
  t.strictSame(scene.decide().waits.at(-1), reason('claim_taken_back', { member: 'x-k3s-m-1', nodeId: 'node1' }));
  scene.evicts(1);
  t.match(scene.settle(), [{ kind: 'end-quarantine' }, { kind: 'found', member: 'x-k3s-m-2', installed: '3.5' }]);
  t.end();
});

t.test('a client is no member: nothing waits for it, and it gets no orders', (t) => {
  for (const make of [() => Scene.formed(3), () => Scene.formed(1), () => new Scene()]) {
    const without = make().decide();
    t.same(make().clientReports('k3s-1').decide(), without);
    t.same(
      make()
        .clientReports('k3s-1', { service: { restartPending: true, state: 'crashed' } })
        .decide(),
      without,
    );
  }
  t.end();
});

t.test('R5 a node that has not followed any inventory yet does not', (t) => {
  t.equal(frozen(Scene.formed(3).reports(2, { agent: { inventory: null, generationSeen: 0 } })), null);
  t.end();
});

t.test('R1 a member of this incarnation in another cluster is quarantined while others serve the recorded one', (t) => {
  const scene = Scene.formed(3).reports(3, { etcd: { clusterId: 'c2' } });
  const why = reason('reports_other_cluster', { clusterId: 'c2', able: ['x-k3s-m-1', 'x-k3s-m-2'], recorded: 'c1' });
  t.same(scene.settle(), [{ kind: 'quarantine', nodeId: 'node3', name: 'x-k3s-m-3', reason: why, foreign: true }]);
  t.same(
    scene
      .wait(300)
      .reports(1)
      .reports(2)
      .reports(3, { etcd: { clusterId: 'c2' } })
      .settle(),
    [],
    'as long as it reports that',
  );
  t.match(scene.allReport().settle(), [{ kind: 'end-quarantine', name: 'x-k3s-m-3' }]);
  t.end();
});

t.test('R1 it freezes the cluster if no voter serves the recorded one', (t) => {
  const scene = Scene.formed(3)
    .reports(1, { etcd: null })
    .reports(2, { etcd: null })
    .reports(3, { etcd: { clusterId: 'c2' } });
  t.strictSame(
    frozen(scene),
    reason('member_of_other_cluster', { member: 'x-k3s-m-3', clusterId: 'c2', recorded: 'c1' }),
  );
  t.end();
});

t.test('R1 a former incarnation in another cluster does not count', (t) => {
  const scene = Scene.formed(3).reports(3, { etcd: { clusterId: 'c2' }, service: { incarnation: 'former' } });
  t.equal(frozen(scene), null);
  t.end();
});

t.test('R3 a voter that somebody else removed freezes the cluster', (t) => {
  const scene = Scene.formed(3).etcdRemoves('a3').reports(1).reports(2);
  t.strictSame(frozen(scene), reason('voter_removed_by_another_hand', { member: 'x-k3s-m-3', memberId: 'a3' }));
  t.end();
});
