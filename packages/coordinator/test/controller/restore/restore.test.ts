import { PicketError } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { resetFormation } from '../../../src/controller/reset-formation.ts';
import {
  type RestoreWord,
  restoreFrom,
  restoreUnheard,
  takenBackFrom,
} from '../../../src/controller/restore/restore.ts';
import type { ClusterProgress } from '../../../src/model/progress.ts';
import { refusalOf } from '../../support/refusal.ts';
import { said } from '../../support/said.ts';
import { Scene } from '../support/situations.ts';

const source = { snapshot: 'snapshot0001', takenAt: 0, sizeBytes: 20_512, sha256: 'ab'.repeat(32) };

function situationOf({ spec, nodes, clients, progress, now }: Scene) {
  return { spec, status: { nodes, clients }, progress, now, seenUnadopted: [] as readonly string[] };
}

/** The operator has restored a cluster of three, and no node knows of it yet. */
function restoring(): Scene {
  const scene = Scene.formed(3);
  scene.progress = restoreFrom(situationOf(scene), source, meant);
  return scene.published(1).published(2).published(3);
}

const unforced = { force: false, confirm: null };
const forced = { force: true, confirm: null };
const meant = { force: true, confirm: 'x-k3s' };

/** Restores by this order, or returns the code of the refusal. */
function restored(scene: Scene, word: RestoreWord): ClusterProgress | string {
  try {
    return restoreFrom(situationOf(scene), source, word);
  } catch (error) {
    if (error instanceof PicketError) return error.code;
    throw error;
  }
}

t.test('R16: a cluster that serves is given up only with force and its name', (t) => {
  const scene = Scene.formed(3);
  t.equal(restored(scene, unforced), 'restore_needs_name');
  t.equal(restored(scene, forced), 'restore_needs_name');
  t.equal(restored(scene, { force: true, confirm: 'k3s' }), 'restore_needs_name');
  t.equal(restored(scene, { force: false, confirm: 'x-k3s' }), 'restore_needs_name', 'the name alone is no force');
  t.match(restored(scene, meant), { restore: source });
  t.end();
});

t.test('the refusal says how long ago each read was answered, and when to repeat if they have died since then', (t) => {
  const scene = Scene.formed(3).wait(40).reports(1).wait(5).reports(2).wait(7);
  const serving = 'x-k3s-m-1 (12 s ago), x-k3s-m-2 (7 s ago)';
  t.strictSame(
    refusalOf(() => restoreFrom(situationOf(scene), source, unforced)),
    { code: 'restore_needs_name', facts: { cluster: 'x-k3s', serving, wait: '29 s' } },
  );
  t.equal(restored(scene.wait(28), unforced), 'restore_needs_name');
  t.equal(restored(scene.wait(1), unforced), 'restore_unproven', 'after that time it is not known to serve');
  t.end();
});

t.test('R16: so is one that serves without its data dirs', (t) => {
  const scene = Scene.formed(3).wait(40);
  for (const number of [1, 2, 3]) scene.reports(number, { service: { dataGone: true } });
  t.equal(restored(scene, forced), 'restore_needs_name');
  t.end();
});

t.test('R16: so is one whose last reporting voter answers reads', (t) => {
  const scene = Scene.formed(3).wait(40).reports(1);
  t.equal(restored(scene, unforced), 'restore_needs_name');
  t.equal(restored(scene, forced), 'restore_needs_name');
  t.end();
});

t.test('R16: a lost voter that etcd may have removed already does not count for the majority', (t) => {
  const lost = { etcd: null, service: { state: 'lost-data' } } as const;
  const leaving = (): Scene => {
    const scene = Scene.formed(3).reports(1, lost).replaces(1);
    scene.settle();
    return scene;
  };
  const scene = leaving();
  t.match(scene.progress.assignment?.mutation, { kind: 'remove-voter', member: 'x-k3s-m-1' });
  t.equal(restored(scene.reports(2, lost).reports(3, { etcd: null }), unforced), 'restore_unproven');
  t.equal(restored(scene.declaredLost(1), unforced), 'restore_unproven', 'nor by an operator’s order');
  t.match(restored(scene.reports(3, lost), unforced), { restore: source }, 'all are lost');

  const again = leaving().wait(40).declaredLost(1).declaredLost(2);
  again.reports(3, { etcd: null });
  t.equal(restored(again, unforced), 'restore_unproven');

  const unasked = Scene.formed(3).reports(1, lost).reports(2, lost).reports(3, { etcd: null });
  t.match(restored(unasked, unforced), { restore: source }, 'two of three, and nobody was asked to remove one');
  t.end();
});

