import t from 'tap';
import { restoreFrom } from '../../../src/controller/restore/restore.ts';
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

function adviceIn(scene: Scene): string {
  return scene.decide().waits.find((wait) => /is quarantined: /.test(wait)) ?? '';
}

t.test('R3 a quarantined voter of three can be replaced', (t) => {
  const scene = quarantined(3);
  t.match(adviceIn(scene), /switch it off, .*`picket token create x-k3s --member x-k3s-m-3`$/);
  scene.vacates(3);
  t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'remove-voter', member: 'x-k3s-m-3' } }]);
  t.end();
});

t.test('R3 a quarantined voter of two can be replaced while its etcd runs', (t) => {
  const scene = quarantined(2);
  t.match(
    adviceIn(scene),
    /while its etcd runs, which gives up its copy of the data: `picket member replace x-k3s x-k3s-m-2 --force`; then, .*picket node evict node2/,
  );
  t.throws(() => scene.vacates(2), { code: 'replace_refused' }, 'not by a machine that needs it switched off');
  t.throws(() => scene.replaces(2), { code: 'replace_refused' }, 'nor without force');
  scene.replaces(2, true);
  t.match(scene.settle(), [
    { kind: 'assign', executor: 'x-k3s-m-1', mutation: { kind: 'remove-voter', member: 'x-k3s-m-2', force: true } },
  ]);
  t.match(adviceIn(scene), /It is being replaced; once it is out of etcd: `picket node evict node2`/);
  scene.wait(31).reports(1).reports(2, claims);
  t.match(scene.settle(), [{ kind: 'assign' }], 'it is ordered again');
  scene.etcdRemoves('a2').reports(1);
  t.match(scene.settle(), [{ kind: 'record-removed', member: 'x-k3s-m-2' }]);
  t.match(adviceIn(scene), /`picket node evict node2`, which gives up its access and the data of its etcd$/);
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
    try {
      scene.replaces(2, true);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const why = /etcd has no majority to remove it: 1 of 2 voters serve, and 2 are needed/;
  t.equal(
    refused((scene) => scene.reports(2, claims)),
    null,
  );
  t.match(
    refused((scene) => scene.wait(40).reports(1)),
    why,
    'an old report',
  );
  t.match(
    refused((scene) => scene.reports(2, { ...claims, ...foreign })),
    why,
    'another cluster',
  );
  t.match(
    refused((scene) => scene.reports(2, { ...claims, service: { incarnation: 'another1' } })),
    why,
    'another life',
  );
  t.match(
    refused((scene) => scene.reports(2, { ...claims, etcd: { linearizableRead: false } })),
    why,
    'no read',
  );
  t.match(
    refused((scene) => scene.reports(2, { ...claims, etcd: null })),
    why,
    'no etcd',
  );
  t.end();
});

t.test('R3 a quarantined voter never counts as one of the remaining ones', (t) => {
  const scene = quarantined(3).wait(40).reports(1).reports(3, claims);
  const why = /of the 2 voters that would remain, 1 serves, and 2 are needed/;
  t.throws(() => scene.replaces(2, true), { message: why }, 'the silent one, which would leave it as one of two');
  t.throws(() => scene.replaces(3, true), { message: why }, 'nor can the silent one stay instead');
  t.match(
    adviceIn(scene),
    /it cannot be replaced now, because of the 2 voters .*\. Bring the other voters back first; if they are lost, .*picket cluster restore x-k3s/,
  );
  scene.reports(2);
  t.match(adviceIn(scene), /picket token create x-k3s --member x-k3s-m-3/);
  const four = quarantined(4).wait(40).reports(1).reports(2).reports(4, claims);
  const off = /etcd has no majority to remove it: 2 of 4 voters serve, and 3 are needed/;
  t.throws(() => four.vacates(4), { message: off }, 'of four with another down, its own vote is needed');
  four.replaces(4);
  t.match(four.settle(), [{ kind: 'assign', mutation: { member: 'x-k3s-m-4' } }], 'which it gives while it runs');
  const other = quarantined(4).wait(40).reports(1).reports(2).reports(4, claims);
  t.throws(() => other.replaces(3), { message: off }, 'and only for itself');
  t.end();
});

t.test('R3 for any other voter, a majority must first show the list of members', (t) => {
  const scene = Scene.formed(3).replaces(3);
  for (const number of [1, 2, 3])
    scene.reports(number, { etcd: { members: [...scene.etcd, { ...scene.listed(1, true), id: `b${number}` }] } });
  t.same(scene.settle(), []);
  t.match(scene.decide().waits, [/^a majority of the voters to report the same list/]);
  t.end();
});

t.test('R3 the only voter cannot be replaced, and the wait says how it can be restored', (t) => {
  t.match(
    adviceIn(quarantined(1)),
    /it is the only voter, .*switch it off, then `picket node evict node1 --lost` and `picket cluster restore x-k3s --snapshot ID`, which loses all that was written since the snapshot$/,
  );
  t.end();
});

t.test('the advice for a quarantined node that is no voter works', (t) => {
  const joined = new Scene().joins(1, claims);
  joined.settle();
  t.match(
    adviceIn(joined),
    /or evict it: `picket node evict node1`, which gives up its access and the data of its etcd$/,
  );
  const founding = new Scene().joins(1);
  founding.settle();
  founding.reports(1, { ...claims, etcd: null }).settle();
  t.match(
    adviceIn(founding),
    /or give up the founding, with all that was written to it: `picket cluster reset x-k3s`$/,
  );
  t.end();
});

t.test('R5 if two nodes claim more, the coordinator itself is doubted before any node', (t) => {
  const scene = Scene.formed(3).reports(1, claims);
  scene.settle();
  t.notMatch(scene.decide().waits[0], /older state/, 'not for one');
  scene.reports(2, claims).settle();
  t.match(
    scene.decide().waits[0],
    /^an operator: x-k3s-m-1, x-k3s-m-2 claim more than this coordinator has published, .* put back to an older state\. Before you replace a node, .*picket-coordinator restore/,
  );
  t.match(scene.decide().waits[1], /^an operator: x-k3s-m-1 \(node node1\) is quarantined/);
  const other = Scene.formed(5, { members: 5 }).reports(4, foreign).reports(5, foreign);
  t.match(other.settle(), [{ kind: 'quarantine' }, { kind: 'quarantine' }]);
  t.notMatch(other.decide().waits[0], /older state/, 'another cluster ID says nothing about the store');
  t.end();
});

t.test(
  'R1 R16 no restore empties the progress while a quarantined node reports, which would not learn that it must stop',
  (t) => {
    const restored = (scene: Scene) => {
      const { spec, progress, now } = scene;
      const word = { force: true, confirm: 'x-k3s' };
      return restoreFrom({ spec, progress, now, status: scene.status(), inContact: [] }, source, word);
    };
    const scene = quarantined(3);
    t.throws(() => restored(scene), {
      code: 'restore_refused',
      message: /x-k3s-m-3 \(node node3\) is quarantined and still reports, .*picket node evict node3 --lost/,
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
