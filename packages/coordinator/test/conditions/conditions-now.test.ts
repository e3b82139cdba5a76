import type { Happening } from '@picket/shared/events/event.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { conditionsNow } from '../../src/conditions/conditions-now.ts';
import { type Conditions, noConditions, nothingUnrecorded, type Unrecorded } from '../../src/model/conditions.ts';
import { Scene, type StatusChanges } from '../controller/support/situations.ts';
import { said } from '../support/said.ts';

const minute = 60;
const hour = 60 * minute;
const crashed: StatusChanges = { etcd: null, service: { state: 'crashed', reason: said('exit status 1') } };
const withoutLeader: StatusChanges = { etcd: { leader: '0', healthy: false, linearizableRead: false } };

/** Three voters, and what the events of their cluster have told. */
class Watched {
  readonly scene = Scene.formed(3);
  conditions: Conditions = noConditions;
  #unrecorded: Unrecorded = nothingUnrecorded;
  #began = this.scene.now;
  readonly told: Happening[] = [];
  readonly kinds: string[] = [];
  /** How often something had to be stored. */
  stored = 0;

  constructor() {
    this.scene.wait(10 * minute).allReport();
    this.look();
  }

  look(): this {
    const { scene } = this;
    const { spec, progress, now } = scene;
    const situation = { spec, progress, now, status: scene.status(), runsFor: now - this.#began };
    const { conditions, unrecorded, events } = conditionsNow(situation, this.conditions, this.#unrecorded);
    if (conditions !== this.conditions) this.stored += 1;
    this.conditions = conditions;
    this.#unrecorded = unrecorded;
    this.told.push(...events);
    this.kinds.push(...events.map(({ kind }) => kind));
    return this;
  }

  /** The coordinator is restarted: it has what was stored, and the last report of each node. */
  restart(): this {
    const { scene } = this;
    this.#began = scene.now;
    const old = Object.values(scene.nodes).map(({ nodeId, receivedAt }) => {
      const at = receivedAt ?? 0;
      return [nodeId, { receivedAt: at, at }] as const;
    });
    this.#unrecorded = { ...nothingUnrecorded, old: Object.fromEntries(old) };
    return this;
  }

  /** Everybody reports; of this one, this. */
  report(number: number, changes: StatusChanges = {}): this {
    this.scene.allReport().reports(number, changes);
    return this.look();
  }

  wait(seconds: number): this {
    this.scene.wait(seconds);
    return this;
  }
}

/** The same report every 10 s. */
function reportFor(watched: Watched, seconds: number, number: number, changes: StatusChanges): Watched {
  for (let passed = 0; passed < seconds; passed += 10) watched.wait(10).report(number, changes);
  return watched;
}

/** These voters report this term, with the leader of the scene; the others, this or as before. */
function inTerm(watched: Watched, raftTerm: number, numbers: readonly number[], others: StatusChanges['etcd'] = {}) {
  for (const number of [1, 2, 3])
    watched.scene.reports(number, { etcd: numbers.includes(number) ? { raftTerm } : others });
  watched.look();
}

t.test('a look at the same conditions changes nothing, so nothing is stored', async (t) => {
  const watched = new Watched();
  const { stored } = watched;
  for (let count = 0; count < 20; count += 1) watched.wait(10).report(1);
  t.same([watched.told, watched.stored], [[], stored]);
});

t.test('a client that goes silent and returns, restarted', async (t) => {
  const watched = new Watched();
  const { scene } = watched;
  scene.clientReports('k3s-1');
  watched.look().wait(40);
  scene.allReport();
  watched.look().wait(60);
  scene.allReport().clientReports('k3s-1', { agent: { startedAt: '2026-02-02T00:00:00Z' } });
  t.same(watched.look().told, [
    {
      kind: 'node-silent',
      facts: { nodeId: 'k3s-1', name: 'k3s-1', kind: 'client', stops: null, since: '1970-01-01T00:10:00.000Z' },
    },
    { kind: 'node-returned', facts: { nodeId: 'k3s-1', name: 'k3s-1', forMs: 100000, restarted: true } },
  ]);
});

t.test('an agent that was restarted without a silence', async (t) => {
  const watched = new Watched();
  watched.report(2, { agent: { startedAt: '2026-02-02T00:00:00Z', version: '0.2.0' } });
  t.same(watched.told, [{ kind: 'agent-restarted', facts: { nodeId: 'node2', name: 'x-k3s-m-2', version: '0.2.0' } }]);
});

t.test('an etcd that ends and is restarted, with and without a report in between', async (t) => {
  const watched = new Watched().report(2, crashed).report(2, { service: { restarts: 1 } });
  watched.report(2, { service: { restarts: 3 } });
  t.same(watched.told, [
    {
      kind: 'etcd-restarted',
      facts: { nodeId: 'node2', member: 'x-k3s-m-2', times: 1, why: reason('error_says', { text: 'exit status 1' }) },
    },
    { kind: 'etcd-restarted', facts: { nodeId: 'node2', member: 'x-k3s-m-2', times: 2, why: null } },
  ]);
});

t.test('a restart by a permit is no death of etcd, and a stop reports no count', async (t) => {
  const watched = new Watched().report(2, { service: { restarts: 2 } });
  const { scene } = watched;
  const before = watched.told.length;
  scene.progress = {
    ...scene.progress,
    permit: { id: 'p1', member: 'x-k3s-m-2', issuedAt: scene.now, withdrawnAt: null },
  };
  watched.report(2, { etcd: null, service: { state: 'stopped', restarts: 0 } });
  watched.report(2, { service: { restarts: 3 } });
  scene.progress = { ...scene.progress, permit: null };
  watched.report(2, { service: { restarts: 3 } });
  t.same(watched.told.slice(before), []);
});

t.test('a restart of the coordinator counts no death twice', async (t) => {
  const watched = new Watched().report(2, { service: { restarts: 1 } });
  watched
    .restart()
    .wait(5)
    .report(2, { service: { restarts: 1 } });
  watched.wait(5).report(2, { service: { restarts: 2 } });
  t.same(watched.kinds, ['etcd-restarted', 'etcd-restarted']);
});

t.test('R14: a report from before the coordinator’s start is no news', async (t) => {
  const watched = new Watched();
  for (const number of [1, 2, 3]) watched.scene.reports(number, crashed);
  watched.restart().look();
  t.same(watched.told, []);
});

t.test('a voter that stops serving, and serves again', async (t) => {
  const watched = reportFor(new Watched(), 30, 3, { etcd: null, service: { state: 'stopped' } });
  t.same(watched.told, [
    {
      kind: 'voter-down',
      facts: { nodeId: 'node3', member: 'x-k3s-m-3', why: reason('etcd_silent', { state: 'stopped' }) },
    },
  ]);
  watched.wait(30).report(3);
  t.same(watched.told.slice(1), [{ kind: 'voter-up', facts: { nodeId: 'node3', member: 'x-k3s-m-3', forMs: 50000 } }]);
});

t.test(
  'a voter whose etcd has ended is down by the second report, and one that is restarted within seconds is not',
  async (t) => {
    const ended = new Watched().report(3, crashed).wait(10).report(3, crashed);
    t.same(ended.told, [
      {
        kind: 'voter-down',
        facts: {
          nodeId: 'node3',
          member: 'x-k3s-m-3',
          why: reason('node_says', { why: reason('error_says', { text: 'exit status 1' }) }),
        },
      },
    ]);
    const restarted = new Watched()
      .report(3, crashed)
      .wait(4)
      .look()
      .report(3, { service: { restarts: 1 } });
    t.same(restarted.kinds, ['etcd-restarted']);
    const loops = new Watched()
      .report(3, crashed)
      .wait(1)
      .report(3, { etcd: null, service: { restarts: 1 } });
    t.same(loops.wait(9).look().kinds, ['etcd-restarted'], 'one that runs again has the time to serve');
  },
);

t.test('a voter that its peers do not reach, while the others serve', async (t) => {
  const watched = reportFor(new Watched(), 30, 3, withoutLeader);
  t.same(watched.told, [
    { kind: 'voter-down', facts: { nodeId: 'node3', member: 'x-k3s-m-3', why: reason('no_leader') } },
  ]);
});

t.test('a voter that serves again within seconds has no event of its own', async (t) => {
  const watched = reportFor(new Watched(), 10, 3, withoutLeader).wait(4).report(3);
  t.same(watched.told, []);
});

t.test('lost data is an event at once, and the voter that is down for it is no second event', async (t) => {
  const lost: StatusChanges = { etcd: null, service: { state: 'lost-data', reason: said('the folder is gone') } };
  const watched = reportFor(new Watched(), 60, 3, lost);
  t.same(watched.told, [
    {
      kind: 'data-lost',
      facts: { nodeId: 'node3', member: 'x-k3s-m-3', why: reason('error_says', { text: 'the folder is gone' }) },
    },
  ]);
});

t.test('data that is missing while etcd runs is no loss, and is found again', async (t) => {
  const gone: StatusChanges = { service: { dataGone: true, reason: said('the folder is gone') } };
  const watched = reportFor(new Watched(), 30, 3, gone).wait(10).report(3);
  t.same(watched.told, [
    {
      kind: 'data-missing',
      facts: { nodeId: 'node3', member: 'x-k3s-m-3', why: reason('error_says', { text: 'the folder is gone' }) },
    },
    { kind: 'data-found', facts: { nodeId: 'node3', member: 'x-k3s-m-3' } },
  ]);
});

t.test('a machine that is shut down says so at once, and an agent that is stopped once nothing follows', async (t) => {
  const watched = new Watched();
  watched.scene.reports(3, { agent: { stops: 'machine' } }).reports(2, { agent: { stops: 'agent' } });
  watched.look();
  t.same(watched.told, [
    {
      kind: 'node-silent',
      facts: {
        nodeId: 'node3',
        name: 'x-k3s-m-3',
        kind: 'member',
        stops: 'machine',
        since: '1970-01-01T00:10:00.000Z',
      },
    },
  ]);
  watched.wait(40).scene.reports(1);
  t.same(watched.look().told.slice(1), [
    {
      kind: 'node-silent',
      facts: { nodeId: 'node2', name: 'x-k3s-m-2', kind: 'member', stops: 'agent', since: '1970-01-01T00:10:00.000Z' },
    },
  ]);
});

t.test('a disk that fills up, and has room again', async (t) => {
  const watched = new Watched();
  const disk = (freeBytes: number) => {
    watched.scene.allReport();
    const node = watched.scene.nodes['x-k3s-m-1'];
    if (node?.status == null) throw new Error('it has not reported');
    const machine = { ...node.status.machine, disk: { totalBytes: 32e9, freeBytes } };
    watched.scene.nodes['x-k3s-m-1'] = { ...node, status: { ...node.status, machine } };
    watched.wait(60);
    watched.scene.nodes['x-k3s-m-1'] = { ...node, receivedAt: watched.scene.now, status: { ...node.status, machine } };
    watched.look();
  };
  for (const free of [3.3e9, 3.1e9, 3.3e9, 3.1e9, 1e6, 70e6, 90e6, 5e9]) disk(free);
  t.same(
    watched.told.filter(({ kind }) => kind.startsWith('disk')),
    [
      {
        kind: 'disk-low',
        facts: { nodeId: 'node1', name: 'x-k3s-m-1', freeBytes: 3100000000, totalBytes: 32000000000 },
      },
      { kind: 'disk-full', facts: { nodeId: 'node1', name: 'x-k3s-m-1', freeBytes: 1000000, totalBytes: 32000000000 } },
      { kind: 'disk-low', facts: { nodeId: 'node1', name: 'x-k3s-m-1', freeBytes: 90000000, totalBytes: 32000000000 } },
      {
        kind: 'disk-free',
        facts: { nodeId: 'node1', name: 'x-k3s-m-1', freeBytes: 5000000000, totalBytes: 32000000000 },
      },
    ],
  );
});

t.test('a clock in doubt, and right again', async (t) => {
  const watched = new Watched();
  const doubt = reason('clock_before_build', { now: '1970-01-01T00h UTC', other: '2026-01-01T00h UTC' });
  watched.report(2, { agent: { waits: [reason('time_sync', { why: doubt })] } });
  watched.wait(90).report(2);
  t.match(watched.told, [
    {
      kind: 'clock-wrong',
      facts: { name: 'x-k3s-m-2', why: reason('time_sync', { why: doubt }) },
    },
  ]);
  watched.wait(30);
  const { scene } = watched;
  scene.allReport();
  const node = scene.nodes['x-k3s-m-2'];
  if (node?.status == null) throw new Error('it has not reported');
  const status = { ...node.status, machine: { ...node.status.machine, clockOffsetMs: 100 } };
  scene.nodes['x-k3s-m-2'] = { ...node, status };
  t.same(watched.look().told.slice(1), [
    { kind: 'clock-right', facts: { nodeId: 'node2', name: 'x-k3s-m-2', forMs: 120000 } },
  ]);
});

t.test('another leader that nothing of Picket’s explains', async (t) => {
  const watched = new Watched();
  watched.scene.leader = 'a2';
  inTerm(watched, 5, [1]);
  t.same(watched.told, [], 'one alone is not believed');
  inTerm(watched, 5, [1, 2]);
  t.same(watched.told, [
    { kind: 'leader-changed', facts: { leader: 'x-k3s-m-2', former: 'x-k3s-m-1', term: 5, elections: 3 } },
  ]);
  inTerm(watched, 6, [3, 1]);
  t.match(watched.told.slice(1), [
    { kind: 'leader-changed', facts: { leader: 'x-k3s-m-2', former: 'x-k3s-m-2', term: 6, elections: 1 } },
  ]);
});

t.test('R18: a false term of one node hides no election, whatever it reports', async (t) => {
  const watched = new Watched();
  inTerm(watched, 1_000_000_000, [3]);
  watched.scene.leader = 'a2';
  inTerm(watched, 3, [1, 2], { leader: 'a3', raftTerm: 1_000_000_000 });
  t.match(watched.told, [
    { kind: 'leader-changed', facts: { leader: 'x-k3s-m-2', former: 'x-k3s-m-1', term: 3, elections: 1 } },
  ]);
});

t.test('R18: a false term that the only voter of a cluster reported ends with the next majority', async (t) => {
  const watched = new Watched();
  const { cluster } = watched.conditions;
  const leader = { clusterId: 'c1', memberId: 'a1', ...cluster.leader, term: 1_000_000_000 };
  watched.conditions = { ...watched.conditions, cluster: { ...cluster, leader } };
  inTerm(watched, 5, [1, 2, 3]);
  inTerm(watched, 6, [1, 2, 3]);
  t.match(watched.told, [{ kind: 'leader-changed', facts: { term: 6, elections: 1 } }]);
});

/** An operator has ordered x-k3s-m-1 to hand over to x-k3s-m-2, and its agent has said that it has. */
function handedOver(watched: Watched): Scene {
  const { scene } = watched;
  const order = { member: 'x-k3s-m-2', memberId: 'a2', executor: 'x-k3s-m-1' } as const;
  scene.take({ kind: 'assign-handover', ...order, by: 'operator ada' });
  watched.look();
  const why = reason('leadership_handed_over', { memberId: 'a2' });
  scene.take({ kind: 'record-handover', member: 'x-k3s-m-2', executor: 'x-k3s-m-1', outcome: 'done', reason: why });
  return scene;
}

t.test(
  'R19: a leader that hands over by order, though the others report it only after the end of the order',
  async (t) => {
    const watched = new Watched();
    handedOver(watched).leader = 'a2';
    inTerm(watched, 3, [1]);
    inTerm(watched, 3, [1, 2, 3]);
    t.same(watched.told, []);
  },
);

t.test('R19: nor while the order is still under way', async (t) => {
  const watched = new Watched();
  const order = { member: 'x-k3s-m-2', memberId: 'a2', executor: 'x-k3s-m-1' } as const;
  watched.scene.take({ kind: 'assign-handover', ...order, by: 'operator ada' });
  watched.scene.leader = 'a2';
  inTerm(watched, 3, [1, 2, 3]);
  t.same(watched.told, []);
});

t.test('R19: an event names each change of leader that the order does not explain', async (t) => {
  const late = new Watched();
  handedOver(late).wait(60).leader = 'a2';
  inTerm(late, 3, [1, 2, 3]);
  t.match(late.told, [{ kind: 'leader-changed', facts: { term: 3, elections: 1 } }], 'an election of later');
  const other = new Watched();
  handedOver(other).leader = 'a3';
  inTerm(other, 3, [1, 2, 3]);
  t.match(
    other.told,
    [{ kind: 'leader-changed', facts: { leader: 'x-k3s-m-3', former: 'x-k3s-m-1', term: 3, elections: 1 } }],
    'another leader',
  );
  const more = new Watched();
  handedOver(more).leader = 'a2';
  inTerm(more, 4, [1, 2, 3]);
  t.match(more.told, [{ kind: 'leader-changed', facts: { term: 4, elections: 2 } }], 'a second election');
});

t.test('a leader that hands over before its planned restart', async (t) => {
  const watched = new Watched();
  const { scene } = watched;
  scene.progress = {
    ...scene.progress,
    permit: { id: 'p1', member: 'x-k3s-m-1', issuedAt: scene.now, withdrawnAt: null },
  };
  scene.leader = 'a2';
  inTerm(watched, 3, [1, 2, 3]);
  scene.progress = { ...scene.progress, permit: null };
  inTerm(watched, 3, [1, 2, 3]);
  t.same(watched.told, []);
});

t.test('a quorum that is lost and regained; voters without a leader have no events of their own', async (t) => {
  const watched = new Watched().wait(10);
  const none = () => {
    watched.scene.allReport();
    for (const number of [2, 3]) watched.scene.reports(number, withoutLeader);
    watched.scene.reports(1, crashed);
    watched.look().wait(10);
  };
  for (let count = 0; count < 5; count += 1) none();
  t.same(watched.told, [
    { kind: 'quorum-lost', facts: { able: 0, all: 3, quorum: 2, lastRead: '1970-01-01T00:10:00.000Z' } },
    {
      kind: 'voter-down',
      facts: {
        nodeId: 'node1',
        member: 'x-k3s-m-1',
        why: reason('node_says', { why: reason('error_says', { text: 'exit status 1' }) }),
      },
    },
  ]);
  watched.scene.allReport().reports(1, crashed);
  t.same(watched.look().told.slice(2), [{ kind: 'quorum-regained', facts: { forMs: 60000, known: true } }]);
});

t.test('R16: an etcd that does not answer its agent may serve, so no quorum is called lost', async (t) => {
  const watched = new Watched();
  const mute = () => {
    for (const number of [1, 2, 3]) watched.scene.reports(number, { etcd: null });
    watched.look().wait(10);
  };
  for (let count = 0; count < 6; count += 1) mute();
  t.same(watched.kinds, ['quorum-unknown']);
});

t.test('R16: one node that claims reads hides no lost quorum for longer than a read stays fresh', async (t) => {
  const watched = new Watched();
  const twoAreOff = () => {
    watched.scene.reports(1, crashed).reports(2, withoutLeader).reports(3);
    watched.look().wait(10);
  };
  for (let count = 0; count < 4; count += 1) twoAreOff();
  t.notOk(watched.kinds.includes('quorum-lost'), 'its read may be from before');
  for (let count = 0; count < 4; count += 1) twoAreOff();
  t.same(
    watched.kinds.filter((kind) => kind.startsWith('quorum')),
    ['quorum-lost'],
  );
});

t.test('R16: two voters that have a leader and are only slow to read do not outweigh a read', async (t) => {
  const watched = new Watched();
  const slow: StatusChanges = { etcd: { healthy: false, linearizableRead: false } };
  for (let count = 0; count < 8; count += 1) {
    watched.scene.reports(1, slow).reports(2, slow).reports(3);
    watched.look().wait(10);
  }
  t.notOk(watched.kinds.some((kind) => kind.startsWith('quorum')));
});

t.test('two voters are silent, and the third sees no leader: the quorum is lost', async (t) => {
  const watched = new Watched();
  for (let count = 0; count < 6; count += 1) {
    watched.scene.wait(10).reports(1, withoutLeader);
    watched.look();
  }
  t.same(
    watched.kinds.filter((kind) => kind.startsWith('quorum')),
    ['quorum-lost'],
  );
});

t.test('etcd’s authentication is switched on and off: one event each', async (t) => {
  const watched = new Watched();
  const refused: StatusChanges = { etcd: null, service: { authenticationOn: true, quorumRead: true } };
  const all = (changes: StatusChanges) => {
    for (const number of [1, 2, 3]) watched.scene.reports(number, changes);
    watched.look().wait(10);
  };
  for (let count = 0; count < 6; count += 1) all(refused);
  t.same(watched.told, [{ kind: 'authentication-on', facts: { member: 'x-k3s-m-1', refused: true } }]);
  for (let count = 0; count < 6; count += 1) all({});
  t.same(watched.told.slice(1), [{ kind: 'authentication-off', facts: { member: 'x-k3s-m-1' } }]);
});

/** The snapshot that each of these events names. */
function snapshotsOf(events: readonly Happening[]): (string | null)[] {
  return events.map(({ facts }) => ('restored' in facts ? (facts.restored ?? null) : null));
}

t.test(
  'R19: the event of authentication that a restore has switched names the snapshot, and no later one does',
  async (t) => {
    const watched = new Watched();
    const on: StatusChanges = { service: { authenticationOn: true } };
    const all = (changes: StatusChanges) => {
      for (const number of [1, 2, 3]) watched.scene.reports(number, changes);
      watched.look().wait(10);
    };
    const restored = (snapshot: string) => {
      const { progress } = watched.scene;
      const from = { snapshot, takenAt: 0, sizeBytes: 20_512, sha256: 'ab'.repeat(32) };
      const formation = progress.formation && { ...progress.formation, from };
      watched.scene.progress = { ...progress, formation, formations: progress.formations + 1 };
    };
    all(on);
    t.same(snapshotsOf(watched.told), [null]);
    restored('snapshot0001');
    all({});
    t.same(watched.told.slice(1), [
      { kind: 'authentication-off', facts: { member: 'x-k3s-m-1', restored: 'snapshot0001' } },
    ]);
    all(on);
    t.same(snapshotsOf(watched.told.slice(2)), [null], 'somebody has switched it on since');
    restored('snapshot0002');
    all(on);
    const { stored } = watched;
    all(on);
    t.equal(watched.stored, stored, 'it is stored once');
    all({});
    t.same(snapshotsOf(watched.told.slice(3)), [null], 'it was on after that restore');
    restored('snapshot0003');
    all(on);
    t.match(watched.told.at(-1), {
      kind: 'authentication-on',
      facts: { member: 'x-k3s-m-1', refused: false, restored: 'snapshot0003' },
    });
    t.equal(watched.told.length, 5);
  },
);

t.test('an agent that falls silent does not end etcd’s authentication', async (t) => {
  const watched = new Watched();
  const refused: StatusChanges = { etcd: null, service: { authenticationOn: true, quorumRead: true } };
  for (const number of [1, 2, 3]) watched.scene.reports(number, refused);
  watched.look().wait(300).look();
  t.notOk(watched.kinds.includes('authentication-off'));
});

t.test('the planned restart of a single member takes its quorum, and that is no event', async (t) => {
  const watched = new Watched();
  watched.scene.spec = { ...watched.scene.spec, members: watched.scene.spec.members.slice(0, 1) };
  const [one] = Object.values(watched.scene.progress.members);
  if (one === undefined) throw new Error('it has no member');
  const permit = { id: 'p1', member: 'x-k3s-m-1', issuedAt: watched.scene.now, withdrawnAt: null };
  watched.scene.progress = { ...watched.scene.progress, members: { 'x-k3s-m-1': one }, permit };
  for (const name of ['x-k3s-m-2', 'x-k3s-m-3']) delete watched.scene.nodes[name];
  for (let count = 0; count < 5; count += 1) {
    watched.scene.reports(1, { etcd: null, service: { state: 'stopped' } });
    watched.look().wait(10);
  }
  t.same(watched.told, []);
});

t.test('a node that flaps does not hide that its data is lost', async (t) => {
  const watched = new Watched();
  for (let restarts = 1; restarts <= 60; restarts += 1) watched.wait(20).report(2, { service: { restarts } });
  t.ok(watched.kinds.includes('etcd-restarted'));
  watched.wait(10).report(2, { etcd: null, service: { state: 'lost-data', restarts: 60 } });
  t.equal(watched.kinds.at(-1), 'data-lost');
});

t.test('R18: a node that flaps has a number of events an hour, and one that counts the rest', async (t) => {
  const watched = new Watched();
  const { stored } = watched;
  let restarts = 0;
  for (let count = 0; count < 100; count += 1) {
    restarts += 1;
    watched.wait(10).report(2, { service: { restarts }, agent: { startedAt: `2026-02-02T00:00:${count % 60}Z` } });
  }
  const first = watched.kinds.length;
  t.ok(first <= 31, `${first} events`);
  t.ok(watched.stored - stored <= 31, `${watched.stored - stored} times something was stored`);
  watched.wait(hour).report(2, { service: { restarts } });
  t.match(watched.told.slice(first), [
    { kind: 'more-changes', facts: { name: 'x-k3s-m-2', count: 1 } },
    { kind: 'agent-restarted', facts: { nodeId: 'node2', name: 'x-k3s-m-2' } },
    { kind: 'etcd-restarted', facts: { member: 'x-k3s-m-2', why: null } },
  ]);
  const endings = watched.told.flatMap((event) => (event.kind === 'etcd-restarted' ? [event.facts.times] : []));
  t.ok((endings.at(-1) ?? 0) >= 10, 'the last event tells of many');
  const counted = endings.reduce((sum, times) => sum + times, 0);
  t.equal(counted, restarts, 'no death is lost');
});

t.test('R18: of a client that reports nothing is kept, and of one that was silent nothing after an hour', async (t) => {
  const watched = new Watched();
  const { scene } = watched;
  const clients = () => Object.keys(watched.conditions.nodes).filter((id) => id.startsWith('k3s'));
  scene.clientReports('k3s-1').clientReports('k3s-2');
  watched.look();
  t.same(clients(), []);
  watched.wait(40);
  scene.allReport().clientReports('k3s-2');
  watched.look();
  t.same(clients(), ['k3s-1']);
  scene.clientReports('k3s-1');
  watched.look().wait(hour);
  scene.clientReports('k3s-1').clientReports('k3s-2');
  watched.report(1, { agent: { startedAt: '2026-02-02T00:00:00Z' } });
  t.same(clients(), []);
});

t.test('R18: what is kept of a node ends with its eviction', async (t) => {
  const watched = new Watched().report(3, { service: { restarts: 1 } });
  watched.scene.evicts(3);
  watched.look();
  t.same(Object.keys(watched.conditions.nodes).sort(), ['node1', 'node2']);
});