t.test('R16: and one whose etcd refuses its agents, with authentication on', (t) => {
  const scene = Scene.formed(3);
  for (const number of [1, 2, 3]) scene.reports(number, { etcd: null, service: { quorumRead: true } });
  t.equal(restored(scene, unforced), 'restore_needs_name');
  t.equal(restored(scene, forced), 'restore_needs_name');
  t.end();
});

t.test('R16: and one whose only reporting voter that answers reads is quarantined', (t) => {
  const scene = Scene.formed(3).wait(40).reports(1);
  const situation = situationOf(scene);
  const name = scene.name(1);
  const { receivedAt, status, ...node } = situation.status.nodes[name] ?? {};
  if (!receivedAt || !status) throw new Error('it has not reported');
  const quarantined = {
    ...node,
    uncounted: 'quarantined',
    setAside: { receivedAt, status },
    receivedAt: null,
    status: null,
  };
  const nodes = { ...situation.status.nodes, [name]: quarantined } as typeof situation.status.nodes;
  const give = () => restoreFrom({ ...situation, status: { ...situation.status, nodes } }, source, forced);
  t.throws(give, { code: 'restore_needs_name' });
  t.end();
});

t.test(
  'R16: and one with a node that waits for re-adoption and contacts the coordinator, not even with force and name',
  (t) => {
    const scene = Scene.formed(3).wait(40).reports(1).reports(2);
    const node = scene.nodes[scene.name(3)];
    if (node === undefined) throw new Error('it has not joined');
    scene.nodes[scene.name(3)] = { ...node, status: null, receivedAt: null, uncounted: said('it awaits re-adoption') };
    const nodes = [{ member: 'x-k3s-m-3', nodeId: 'node3' }];
    for (const word of [unforced, forced, meant]) {
      const give = () => restoreFrom({ ...situationOf(scene.wait(40)), seenUnadopted: [scene.name(3)] }, source, word);
      t.throws(give, { code: 'restore_refused', facts: { reason: reason('nodes_await_readoption', { nodes }) } });
    }
    t.match(restored(scene, forced), { restore: source }, 'once it no longer contacts the coordinator');
    t.end();
  },
);

const unknown: readonly (readonly [what: string, (scene: Scene, number: number) => void])[] = [
  ['silent', () => undefined],
  ['stopped', (scene, number) => scene.reports(number, { etcd: null, service: { state: 'stopped' } })],
  ['crashed', (scene, number) => scene.reports(number, { etcd: null, service: { state: 'crashed', restarts: 9 } })],
  ['silent to its agent', (scene, number) => scene.reports(number, { etcd: null })],
  ['without a leader', (scene, number) => scene.reports(number, { etcd: leaderless })],
  [
    'silent to its agent, and without a data dir',
    (scene, number) => scene.reports(number, { etcd: null, service: { dataGone: true } }),
  ],
  [
    'one whose database is damaged: an expert may recover it',
    (scene, number) =>
      scene.reports(number, { etcd: null, service: { dataDamage: 'failed to open database: invalid' } }),
  ],
  [
    'one whose agent was stopped',
    (scene, number) => scene.reports(number, { etcd: null, agent: { stops: 'agent' }, service: { state: 'stopped' } }),
  ],
  [
    'one whose machine was shut down',
    (scene, number) => scene.reports(number, { agent: { stops: 'machine' } }).wait(36),
  ],
  ['off, and replaced by another machine', (scene, number) => scene.joins(number, { service: { incarnation: null } })],
  [
    'one that has lost the data of another incarnation',
    (scene, number) => scene.reports(number, { etcd: null, service: { state: 'lost-data', incarnation: 'life9' } }),
  ],
  [
    'one that had lost it when the coordinator was started',
    (scene, number) => {
      const node = scene.reports(number, { etcd: null, service: { state: 'lost-data' } }).nodes[scene.name(number)];
      if (node !== undefined) scene.nodes[scene.name(number)] = { ...node, isStored: true };
    },
  ],
];
const leaderless = { leader: '0', healthy: false, linearizableRead: false, members: null };

