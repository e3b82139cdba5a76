import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { restoreFrom } from '../../../src/controller/restore/restore.ts';
import { refusalOf } from '../../support/refusal.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const claims: StatusChanges = { agent: { generationSeen: 9 } };
const foreign: StatusChanges = { etcd: { clusterId: 'c2' } };
const source = { snapshot: 'snapshot0001', takenAt: 0, sizeBytes: 20_512, sha256: 'ab'.repeat(32) };

/** The last of these voters is quarantined for a claim; its etcd serves. */
function quarantined(voters: number): Scene {
  const scene = Scene.formed(voters, { members: voters }).reports(voters, claims);
  scene.settle();
  return scene;
}

/** What an operator can do for the quarantined node. */
function adviceIn(scene: Scene): AnyReason | undefined {
  return scene.decide().waits.find((wait) => wait.code === 'node_quarantined')?.facts.way;
}

const cluster = 'x-k3s';
const toOtherMachine = reason('way_other_machine', { cluster, member: 'x-k3s-m-3' });

t.test('R3 a quarantined voter of three can be replaced', (t) => {
  const scene = quarantined(3);
  t.strictSame(adviceIn(scene), toOtherMachine);
  scene.vacates(3);
  t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'remove-voter', member: 'x-k3s-m-3' } }]);
  t.end();
});

t.test('R3 a quarantined voter of two can be replaced while its etcd runs', (t) => {
  const scene = quarantined(2);
  t.strictSame(adviceIn(scene), reason('way_replace', { cluster, member: 'x-k3s-m-2', nodeId: 'node2', force: true }));
  t.throws(() => scene.vacates(2), { code: 'replace_refused' }, 'not by a machine that needs it switched off');
  t.throws(() => scene.replaces(2), { code: 'replace_refused' }, 'nor without force');
  scene.replaces(2, true);
  t.match(scene.settle(), [
    { kind: 'assign', executor: 'x-k3s-m-1', mutation: { kind: 'remove-voter', member: 'x-k3s-m-2', force: true } },
  ]);
  t.strictSame(adviceIn(scene), reason('way_once_out', { nodeId: 'node2' }));
  scene.wait(31).reports(1).reports(2, claims);
  t.match(scene.settle(), [{ kind: 'assign' }], 'it is ordered again');
  scene.etcdRemoves('a2').reports(1);
  t.match(scene.settle(), [{ kind: 'record-removed', member: 'x-k3s-m-2' }]);
  t.strictSame(adviceIn(scene), reason('way_evict', { nodeId: 'node2' }));
  scene.evicts(2).joins(2, { agent: { generationSeen: 1 } });
  scene.nodes['x-k3s-m-2'] = { ...must(scene.nodes['x-k3s-m-2']), nodeId: 'node9' };
  t.match(scene.settle(), [
    { kind: 'end-quarantine', nodeId: 'node2' },
    { kind: 'assign', mutation: { kind: 'add-learner', member: 'x-k3s-m-2' } },
  ]);
  t.end();
});

t.test('R3 only what a quarantined voter has just reported of the recorded cluster counts for its removal', (t) => {
  const refused = (change: (scene: Scene) => void) => {
    const scene = quarantined(2);
    change(scene.wait(1));
    return refusalOf(() => scene.replaces(2, true))?.facts.reason ?? null;
  };
  const why = reason('no_majority_to_remove', { agreeing: 1, all: 2, quorum: 2 });
  t.equal(
    refused((scene) => scene.reports(2, claims)),
    null,
  );
  t.strictSame(
    refused((scene) => scene.wait(40).reports(1)),
    why,
    'an old report',
  );
  t.strictSame(
    refused((scene) => scene.reports(2, { ...claims, ...foreign })),
    why,
    'another cluster',
  );
  t.strictSame(
    refused((scene) => scene.reports(2, { ...claims, service: { incarnation: 'another1' } })),
    why,
    'another incarnation',
  );
  t.strictSame(
    refused((scene) => scene.reports(2, { ...claims, etcd: { linearizableRead: false } })),
    why,
    'no read',
  );
  t.strictSame(
    refused((scene) => scene.reports(2, { ...claims, etcd: null })),
    why,
    'no etcd',
  );
  t.end();
});

