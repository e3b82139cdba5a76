import { type FactsOf, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { startsAgent } from '@picket/shared/service-commands.ts';
import t from 'tap';
import { noConditions } from '../../src/model/conditions.ts';
import type { Deletion } from '../../src/model/deletion-progress.ts';
import { authenticationNotices } from '../../src/status/authentication-notices.ts';
import { dataNotices } from '../../src/status/data-notices.ts';
import { headline, type Listener } from '../../src/status/headline.ts';
import { Scene, type StatusChanges } from '../controller/support/situations.ts';

const settled: Listener = { runsFor: 3_600_000, clockWasSet: false, reportEverySeconds: 10, awaited: null };

function situationOf(scene: Scene) {
  const { spec, progress, now } = scene;
  return { spec, progress, now, status: scene.status() };
}

/** What an operator reads first: state, reason, and the next command with the machine to run it on. */
function shown(scene: Scene, listener: Partial<Listener> = {}): readonly [string, Reason, string] {
  const { state, why, next } = headline(situationOf(scene), { ...settled, ...listener }, noConditions);
  const on = next?.on == null ? '' : `${next.on.member} ${next.on.address}: `;
  return [state, why, next === null ? 'nothing' : `${on}${next.command}`];
}

const dead: StatusChanges = { etcd: null, service: { state: 'crashed' } };
const leaderless: StatusChanges = { etcd: { leader: '0', healthy: false, linearizableRead: false, members: null } };

/** Of three voters only this one does not serve. */
function someFail(member: string, facts: Partial<FactsOf<'some_fail'>> = {}): Reason<'some_fail'> {
  const none = { off: [], lost: [], damaged: [], stopped: [] };
  return reason('some_fail', { able: 2, all: 3, quorum: 2, failing: [member], ...none, ...facts });
}

/** Three voters; the silent ones reported last a minute ago. */
function silent(...numbers: readonly number[]): Scene {
  const scene = Scene.formed(3).wait(60);
  for (const number of [1, 2, 3]) if (!numbers.includes(number)) scene.reports(number);
  return scene;
}

t.test('all voters serve: healthy, and nothing to do', async (t) => {
  t.same(shown(Scene.formed(3)), ['healthy', reason('all_serve', { count: 3, late: [] }), 'nothing']);
});

t.test('a voter that missed its report is named, long before it counts as silent', async (t) => {
  const scene = Scene.formed(3).wait(16).reports(1).reports(2);
  const why = reason('all_serve', { count: 3, late: ['x-k3s-m-3'] });
  t.same(shown(scene), ['healthy', why, 'nothing']);
});

t.test('no member has joined: the next command makes a join token', async (t) => {
  t.same(shown(new Scene()), ['forming', reason('not_founded'), 'picket token create x-k3s --uses 3']);
});

t.test('one member is missing: the next command makes a token for this member', async (t) => {
  const scene = new Scene().founded().joins(2);
  t.equal(shown(scene)[2], 'picket token create x-k3s --member x-k3s-m-3');
});

t.test('all have joined, and not all are voters: the next command watches', async (t) => {
  const scene = new Scene().founded().joins(2).joins(3);
  t.same(shown(scene), [
    'forming',
    reason('members_missing', { voters: 1, declared: 3 }),
    'picket status x-k3s --watch',
  ]);
});

t.test(
  'R16: a silent voter puts the cluster at risk, and the next command looks before anything is replaced',
  async (t) => {
    t.same(shown(silent(2)), ['at-risk', someFail('x-k3s-m-2'), 'x-k3s-m-2 192.168.7.12: picket-agent status']);
  },
);

t.test('a machine that was shut down is to be switched on, and no command looks at it', async (t) => {
  const off: StatusChanges = { agent: { stops: 'machine' } };
  const switchOn = someFail('x-k3s-m-2', { off: ['x-k3s-m-2'] });
  t.same(shown(Scene.formed(3).reports(2, off)), ['at-risk', switchOn, 'nothing'], 'at once');
  const two = Scene.formed(3).reports(2, off).wait(60).reports(1, leaderless);
  const [state, why, next] = shown(two);
  t.match([state, next], ['no-quorum', 'x-k3s-m-3 192.168.7.13: picket-agent status'], 'the silent one');
  t.strictSame(why, reason('no_quorum', { able: 0, all: 3, quorum: 2, off: ['x-k3s-m-2'] }));
  const both = Scene.formed(3).reports(2, off).reports(3, off).wait(60).reports(1, leaderless);
  t.match(shown(both), [
    'no-quorum',
    { code: 'no_quorum', facts: { all: 3, quorum: 2, off: ['x-k3s-m-2', 'x-k3s-m-3'] } },
    'nothing',
  ]);
  const stopped = Scene.formed(3)
    .reports(2, { agent: { stops: 'agent' } })
    .wait(36)
    .reports(1)
    .reports(3);
  const start = someFail('x-k3s-m-2', { stopped: ['x-k3s-m-2'] });
  t.same(shown(stopped), ['at-risk', start, `x-k3s-m-2 192.168.7.12: ${startsAgent}`]);
});

t.test(
  'R19: a voter that another hand added is named as that, also if it has the name of one that serves',
  async (t) => {
    const scene = Scene.formed(3);
    const stranger = { ...scene.listed(2, false), id: 'b9', peerUrls: ['https://192.168.7.99:2380'] };
    scene.progress = { ...scene.progress, undeclared: [stranger, { ...stranger, id: 'b8', name: '' }] };
    const strangers = ['x-k3s-m-2 (b9)', 'b8'];
    const fails = { able: 3, all: 5, quorum: 3, failing: strangers, foreign: strangers };
    t.same(shown(scene)[1], reason('some_fail', { ...fails, off: [], lost: [], damaged: [], stopped: [] }));
  },
);

t.test('an etcd that crashed puts the cluster at risk', async (t) => {
  const scene = Scene.formed(3).reports(3, dead);
  t.same(shown(scene), ['at-risk', someFail('x-k3s-m-3'), 'x-k3s-m-3 192.168.7.13: picket-agent status']);
});

t.test('a voter without its data: the headline says so', async (t) => {
  const scene = Scene.formed(3).reports(3, { etcd: null, service: { state: 'lost-data' } });
  t.strictSame(shown(scene)[1], someFail('x-k3s-m-3', { lost: ['x-k3s-m-3'] }));
});

t.test(
  'R16: a voter whose data is beyond help by its own report is to be replaced, with etcd’s words as proof',
  async (t) => {
    const damage = 'walpb: crc mismatch';
    const damaged = { etcd: null, service: { state: 'crashed', damage } } as const;
    const replace = 'picket member replace x-k3s x-k3s-m-3';
    const [, why, next] = shown(Scene.formed(3).reports(3, damaged));
    t.strictSame(why, someFail('x-k3s-m-3', { damaged: [{ member: 'x-k3s-m-3', words: damage }] }));
    t.equal(next, replace);
    const database = {
      etcd: null,
      service: { state: 'crashed', dataDamage: 'failed to open database: invalid' },
    } as const;
    t.match(shown(Scene.formed(3).reports(3, database)), [
      'at-risk',
      { code: 'some_fail', facts: { damaged: [{ words: /database: invalid/ }] } },
      replace,
    ]);
    t.equal(shown(Scene.formed(3).reports(3, { etcd: null, service: { state: 'lost-data' } }))[2], replace);

    const looks = 'x-k3s-m-3 192.168.7.13: picket-agent status';
    const another = { etcd: null, service: { ...damaged.service, incarnation: 'another' } } as const;
    t.equal(shown(Scene.formed(3).reports(3, another))[2], looks, 'of another incarnation');
    t.equal(shown(Scene.formed(3).reports(3, dead))[2], looks, 'a crash proves nothing');
    const leaving = Scene.formed(3).reports(3, damaged).replaces(3).reports(3, damaged);
    t.notMatch(shown(leaving)[2], 'member replace', 'it leaves already');
  },
);

t.test(
  'R3: one that the others need is not to be replaced, and another that may come back is looked at first',
  async (t) => {
    const damaged = { etcd: null, service: { state: 'crashed', damage: 'walpb: crc mismatch' } } as const;
    const five = Scene.formed(5, { members: 5 }).reports(4, damaged).reports(5, dead);
    t.equal(shown(five)[2], 'x-k3s-m-4 192.168.7.14: picket-agent status');
    const two = Scene.formed(3)
      .reports(2, dead)
      .reports(3, damaged)
      .reports(1, { etcd: { ...leaderless.etcd } });
    t.notMatch(shown(two)[2], 'member replace');
    t.match(dataNotices(situationOf(two)), [
      {
        code: 'data_unusable',
        facts: {
          cluster: 'x-k3s',
          member: 'x-k3s-m-3',
          words: 'walpb: crc mismatch',
          obstacle: { code: 'too_few_stay', facts: { others: 2, needed: 2 } },
        },
      },
    ]);
    t.match(dataNotices(situationOf(Scene.formed(3).reports(3, damaged))), [
      { code: 'data_unusable', facts: { cluster: 'x-k3s', member: 'x-k3s-m-3', obstacle: null } },
    ]);
  },
);

t.test('an etcd that serves although its data directory is missing: the cluster is not healthy', async (t) => {
  const scene = Scene.formed(3).reports(3, { service: { dataGone: true } });
  t.same(shown(scene), [
    'at-risk',
    reason('voter_ails', { ailment: reason('of_member', { member: 'x-k3s-m-3', why: reason('runs_without_data') }) }),
    'x-k3s-m-3 192.168.7.13: picket-agent status',
  ]);
});

t.test('a full disk puts the cluster at risk before its etcd ends', async (t) => {
  const scene = Scene.formed(3);
  const node = scene.nodes[scene.name(2)];
  if (!node?.status) throw new Error('it has not reported');
  const machine = { ...node.status.machine, disk: { totalBytes: 8_000_000_000, freeBytes: 4_000_000 } };
  scene.nodes[scene.name(2)] = { ...node, status: { ...node.status, machine } };
  t.same(shown(scene), [
    'at-risk',
    reason('disk_is_full', { member: 'x-k3s-m-2', freeBytes: 4000000 }),
    'x-k3s-m-2 192.168.7.12: df -h /var/lib/picket',
  ]);
});

t.test('of five, one more may fail', async (t) => {
  const scene = Scene.formed(5, { members: 5 }).reports(5, dead);
  t.strictSame(shown(scene)[1], someFail('x-k3s-m-5', { able: 4, all: 5, quorum: 3 }));
});

t.test(
  'R19: two of three are off, and the third sees no leader: no quorum, and a look at one that is off',
  async (t) => {
    const scene = silent(2, 3).reports(1, leaderless);
    t.same(shown(scene), [
      'no-quorum',
      reason('no_quorum', { able: 0, all: 3, quorum: 2, off: [] }),
      'x-k3s-m-2 192.168.7.12: picket-agent status',
    ]);
    scene.reports(3, dead);
    t.equal(shown(scene)[2], 'x-k3s-m-3 192.168.7.13: picket-agent status', 'first one that is ill and reports');
    scene.reports(2, leaderless).reports(3, leaderless);
    t.equal(shown(scene)[2], 'x-k3s-m-1 192.168.7.11: picket-agent status', 'nobody is known to be the cause');
    scene.reports(2, { ...leaderless, service: { etcdVersion: '3.6.16' } });
    t.equal(shown(scene)[2], 'x-k3s-m-2 192.168.7.12: picket-agent status', 'one that could not be started again');
  },
);

/** Two of three have lost their data. */
function majorityGone(): Scene {
  const gone: StatusChanges = { etcd: null, service: { state: 'lost-data' } };
  return Scene.formed(3).reports(2, gone).reports(3, gone);
}

t.test('a majority has lost its data: first the survivor’s data is saved, and then it is restored', async (t) => {
  const scene = majorityGone().reports(1, { etcd: { ...leaderless.etcd, raftAppliedIndex: 20 } });
  const lost = { cluster: 'x-k3s', able: 0, all: 3, quorum: 2 };
  const take = 'picket snapshot take x-k3s --without-quorum';
  const restore = 'picket cluster restore x-k3s --snapshot snapshot0001';
  const save = reason('majority_lost', { ...lost, survivor: 'x-k3s-m-1', rescue: null });
  t.same(shown(scene), ['no-quorum', save, take]);
  const rescue = { id: 'snapshot0001', by: 'x-k3s-m-1', appliedIndex: 20 };
  scene.progress = { ...scene.progress, snapshots: { ...scene.progress.snapshots, rescue } };
  const taken = { id: 'snapshot0001', member: 'x-k3s-m-1' };
  const then = reason('majority_lost', { ...lost, survivor: null, rescue: taken });
  t.same(shown(scene), ['no-quorum', then, restore]);
  t.equal(shown(scene.reports(1, dead))[2], restore, 'although its etcd has ended');
  const more = { etcd: { ...leaderless.etcd, raftAppliedIndex: 21 } };
  t.equal(shown(scene.reports(1, more))[2], take, 'it has applied more since: a quorum has served');
});

t.test('a majority has lost its data, and no etcd answers: the next command lists the snapshots', async (t) => {
  const scene = majorityGone().reports(1, dead);
  const [state, why, next] = shown(scene);
  t.equal(state, 'no-quorum');
  t.match(why, { code: 'majority_lost', facts: { survivor: null, rescue: null } });
  t.equal(next, 'picket snapshot list x-k3s');
});

t.test('nobody reports: nobody can tell, and it is not called a lost quorum', async (t) => {
  const [state, why, next] = shown(silent(1, 2, 3));
  t.equal(state, 'unknown');
  t.strictSame(why, reason('nobody_reports', { off: [] }));
  t.equal(next, 'x-k3s-m-1 192.168.7.11: picket-agent status');
});

t.test('a read that one voter has just answered proves a quorum, although the others are silent', async (t) => {
  const [state, why] = shown(silent(2, 3));
  t.equal(state, 'at-risk');
  t.match(why, { code: 'reads_prove_quorum', facts: { able: 1, all: 3, serving: 'x-k3s-m-1 (0 s ago)' } });
});

t.test(
  'R16: a read of one node proves no quorum against two that have been off for longer than it stays fresh',
  async (t) => {
    const scene = Scene.formed(3);
    const twoAreOff = () => {
      const off = { etcd: null, service: { state: 'crashed' as const } };
      scene.reports(1, off).reports(2, off).reports(3);
    };
    twoAreOff();
    t.equal(shown(scene)[0], 'at-risk');
    for (let count = 0; count < 5; count += 1) {
      scene.wait(10);
      twoAreOff();
    }
    t.equal(shown(scene)[0], 'no-quorum');
  },
);

t.test('a coordinator that has just started says that it listens, and calls no quorum lost', async (t) => {
  const runsFor = 20_000;
  const why = reason('still_listening', {
    unheard: ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'],
    seconds: 75,
    clockWasSet: false,
  });
  t.same(shown(silent(1, 2, 3).startedAgo(20), { runsFor }), ['unknown', why, 'picket status x-k3s --watch']);
});

t.test('while it listens, a quorum that reports is not called unknown', async (t) => {
  const [state, why] = shown(silent(3).startedAgo(20), { runsFor: 20_000 });
  t.equal(state, 'at-risk');
  t.strictSame(why, reason('still_listening', { unheard: ['x-k3s-m-3'], seconds: 75, clockWasSet: false }));
});

t.test(
  'all boards were shut down: the headline says which to switch on, and no read of before proves a quorum',
  async (t) => {
    const scene = Scene.formed(3);
    for (const number of [1, 2, 3]) scene.reports(number, { agent: { stops: 'machine' } });
    t.same(shown(scene).slice(0, 2), [
      'unknown',
      reason('nobody_reports', { off: ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'] }),
    ]);
  },
);

t.test('the only node that joined does not report: the next command looks at it', async (t) => {
  const scene = new Scene({ members: 1 }).joins(1).wait(3600);
  t.equal(shown(scene)[2], 'x-k3s-m-1 192.168.7.11: picket-agent status');
});

t.test('a voter that is no longer declared: no command names another machine', async (t) => {
  const scene = Scene.formed(3).reports(3, dead);
  scene.spec = { ...scene.spec, members: scene.spec.members.slice(0, 2) };
  t.notMatch(shown(scene)[2], 'x-k3s-m-1');
});

t.test('a voter that reported since the start and fell silent is not waited for', async (t) => {
  const scene = Scene.formed(3).wait(60).reports(1).reports(2);
  t.equal(shown(scene, { runsFor: 61_000 })[0], 'at-risk');
});

t.test('a full database: etcd takes no writes, although a quorum serves', async (t) => {
  const scene = Scene.formed(3);
  for (const number of [1, 2, 3]) scene.reports(number, { etcd: { alarms: ['NOSPACE on a2'] } });
  t.same(shown(scene), ['read-only', reason('takes_no_writes'), 'picket status x-k3s --watch']);
});

/** Three voters report the alarm CORRUPT, and these hashes of their keys. */
function compared(alarm: string, ...hashes: readonly (string | null)[]): Scene {
  const scene = Scene.formed(3);
  const raised = { etcd: { alarms: [alarm], healthy: false, revision: 40 } };
  const tell = (change: (number: number) => StatusChanges = () => ({})) => {
    for (const number of [1, 2, 3]) scene.reports(number, { ...raised, ...change(number) });
    if (hashes.length > 0) scene.settle();
  };
  tell();
  if (hashes.length === 0) return scene;
  const id = scene.progress.corruption.comparing?.id ?? '';
  tell((number) => {
    const hash = hashes[number - 1];
    return hash == null
      ? { lastMaintenance: { id, outcome: 'failed', reason: reason('begun_too_late') } }
      : { lastMaintenance: { id, outcome: 'done', reason: null, hash: { hash, revision: 40, compactRevision: 30 } } };
  });
  return scene;
}

for (const [what, scene, why, next] of [
  [
    'etcd names a member',
    compared('CORRUPT on a2'),
    reason('data_disagrees', { members: ['x-k3s-m-2'] }),
    'picket status x-k3s --watch',
  ],
  [
    'etcd names nobody',
    compared('CORRUPT on 0'),
    reason('data_disagrees', { members: [] }),
    'picket status x-k3s --watch',
  ],
  [
    'one differs, which is not the one that etcd names',
    compared('CORRUPT on a2', 'aaaaaaaa', 'aaaaaaaa', 'bbbbbbbb'),
    reason('data_named', { agreeing: ['x-k3s-m-1', 'x-k3s-m-2'], differing: ['x-k3s-m-3'], revision: 40 }),
    'picket member replace x-k3s x-k3s-m-3',
  ],
  [
    'each differs',
    compared('CORRUPT on 0', 'aaaaaaaa', 'bbbbbbbb', 'cccccccc'),
    reason('data_undecided', { revision: 40, agreeing: [], unheard: [] }),
    'picket snapshot list x-k3s',
  ],
  [
    'one has no hash',
    compared('CORRUPT on 0', 'aaaaaaaa', null, 'aaaaaaaa'),
    reason('data_undecided', { revision: 40, agreeing: ['x-k3s-m-1', 'x-k3s-m-3'], unheard: ['x-k3s-m-2'] }),
    'x-k3s-m-2 192.168.7.12: picket-agent status',
  ],
  [
    'all agree',
    compared('CORRUPT on 0', 'aaaaaaaa', 'aaaaaaaa', 'aaaaaaaa'),
    reason('data_agrees', { revision: 40, isDisarmed: false }),
    'x-k3s-m-1 192.168.7.11: etcdctl alarm disarm',
  ],
] as const) {
  t.test(`R16: CORRUPT: ${what}`, async (t) => {
    t.same(shown(scene), ['read-only', why, next]);
  });
}

t.test('CORRUPT: a member whose data differs, and that leaves already, needs no further command', async (t) => {
  const scene = compared('CORRUPT on 0', 'aaaaaaaa', 'aaaaaaaa', 'bbbbbbbb');
  scene.replaces(3);
  t.equal(shown(scene)[2], 'picket status x-k3s --watch');
});

t.test('etcd’s authentication is named as the cause, not a failure of the voters', async (t) => {
  const refused: StatusChanges = {
    etcd: null,
    service: { state: 'running', authenticationOn: true, quorumRead: true },
  };
  const scene = Scene.formed(3).reports(1, refused).reports(2, refused).reports(3, refused);
  t.same(shown(scene), [
    'at-risk',
    reason('authentication_is_on', { members: ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'] }),
    'x-k3s-m-1 192.168.7.11: etcdctl --user root user add picket-agent --no-password; etcdctl --user root user grant-role picket-agent root',
  ]);
  const why = reason('authentication_on', { why: reason('etcdctl_missing') });
  const missing = { ...refused, service: { ...refused.service, reason: why } };
  t.equal(shown(scene.reports(1, missing))[2], 'x-k3s-m-1 192.168.7.11: picket-agent status', 'another cause');
});

t.test('R18: a voter that reports the reason without its facts does not stop the status of its cluster', async (t) => {
  for (const facts of [{}, { why: null }, { why: 5 }]) {
    const service = { state: 'running', authenticationOn: true, reason: { code: 'authentication_on', facts } } as const;
    const [state, , next] = shown(Scene.formed(3).reports(1, { etcd: null, service }));
    t.equal(state, 'at-risk');
    t.match(next, /^x-k3s-m-1 192\.168\.7\.11: /);
  }
});

t.test('with etcd’s authentication on and Picket let in, the cluster is healthy, and a notice says that', async (t) => {
  const admitted: StatusChanges = { service: { authenticationOn: true } };
  const scene = Scene.formed(3).reports(1, admitted).reports(2, admitted).reports(3, admitted);
  t.equal(shown(scene)[0], 'healthy');
  t.same(
    authenticationNotices(situationOf(scene)).map(({ code }) => code),
    ['authentication_admits'],
  );
  const named = { authenticationOn: true, usersLikeServers: ['etcd x-k3s-m-2', 'etcd no-member'] } as const;
  scene.reports(1, { service: { ...named, usersLikeServers: [...named.usersLikeServers] } });
  t.match(authenticationNotices(situationOf(scene))[1], {
    code: 'user_named_like_server',
    facts: { user: 'etcd x-k3s-m-2' },
  });
  t.equal(authenticationNotices(situationOf(scene)).length, 2);
  t.same(authenticationNotices(situationOf(Scene.formed(3))), []);
});

t.test('R3: a voter that nobody declared counts for the quorum', async (t) => {
  const scene = Scene.formed(3);
  scene.etcd = [
    ...scene.etcd,
    { id: 'b9', name: 'stranger', peerUrls: ['https://192.168.7.99:2380'], clientUrls: [], isLearner: false },
  ];
  scene.index += 1;
  scene.allReport().settle();
  const why = someFail('stranger (b9)', { able: 3, all: 4, quorum: 3, foreign: ['stranger (b9)'] });
  t.same(shown(scene), ['at-risk', why, 'x-k3s-m-1 192.168.7.11: etcdctl member list -w table']);
});

t.test('a frozen cluster: the next command ends that, or is refused with what is left to do', async (t) => {
  const scene = Scene.formed(3);
  scene.take({ kind: 'freeze', reason: reason('just_started') });
  const [state, why, next] = shown(scene);
  t.equal(state, 'frozen');
  t.strictSame(why, reason('stays_frozen', { why: reason('just_started'), isBehind: false, besides: null }));
  t.equal(next, 'picket cluster unfreeze x-k3s');
});

t.test('a frozen cluster without a quorum says both', async (t) => {
  const scene = silent(2, 3)
    .reports(1, leaderless)
    .take({ kind: 'freeze', reason: reason('just_started') });
  const [state, why] = shown(scene);
  t.equal(state, 'frozen');
  t.match(why, {
    code: 'stays_frozen',
    facts: { why: { code: 'just_started' }, besides: { code: 'no_quorum', facts: { able: 0, all: 3 } } },
  });
});

t.test('R5: where a seal proves that the store is behind, no command of picket is next', async (t) => {
  const scene = Scene.formed(3);
  const by = { nodeId: 'node2', inventory: 'inventory1', epoch: null, generation: 12 };
  const cause = reason('follows_later_generation', { member: 'x-k3s-m-2', generation: 12, published: 10 });
  scene.take({ kind: 'freeze', reason: cause, by });
  const [state, why, next] = shown(scene);
  t.equal(state, 'frozen');
  t.match(why, { code: 'stays_frozen', facts: { why: cause, isBehind: true } });
  t.equal(next, 'nothing');
});

t.test('the next command looks on no machine that an operator said is lost', async (t) => {
  const scene = silent(3).declaredLost(3).evicts(3);
  t.match(shown(scene), [
    'at-risk',
    { code: 'some_fail', facts: { failing: ['x-k3s-m-3'] } },
    'picket token create x-k3s --member x-k3s-m-3',
  ]);
  scene.joins(3);
  t.equal(shown(scene)[2], 'picket status x-k3s --watch', 'another machine waits to enter');
  const both = silent(2, 3).declaredLost(3).evicts(3);
  t.equal(shown(both)[2], 'x-k3s-m-2 192.168.7.12: picket-agent status', 'but on one that is only silent');
});

t.test('R14: after its clock was set, the coordinator does not say that it has started', async (t) => {
  const scene = silent(3).reports(3);
  scene.wait(40).reports(1).reports(2).startedAgo(30);
  for (const clockWasSet of [false, true]) {
    const listens = reason('still_listening', { unheard: ['x-k3s-m-3'], seconds: 65, clockWasSet });
    t.strictSame(shown(scene, { runsFor: 30_000, clockWasSet })[1], listens);
  }
});

t.test('R5: after a restore of the coordinator, the next command re-adopts a node', async (t) => {
  const scene = Scene.formed(3).take({ kind: 'freeze', reason: reason('just_started') });
  t.equal(shown(scene, { awaited: 'node2' })[2], 'picket node readopt node2');
});

t.test('R3: a compromised voter is named until it has left etcd', async (t) => {
  const scene = Scene.formed(3).compromised(3);
  const asked = reason('compromised_votes', { member: 'x-k3s-m-3', obstacle: null });
  t.same(shown(scene), ['at-risk', asked, 'picket status x-k3s --watch']);
  t.same(shown(scene, { runsFor: 1000 }), ['at-risk', asked, 'picket status x-k3s --watch'], 'also after a start');
  scene.settle();
  scene.etcdRemoves('a3').reports(1).reports(2);
  scene.settle();
  t.same(shown(scene), [
    'forming',
    reason('members_missing', { voters: 2, declared: 3 }),
    'picket token create x-k3s --member x-k3s-m-3',
  ]);
});

t.test('R3: if it must not leave yet, the headline says why, and the next command looks at the others', async (t) => {
  const [state, why, next] = shown(silent(2).compromised(3));
  t.equal(state, 'at-risk');
  t.match(why, {
    code: 'compromised_votes',
    facts: { obstacle: { code: 'too_few_stay', facts: { others: 2, needed: 2 } } },
  });
  t.equal(next, 'x-k3s-m-2 192.168.7.12: picket-agent status');
});

t.test(
  'R3: the only voter cannot leave, and the headline says how the cluster goes on without its machine',
  async (t) => {
    const one = Scene.formed(1, { members: 1 }).compromised(1);
    const [state, why, next] = shown(one);
    t.equal(state, 'unknown');
    t.match(why, { code: 'compromised_alone', facts: { cluster: 'x-k3s', member: 'x-k3s-m-1' } });
    t.equal(next, 'picket snapshot list x-k3s');
  },
);

t.test('a member that is held is not to be repaired: status says who holds it, until when, and why', async (t) => {
  const order = { member: 'x-k3s-m-3', by: 'operator ada', why: 'kernel update', seconds: 1800, stop: true } as const;
  const held = () =>
    Scene.formed(3)
      .take({ kind: 'grant-hold', ...order })
      .take({ kind: 'open-hold', member: 'x-k3s-m-3', by: 'operator ada', until: '' });
  t.equal(shown(held())[0], 'healthy', 'it serves until its machine is rebooted');
  const watch = 'picket status x-k3s --watch';
  for (const changes of [dead, { agent: { stops: 'machine' } } as const])
    t.match(shown(held().reports(3, changes)), [
      'at-risk',
      { code: 'held_fails', facts: { able: 2, all: 3, quorum: 2, cluster: 'x-k3s', member: 'x-k3s-m-3' } },
      watch,
    ]);
  t.match(shown(held().reports(3, dead))[1], {
    code: 'held_fails',
    facts: { able: 2, quorum: 2, why: /^kernel update$/ },
  });
  const [state, , next] = shown(held().reports(3, dead).reports(2, dead));
  t.same([state, next], ['at-risk', 'x-k3s-m-2 192.168.7.12: picket-agent status'], 'the other one is looked at');
});

t.test(
  'R16: in the first seconds without a quorum, status names those that are silent, not the survivor',
  async (t) => {
    const scene = Scene.formed(3).wait(6).reports(1, leaderless);
    const why = reason('quorum_in_doubt', {
      able: 0,
      all: 3,
      quorum: 2,
      leaderless: ['x-k3s-m-1'],
      silent: ['x-k3s-m-2', 'x-k3s-m-3'],
      off: [],
    });
    const looks = 'x-k3s-m-2 192.168.7.12: picket-agent status';
    t.same(shown(scene), ['at-risk', why, looks]);
    t.same(shown(scene.wait(10).reports(1, leaderless)), ['at-risk', why, looks], 'also later');
    scene.reports(2, { agent: { stops: 'machine' } });
    t.equal(shown(scene)[2], 'x-k3s-m-3 192.168.7.13: picket-agent status', 'and not one that was shut down');
    t.match(shown(scene)[1], {
      code: 'reads_prove_quorum',
      facts: { able: 1, all: 3, serving: 'x-k3s-m-3 (16 s ago)', off: ['x-k3s-m-2'] },
    });
    const noReads = { etcd: { healthy: false, linearizableRead: false } };
    const slow = Scene.formed(3).wait(6).reports(1, noReads);
    t.match(shown(slow)[2], /^x-k3s-m-1/, 'it may only be slow');
    t.same(shown(slow.wait(13).reports(1, noReads)), ['at-risk', why, looks], 'a leader without reads');
    const alone = Scene.formed(3).wait(6).reports(1, leaderless).wait(2).reports(2).reports(3);
    t.strictSame(shown(alone)[1], someFail('x-k3s-m-1'), 'the others served after that');
    const one = Scene.formed(3).wait(6).reports(1, leaderless).wait(2).reports(2);
    const doubt = { leaderless: ['x-k3s-m-1'], silent: ['x-k3s-m-3'], off: [] };
    t.strictSame(shown(one)[1], reason('quorum_in_doubt', { able: 1, all: 3, quorum: 2, ...doubt }));
  },
);

t.test('R19: without a quorum, nobody is sent to a survivor that has only just ceased to serve reads', async (t) => {
  const scene = Scene.formed(3)
    .wait(3600)
    .reports(2, { etcd: { healthy: false, linearizableRead: false } });
  const [state, , next] = shown(scene);
  t.same([state, next], ['no-quorum', 'x-k3s-m-1 192.168.7.11: picket-agent status']);
});

t.test('R16: in a rescue, an evicted machine runs again: first a snapshot, and no new machine joins', async (t) => {
  const scene = silent(2, 3).reports(1, leaderless);
  scene.declaredLost(2).evicts(2).declaredLost(3).evicts(3);
  t.equal(shown(scene)[0], 'no-quorum');
  scene.wait(20);
  scene.reports(1, { healthySince: scene.now });
  const take = 'picket snapshot take x-k3s';
  const why = reason('lost_one_serves', {
    cluster: 'x-k3s',
    able: 1,
    all: 3,
    serving: 'x-k3s-m-1 (0 s ago)',
    lost: ['x-k3s-m-2', 'x-k3s-m-3'],
  });
  t.same(shown(scene), ['at-risk', why, take]);
  const takes = (takenAt: number) => {
    const last = { id: 'snapshot0001', takenAt, by: 'x-k3s-m-1' };
    scene.progress = { ...scene.progress, snapshots: { ...scene.progress.snapshots, last } };
  };
  takes(scene.now - 1);
  t.equal(shown(scene)[2], take, 'an older snapshot is not enough');
  takes(scene.now);
  t.same(shown(scene), ['at-risk', why, 'picket status x-k3s --watch']);
  const one = silent(3).declaredLost(3).evicts(3).wait(5).reports(2, dead).reports(1);
  t.match(shown(one)[1], { code: 'reads_prove_quorum' }, 'one lost of three is no proof that it runs');
});

t.test('while members leave, the cluster is not called healthy', async (t) => {
  const five = Scene.formed(5, { members: 5 });
  five.spec = { ...five.spec, members: five.spec.members.slice(0, 3) };
  const watch = 'picket status x-k3s --watch';
  t.same(shown(five), [
    'forming',
    reason('members_leave', { voters: 5, declared: 3, leaving: ['x-k3s-m-4', 'x-k3s-m-5'], replaced: [] }),
    watch,
  ]);
  const replaced = Scene.formed(3).replaces(2);
  t.same(shown(replaced), [
    'forming',
    reason('members_leave', { voters: 3, declared: 3, leaving: [], replaced: ['x-k3s-m-2'] }),
    watch,
  ]);
  const exchanged = Scene.formed(3);
  const [, ...stay] = exchanged.spec.members;
  exchanged.spec = { ...exchanged.spec, members: [...stay, { name: 'x-k3s-m-4', address: '192.168.7.14' }] };
  const token = 'picket token create x-k3s --member x-k3s-m-4';
  t.same(shown(exchanged), [
    'forming',
    reason('members_change', { voters: 3, declared: 3, coming: ['x-k3s-m-4'], leaving: ['x-k3s-m-1'] }),
    token,
  ]);
});

t.test('the status of a deletion names the last snapshot', async (t) => {
  const scene = Scene.formed(3);
  const order = { by: 'operator ada', name: 'x-k3s', filedAs: 'x-k3s-deleted-ab12cd34', wantsSnapshot: true } as const;
  const deletion = (changes: Partial<Deletion>) => {
    const whole: Deletion = { ...order, before: null, force: false, ended: null, freed: false, ...changes };
    scene.progress = { ...scene.progress, deletion: whole };
    return shown(scene)[1];
  };
  t.match(deletion({}), { code: 'takes_last_snapshot' });
  const ended = { snapshot: 'snapshot0001' };
  t.match(deletion({ ended }), { code: 'being_deleted', facts: { snapshot: 'snapshot0001' } });
  t.match(deletion({ ended, freed: true }), { code: 'was_deleted', facts: { snapshot: 'snapshot0001' } });
  t.match(
    deletion({ ended: { snapshot: null } }),
    { code: 'being_deleted', facts: { snapshot: null } },
    'there is none',
  );
});

t.test('R19: after a start no deletion is to be forced before the nodes could report', async (t) => {
  const scene = silent(1, 2, 3);
  const order = { by: 'operator ada', name: 'x-k3s', filedAs: 'x-k3s-deleted-ab12cd34', wantsSnapshot: true } as const;
  const deletion = { ...order, before: null, force: false, ended: { snapshot: null }, freed: false };
  scene.progress = { ...scene.progress, deletion };
  const all = ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'];
  const unconfirmed = reason('being_deleted', { by: 'operator ada', stopping: [], silent: all, snapshot: null });
  t.same(shown(scene), ['deleting', unconfirmed, 'picket cluster delete x-k3s --force']);
  scene.startedAgo(20);
  t.match(shown(scene), [
    'deleting',
    { code: 'being_deleted', facts: { stopping: all } },
    'picket status x-k3s --watch',
  ]);
});

const diskless = { id: 'alpine', release: '3.23', inMemory: true, ownBinary: false } as const;
const packageOf3_5 =
  "sed -nE 's,^([^@#]+)/(v[0-9.]+|edge|latest-stable)[/ ](.* )?community.*,@etcd35 \\1/v3.22/community,p' /etc/apk/repositories >>/etc/apk/repositories && " +
  "apk add -U 'etcd@etcd35~3.5' 'etcd-ctl@etcd35~3.5' && lbu commit";

t.test(
  'R17: a package has moved while etcd runs: the next command puts it back, on the first of these machines',
  async (t) => {
    const moved: StatusChanges = { service: { etcdVersion: '3.6.11' }, machine: { system: diskless } };
    const scene = Scene.formed(3).reports(2, moved).reports(3, moved);
    const facts = { moved: ['x-k3s-m-2', 'x-k3s-m-3'], installed: '3.6.11', minor: '3.5' };
    const why = reason('serve_not_restartable', { count: 3, late: [], ...facts });
    t.same(shown(scene), ['healthy', why, `x-k3s-m-2 192.168.7.12: ${packageOf3_5}`]);
  },
);

t.test('R17: a voter is down because its package has moved: the next command puts it back', async (t) => {
  const held: StatusChanges = {
    etcd: null,
    service: { state: 'held-back', etcdVersion: '3.6.11' },
    machine: { system: diskless },
  };
  const scene = Scene.formed(3).reports(1).reports(2).reports(3, held);
  const [state, , next] = shown(scene);
  t.same([state, next], ['at-risk', `x-k3s-m-3 192.168.7.13: ${packageOf3_5}`]);
});

t.test('R17: where no package has the version, the next command looks at the machine', async (t) => {
  const machine = { system: { ...diskless, id: 'other' } } as const;
  const scene = Scene.formed(3).reports(2, { service: { etcdVersion: '3.6.11' }, machine });
  t.equal(shown(scene)[2], 'x-k3s-m-2 192.168.7.12: picket-agent status');
});