for (const [what, shows] of unknown) {
  t.test(`R16: a voter that is ${what} is not known to have lost its data`, (t) => {
    const scene = Scene.formed(3).wait(60);
    for (const number of [1, 2, 3]) shows(scene, number);
    t.equal(restored(scene, unforced), 'restore_unproven');
    t.match(restored(scene, forced), { restore: source }, 'force is enough if nobody is known to serve');
    t.end();
  });
}

const lost: readonly (readonly [what: string, (scene: Scene, number: number) => void])[] = [
  ['data dir is gone', (scene, number) => scene.reports(number, { etcd: null, service: { state: 'lost-data' } })],
  [
    'log is damaged',
    (scene, number) => scene.reports(number, { etcd: null, service: { damage: 'walpb: crc mismatch' } }),
  ],
  ['node is declared lost', (scene, number) => scene.declaredLost(number)],
];

for (const [what, shows] of lost) {
  t.test(`R16: if a majority of the voters is lost, as one whose ${what}, no force is needed`, (t) => {
    const scene = Scene.formed(3).wait(60);
    shows(scene, 1);
    t.equal(restored(scene, unforced), 'restore_unproven');
    shows(scene, 2);
    t.match(restored(scene, unforced), { restore: source });
    t.end();
  });
}

t.test('R16: a report of lost data that is no longer fresh does not count', (t) => {
  const scene = Scene.formed(3).wait(60);
  for (const number of [1, 2]) scene.reports(number, { etcd: null, service: { state: 'lost-data' } });
  scene.wait(36);
  t.equal(restored(scene, unforced), 'restore_unproven');
  t.end();
});

t.test('R16: a voter that answers reads outweighs two that are declared lost', (t) => {
  const scene = Scene.formed(3).wait(60).declaredLost(1).declaredLost(2).reports(3);
  t.equal(restored(scene, unforced), 'restore_needs_name');
  t.end();
});

t.test('R16: undeclared voters count, even once nobody can list them', (t) => {
  const scene = Scene.formed(3);
  const foreign = { id: 'a9', name: 'spare', peerUrls: ['https://192.168.7.99:2380'], isLearner: false };
  const clientUrls = ['https://192.168.7.99:2379'];
  for (const id of ['a8', 'a9']) scene.etcd.push({ ...foreign, id, clientUrls });
  scene.index += 1;
  scene.allReport().settle();
  scene.wait(60).declaredLost(1).declaredLost(2);
  t.equal(restored(scene, unforced), 'restore_unproven', 'two of five');
  scene.declaredLost(3);
  const progress = restored(scene, unforced);
  t.match(progress, { restore: source, undeclared: [] });
  if (typeof progress === 'string') return;
  t.match(progress.restore?.former?.at(-1), { name: 'spare', clientUrls }, 'and are asked before another is founded');
  t.end();
});

t.test('R16: a learner holds what the voters hold, and may have become one', (t) => {
  const scene = new Scene().founded().joins(2);
  scene.joins(3).reports(1).settle();
  scene.etcdAdds(2).reports(1).settle();
  scene.wait(60).declaredLost(1);
  t.equal(restored(scene, unforced), 'restore_unproven');
  scene.declaredLost(2);
  t.match(restored(scene, unforced), { restore: source });
  t.end();
});

t.test('R16: a founder that may serve is not given up without force', (t) => {
  const scene = new Scene().joins(1);
  scene.settle();
  scene.wait(60);
  t.equal(restored(scene, unforced), 'restore_unproven');
  t.match(restored(scene, forced), { restore: source });
  t.end();
});