t.test('R3 a quarantined voter never counts as one of the remaining ones', (t) => {
  const scene = quarantined(3).wait(40).reports(1).reports(3, claims);
  const why = reason('too_few_stay', { others: 2, able: 1, needed: 2 });
  const tooFew = { code: 'replace_refused', facts: { reason: why } };
  t.throws(() => scene.replaces(2, true), tooFew, 'the silent one, which would leave it as one of two');
  t.throws(() => scene.replaces(3, true), tooFew, 'nor can the silent one stay instead');
  t.strictSame(adviceIn(scene), reason('way_blocked', { cluster, nodeId: 'node3', why }));
  scene.reports(2);
  t.strictSame(adviceIn(scene), toOtherMachine);
  const four = quarantined(4).wait(40).reports(1).reports(2).reports(4, claims);
  const noMajority = {
    code: 'replace_refused',
    facts: { reason: reason('no_majority_to_remove', { agreeing: 2, all: 4, quorum: 3 }) },
  };
  t.throws(() => four.vacates(4), noMajority, 'of four with another down, its own vote is needed');
  four.replaces(4);
  t.match(four.settle(), [{ kind: 'assign', mutation: { member: 'x-k3s-m-4' } }], 'which it gives while it runs');
  const other = quarantined(4).wait(40).reports(1).reports(2).reports(4, claims);
  t.throws(() => other.replaces(3), noMajority, 'and only for itself');
  t.end();
});

t.test('R3 for any other voter, a majority must first show the list of members', (t) => {
  const scene = Scene.formed(3).replaces(3);
  for (const number of [1, 2, 3])
    scene.reports(number, { etcd: { members: [...scene.etcd, { ...scene.listed(1, true), id: `b${number}` }] } });
  t.same(scene.settle(), []);
  t.match(scene.decide().waits, [{ code: 'majority_shows_list' }]);
  t.end();
});

t.test('R3 the only voter cannot be replaced, and the wait says how it can be restored', (t) => {
  t.strictSame(adviceIn(quarantined(1)), reason('way_last', { cluster, nodeId: 'node1', why: reason('only_voter') }));
  t.end();
});

t.test('the advice for a quarantined node that is no voter works', (t) => {
  const joined = new Scene().joins(1, claims);
  joined.settle();
  t.strictSame(adviceIn(joined), reason('way_evict', { nodeId: 'node1' }));
  const founding = new Scene().joins(1);
  founding.settle();
  founding.reports(1, { ...claims, etcd: null }).settle();
  t.strictSame(adviceIn(founding), reason('way_reset', { cluster }));
  t.end();
});

t.test('R5 if two nodes claim more, the coordinator itself is doubted before any node', (t) => {
  const scene = Scene.formed(3).reports(1, claims);
  scene.settle();
  t.equal(scene.decide().waits[0]?.code, 'node_quarantined', 'not for one');
  scene.reports(2, claims).settle();
  t.strictSame(scene.decide().waits[0], reason('store_in_doubt', { members: ['x-k3s-m-1', 'x-k3s-m-2'] }));
  t.match(scene.decide().waits[1], {
    code: 'node_quarantined',
    facts: { member: 'x-k3s-m-1', nodeId: 'node1', why: { code: 'claim_unproven', facts: { published: '1' } } },
  });
  const other = Scene.formed(5, { members: 5 }).reports(4, foreign).reports(5, foreign);
  t.match(other.settle(), [{ kind: 'quarantine' }, { kind: 'quarantine' }]);
  t.equal(other.decide().waits[0]?.code, 'node_quarantined', 'another cluster ID says nothing about the store');
  t.end();
});

t.test(
  'R1 R16 no restore empties the progress while a quarantined node reports, which would not learn that it must stop',
  (t) => {
    const restored = (scene: Scene) => {
      const { spec, progress, now } = scene;
      const word = { force: true, confirm: 'x-k3s' };
      return restoreFrom({ spec, progress, now, status: scene.status(), seenUnadopted: [] }, source, word);
    };
    const scene = quarantined(3);
    t.throws(() => restored(scene), {
      code: 'restore_refused',
      facts: {
        reason: {
          code: 'several',
          facts: { reasons: [{ code: 'quarantined_and_heard', facts: { member: 'x-k3s-m-3', nodeId: 'node3' } }] },
        },
      },
    });
    const goodbye = { agent: { ...claims.agent, stops: 'machine' } } as const;
    t.throws(
      () => restored(scene.reports(3, goodbye).wait(35)),
      { code: 'restore_refused' },
      'a goodbye is no silence',
    );
    t.match(restored(scene.evicts(3)), { restore: source }, 'once it is evicted');
    const silent = quarantined(3).wait(40).reports(1).reports(2);
    t.match(restored(silent), { restore: source }, 'a silent one is awaited, and can be evicted then');
    t.end();
  },
);

function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('there is none');
  return value;
}