t.test('a cluster that was never founded has nothing to give up', (t) => {
  t.match(restored(new Scene().joins(1), unforced), { restore: source });
  t.end();
});

t.test('R16: another snapshot for a cluster that is being given up needs the same again', (t) => {
  const scene = restoring();
  scene.wait(60);
  t.equal(restored(scene, unforced), 'restore_unproven');
  const other = { ...source, snapshot: 'snapshot0002' };
  const again = restoreFrom(situationOf(scene), other, forced);
  t.strictSame(again.restore?.former, scene.progress.restore?.former, 'and still knows its former members');
  scene.declaredLost(1).declaredLost(2);
  t.match(restored(scene, unforced), { restore: source });
  t.end();
});

t.test('R16: the former voters are remembered with the URLs of their clients', (t) => {
  t.match(restoring().progress.restore?.former, [
    { name: 'x-k3s-m-1', nodeId: 'node1', clientUrls: ['https://192.168.7.11:2379'], isVoter: true, lost: false },
    { name: 'x-k3s-m-2' },
    { name: 'x-k3s-m-3' },
  ]);
  t.end();
});

t.test('R3: a voter that is declared lost leaves etcd once the remaining ones can do without it', (t) => {
  const scene = Scene.formed(3).wait(60).reports(1).declaredLost(3);
  delete scene.nodes['x-k3s-m-3'];
  t.match(scene.decide(), {
    step: null,
    waits: [{ code: 'must_not_leave_yet', facts: { member: 'x-k3s-m-3', why: { code: 'too_few_stay' } } }],
  });
  scene.reports(2);
  t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'remove-voter', member: 'x-k3s-m-3' } }]);
  t.end();
});

/** The wait for the end of its former incarnation; `unheard`: why its agent does not report. */
function toStop(number: number, unheard: Reason | null = null): Reason {
  const member = `x-k3s-m-${number}`;
  return reason('former_etcd_stops', { member, nodeId: `node${number}`, obstacle: null, unheard });
}

t.test('R1: nobody founds beside a former incarnation that may still run', (t) => {
  const scene = restoring();
  t.same(scene.decide(), { step: null, waits: [1, 2, 3].map((number) => toStop(number)) });
  scene.joins(1).joins(2);
  t.same(scene.decide(), { step: null, waits: [toStop(3)] });
  scene.joins(3);
  t.same(scene.settle(), [{ kind: 'found', member: 'x-k3s-m-1', installed: '3.5' }]);
  t.match(scene.progress, { formation: { from: source, clusterId: null }, formations: 2, restore: null });
  t.end();
});

t.test(
  'R19: the wait for each former etcd says whether its board reports, was shut down or is silent, and for how long',
  (t) => {
    const scene = restoring();
    t.strictSame(
      scene.decide().waits,
      [1, 2, 3].map((number) => toStop(number)),
    );
    const unconfirmed = { generationApplied: 1 };
    scene
      .wait(500)
      .reports(1, { agent: unconfirmed })
      .reports(2, { agent: { ...unconfirmed, stops: 'machine' } });
    t.strictSame(scene.decide().waits, [
      toStop(1),
      toStop(2, reason('machine_stopped', { seconds: 0 })),
      toStop(3, reason('silent', { seconds: 500 })),
    ]);
    scene.wait(100);
    t.strictSame(scene.decide().waits, [
      toStop(1, reason('silent', { seconds: 100 })),
      toStop(2, reason('machine_stopped', { seconds: 100 })),
      toStop(3, reason('silent', { seconds: 600 })),
    ]);
    t.end();
  },
);

t.test('R1: a node that the operator has evicted is not awaited', (t) => {
  const scene = restoring().joins(1).joins(2);
  delete scene.nodes['x-k3s-m-3'];
  t.same(scene.settle(), [{ kind: 'found', member: 'x-k3s-m-1', installed: '3.5' }]);
  t.end();
});

t.test('R1: if the founder is declared lost, another founds from the same snapshot, under another token', (t) => {
  const scene = restoring().joins(1).joins(2).joins(3);
  scene.settle();
  const token = scene.progress.formation?.token;
  t.equal(takenBackFrom(situationOf(scene), 'x-k3s-m-2'), null);
  const back = takenBackFrom(situationOf(scene), 'x-k3s-m-1');
  t.match(back, { formation: null, restore: source });
  scene.progress = back ?? scene.progress;
  delete scene.nodes['x-k3s-m-1'];
  t.same(scene.settle(), [{ kind: 'found', member: 'x-k3s-m-2', installed: '3.5' }]);
  t.not(scene.progress.formation?.token, token);
  t.end();
});

t.test('R19: nobody is sent back to the snapshot from which a cluster was once founded', (t) => {
  const scene = Scene.formed(3);
  const refused = () => refusalOf(() => resetFormation(scene.progress, 'x-k3s', scene.status()));
  const { formation } = scene.progress;
  scene.progress = { ...scene.progress, formation: formation && { ...formation, from: source } };
  t.match(refused(), { code: 'reset_refused', facts: { reason: reason('second_voter_possible') } });
  scene.progress = { ...scene.progress, secondVoterPossible: false };
  t.match(refused(), {
    code: 'reset_refused',
    facts: { reason: reason('has_served_since', { snapshot: 'snapshot0001' }) },
  });
  t.end();
});

t.test('R1: a restored formation is not reset to an empty one', (t) => {
  const scene = restoring();
  const refused = {
    code: 'reset_refused',
    facts: { reason: reason('founded_of_snapshot', { snapshot: 'snapshot0001' }) },
  };
  t.throws(() => resetFormation(scene.progress, 'x-k3s', scene.status()), refused);
  scene.joins(1).joins(2).joins(3).settle();
  t.throws(() => resetFormation(scene.progress, 'x-k3s', scene.status()), refused);
  t.end();
});

t.test(
  'R1, R5: if the coordinator was restored too, the reported incarnations are over as well, and silent nodes are awaited',
  (t) => {
    const scene = Scene.formed(3);
    const { incarnation: second } = scene.member(2) ?? {};
    const early = { ...new Scene().founded().progress, frozen: said('this coordinator was restored') };
    const awaited = scene.nodes['x-k3s-m-3'];
    if (awaited === undefined) throw new Error('the third has not joined');
    const unadopted = said('its node node3 waits for re-adoption');
    scene.nodes['x-k3s-m-3'] = { ...awaited, status: null, uncounted: unadopted };
    delete scene.nodes['x-k3s-m-1'];
    scene.progress = early;
    scene.wait(60);
    const waits = [said('a majority to report')];
    const situation = { ...situationOf(scene), waits };
    t.throws(() => restoreUnheard({ ...situation, seenUnadopted: [] }, source, unforced), {
      code: 'restore_refused',
      facts: { reason: reason('voters_unknown', { waits }) },
    });
    const nodes = [{ member: 'x-k3s-m-3', nodeId: 'node3' }];
    t.throws(() => restoreUnheard({ ...situation, seenUnadopted: ['x-k3s-m-3'] }, source, forced), {
      code: 'restore_refused',
      facts: { reason: reason('nodes_await_readoption', { nodes }) },
    });
    scene.progress = restoreUnheard({ ...situation, seenUnadopted: [] }, source, forced);
    t.match(scene.progress, { frozen: null, formation: null, members: {}, restore: source });
    t.same(
      scene.progress.retired.map(({ incarnation }) => incarnation),
      [early.members['x-k3s-m-1']?.incarnation, second],
    );
    scene.published(2);
    t.match(scene.decide(), {
      step: null,
      waits: [{ code: 'former_etcd_stops', facts: { member: 'x-k3s-m-2' } }, toStop(3, unadopted)],
    });
    delete scene.nodes['x-k3s-m-3'];
    scene.joins(2);
    t.same(scene.settle(), [{ kind: 'found', member: 'x-k3s-m-2', installed: '3.5' }]);
    t.end();
  },
);
