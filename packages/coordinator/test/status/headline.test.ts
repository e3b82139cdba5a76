import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { startsAgent } from '@picket/shared/service-commands.ts';
import t from 'tap';
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

/** What an operator reads first: state, sentence, and the next command with the machine to run it on. */
function shown(scene: Scene, listener: Partial<Listener> = {}): string[] {
  const { state, why, next } = headline(situationOf(scene), { ...settled, ...listener });
  const on = next?.on == null ? '' : `${next.on.member} ${next.on.address}: `;
  return [state, inWords(why), next === null ? 'nothing' : `${on}${next.command}`];
}

const dead: StatusChanges = { etcd: null, service: { state: 'crashed' } };
const leaderless: StatusChanges = { etcd: { leader: '0', healthy: false, linearizableRead: false, members: null } };

/** Three voters; the silent ones reported last a minute ago. */
function silent(...numbers: readonly number[]): Scene {
  const scene = Scene.formed(3).wait(60);
  for (const number of [1, 2, 3]) if (!numbers.includes(number)) scene.reports(number);
  return scene;
}

t.test('all voters serve: healthy, and nothing to do', async (t) => {
  t.same(shown(Scene.formed(3)), ['healthy', 'All 3 voters serve.', 'nothing']);
});

t.test('a voter that missed its report is named, long before it counts as silent', async (t) => {
  const scene = Scene.formed(3).wait(16).reports(1).reports(2);
  const sentence = 'All 3 voters serve by their last reports; the next report of x-k3s-m-3 is late.';
  t.same(shown(scene), ['healthy', sentence, 'nothing']);
});

t.test('no member has joined: the next command makes a join token', async (t) => {
  t.same(shown(new Scene()), [
    'forming',
    'No member has founded the cluster yet.',
    'picket token create x-k3s --uses 3',
  ]);
});

t.test('one member is missing: the next command makes a token for this member', async (t) => {
  const scene = new Scene().founded().joins(2);
  t.equal(shown(scene)[2], 'picket token create x-k3s --member x-k3s-m-3');
});

t.test('all have joined, and not all are voters: the next command watches', async (t) => {
  const scene = new Scene().founded().joins(2).joins(3);
  t.same(shown(scene), ['forming', 'Voters: 1 of 3 declared members.', 'picket status x-k3s --watch']);
});

t.test(
  'R16: a silent voter puts the cluster at risk, and the next command looks before anything is replaced',
  async (t) => {
    const sentence = '2 of 3 voters are known to serve, not x-k3s-m-2. If one more fails, etcd takes no writes.';
    t.same(shown(silent(2)), ['at-risk', sentence, 'x-k3s-m-2 192.168.7.12: picket-agent status']);
  },
);

t.test('a machine that was shut down is to be switched on, and no command looks at it', async (t) => {
  const off: StatusChanges = { agent: { stops: 'machine' } };
  const sentence = '2 of 3 voters are known to serve, not x-k3s-m-2. If one more fails, etcd takes no writes.';
  const switchOn = 'Switch on x-k3s-m-2: it was shut down.';
  t.same(shown(Scene.formed(3).reports(2, off)), ['at-risk', `${sentence} ${switchOn}`, 'nothing'], 'at once');
  const two = Scene.formed(3).reports(2, off).wait(60).reports(1, leaderless);
  const [state, why, next] = shown(two);
  t.match([state, next], ['no-quorum', 'x-k3s-m-3 192.168.7.13: picket-agent status'], 'the silent one');
  t.match(why, switchOn);
  const both = Scene.formed(3).reports(2, off).reports(3, off).wait(60).reports(1, leaderless);
  t.match(shown(both), ['no-quorum', /Switch on x-k3s-m-2, x-k3s-m-3: they were shut down\./, 'nothing']);
  const stopped = Scene.formed(3)
    .reports(2, { agent: { stops: 'agent' } })
    .wait(36)
    .reports(1)
    .reports(3);
  const start = 'The agent of x-k3s-m-2 was stopped: start it.';
  t.same(shown(stopped), ['at-risk', `${sentence} ${start}`, `x-k3s-m-2 192.168.7.12: ${startsAgent}`]);
});

t.test('an etcd that crashed puts the cluster at risk', async (t) => {
  const scene = Scene.formed(3).reports(3, dead);
  const sentence = '2 of 3 voters are known to serve, not x-k3s-m-3. If one more fails, etcd takes no writes.';
  t.same(shown(scene), ['at-risk', sentence, 'x-k3s-m-3 192.168.7.13: picket-agent status']);
});

t.test('a voter without its data: the headline says so', async (t) => {
  const scene = Scene.formed(3).reports(3, { etcd: null, service: { state: 'lost-data' } });
  const ways = 'The data of x-k3s-m-3 is gone: mount the disk if it is not mounted, otherwise replace the member.';
  t.match(shown(scene)[1], new RegExp(`takes no writes\\. ${ways.replaceAll('.', '\\.')}$`));
});

t.test(
  'R16: a voter whose data is beyond help by its own report is to be replaced, with etcd’s words as proof',
  async (t) => {
    const damage = 'walpb: crc mismatch';
    const damaged = { etcd: null, service: { state: 'crashed', damage } } as const;
    const replace = 'picket member replace x-k3s x-k3s-m-3';
    const [, sentence, next] = shown(Scene.formed(3).reports(3, damaged));
    t.match(
      sentence,
      /takes no writes\. etcd cannot use the data of x-k3s-m-3 \("walpb: crc mismatch"\): replace the member\.$/,
    );
    t.equal(next, replace);
    const database = {
      etcd: null,
      service: { state: 'crashed', dataDamage: 'failed to open database: invalid' },
    } as const;
    t.match(shown(Scene.formed(3).reports(3, database)), ['at-risk', /database: invalid/, replace]);
    t.equal(shown(Scene.formed(3).reports(3, { etcd: null, service: { state: 'lost-data' } }))[2], replace);

    const looks = 'x-k3s-m-3 192.168.7.13: picket-agent status';
    const another = { etcd: null, service: { ...damaged.service, incarnation: 'another' } } as const;
    t.equal(shown(Scene.formed(3).reports(3, another))[2], looks, 'of another life');
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
    t.match(
      dataNotices(situationOf(two)).map((one) => inWords(one)),
      [
        /^The etcd of x-k3s-m-3 cannot use its data: "walpb: crc mismatch".* cannot be replaced now: of the 2 voters that would/,
      ],
    );
    t.match(
      dataNotices(situationOf(Scene.formed(3).reports(3, damaged))).map((one) => inWords(one)),
      [/Replace the member: `picket member replace x-k3s x-k3s-m-3`\.$/],
    );
  },
);

t.test('an etcd that serves although its data directory is missing: the cluster is not healthy', async (t) => {
  const scene = Scene.formed(3).reports(3, { service: { dataGone: true } });
  t.same(shown(scene), [
    'at-risk',
    'x-k3s-m-3: its data directory is missing, so its etcd cannot start again.',
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
    'The disk of x-k3s-m-2 is full (4.0 MB free): its etcd ends when its log needs more room.',
    'x-k3s-m-2 192.168.7.12: df -h /var/lib/picket',
  ]);
});

t.test('of five, one more may fail', async (t) => {
  const scene = Scene.formed(5, { members: 5 }).reports(5, dead);
  t.equal(
    shown(scene)[1],
    '4 of 5 voters are known to serve, not x-k3s-m-5. 1 more can fail before etcd takes no writes.',
  );
});

t.test(
  'R19: two of three are off, and the third sees no leader: no quorum, and a look at one that is off',
  async (t) => {
    const scene = silent(2, 3).reports(1, leaderless);
    t.same(shown(scene), [
      'no-quorum',
      '0 of 3 voters are known to serve. With fewer than 2, etcd takes no writes. A member that is unreachable or down may still have its data: bring it back.',
      'x-k3s-m-2 192.168.7.12: picket-agent status',
    ]);
    scene.reports(3, dead);
    t.equal(shown(scene)[2], 'x-k3s-m-3 192.168.7.13: picket-agent status', 'first one that is ill and reports');
    scene.reports(2, leaderless).reports(3, leaderless);
    t.equal(shown(scene)[2], 'x-k3s-m-1 192.168.7.11: picket-agent status', 'nobody is known to be the cause');
  },
);

/** Two of three have lost their data. */
function majorityGone(): Scene {
  const gone: StatusChanges = { etcd: null, service: { state: 'lost-data' } };
  return Scene.formed(3).reports(2, gone).reports(3, gone);
}

t.test('a majority has lost its data: first the survivor’s data is saved, and then it is restored', async (t) => {
  const scene = majorityGone().reports(1, { etcd: { ...leaderless.etcd, raftAppliedIndex: 20 } });
  const lost =
    '0 of 3 voters are known to serve. With fewer than 2, etcd takes no writes. A majority has lost its data';
  const take = 'picket snapshot take x-k3s --without-quorum';
  const restore = 'picket cluster restore x-k3s --snapshot snapshot0001';
  const save =
    `${lost}, and x-k3s-m-1 still has data: do not stop or restart its etcd. ` +
    `Take a snapshot from it with \`${take}\`, and restore that snapshot. What it lacks is lost.`;
  t.same(shown(scene), ['no-quorum', save, take]);
  const rescue = { id: 'snapshot0001', by: 'x-k3s-m-1', appliedIndex: 20 };
  scene.progress = { ...scene.progress, snapshots: { ...scene.progress.snapshots, rescue } };
  const then = `${lost}, and the snapshot snapshot0001 was taken from x-k3s-m-1 without a quorum: restore it with \`${restore}\`. What it lacks is lost.`;
  t.same(shown(scene), ['no-quorum', then, restore]);
  t.equal(shown(scene.reports(1, dead))[2], restore, 'although its etcd has ended');
  const more = { etcd: { ...leaderless.etcd, raftAppliedIndex: 21 } };
  t.equal(shown(scene.reports(1, more))[2], take, 'it has applied more since: a quorum has served');
});

t.test('a majority has lost its data, and no etcd answers: the next command lists the snapshots', async (t) => {
  const scene = majorityGone().reports(1, dead);
  const [state, sentence, next] = shown(scene);
  t.equal(state, 'no-quorum');
  t.match(sentence, /A majority has lost its data: restore a snapshot/);
  t.equal(next, 'picket snapshot list x-k3s');
});

t.test('nobody reports: nobody can tell, and it is not called a lost quorum', async (t) => {
  const [state, sentence, next] = shown(silent(1, 2, 3));
  t.equal(state, 'unknown');
  t.match(sentence, /^No agent reports\. If the nodes are on, the coordinator is unreachable/);
  t.equal(next, 'x-k3s-m-1 192.168.7.11: picket-agent status');
});

t.test('a read that one voter has just answered proves a quorum, although the others are silent', async (t) => {
  const [state, sentence] = shown(silent(2, 3));
  t.equal(state, 'at-risk');
  t.match(sentence, /the etcd of x-k3s-m-1 \(0 s ago\) answered a linearizable read, so a quorum served/);
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
  const sentence =
    'This coordinator has just started, and x-k3s-m-1, x-k3s-m-2, x-k3s-m-3 have not reported yet. Wait up to 75 s.';
  t.same(shown(silent(1, 2, 3).startedAgo(20), { runsFor }), ['unknown', sentence, 'picket status x-k3s --watch']);
});

t.test('while it listens, a quorum that reports is not called unknown', async (t) => {
  const [state, sentence] = shown(silent(3).startedAgo(20), { runsFor: 20_000 });
  t.equal(state, 'at-risk');
  t.match(sentence, /^This coordinator has just started, and x-k3s-m-3 has not reported yet\./);
});

t.test(
  'all boards were shut down: the headline says which to switch on, and no read of before proves a quorum',
  async (t) => {
    const scene = Scene.formed(3);
    for (const number of [1, 2, 3]) scene.reports(number, { agent: { stops: 'machine' } });
    t.same(shown(scene).slice(0, 2), [
      'unknown',
      'No agent reports. Switch on x-k3s-m-1, x-k3s-m-2, x-k3s-m-3: they were shut down.',
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
  t.same(shown(scene), [
    'read-only',
    'The database is full (NOSPACE): etcd takes no writes except deletions.',
    'picket status x-k3s --watch',
  ]);
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

const takesNone = 'etcd has raised CORRUPT and takes no writes, and';
for (const [what, scene, why, next] of [
  [
    'etcd names a member',
    compared('CORRUPT on a2'),
    'etcd has found that the data of x-k3s-m-2 differs from the data of the other members (CORRUPT), and takes no writes. Picket compares the data of the voters.',
    'picket status x-k3s --watch',
  ],
  [
    'etcd names nobody',
    compared('CORRUPT on 0'),
    'etcd has found that the data of a member differs from the data of the other members (CORRUPT), and takes no writes. Picket compares the data of the voters.',
    'picket status x-k3s --watch',
  ],
  [
    'one differs, which is not the one that etcd names',
    compared('CORRUPT on a2', 'aaaaaaaa', 'aaaaaaaa', 'bbbbbbbb'),
    'The data of x-k3s-m-3 differs from the data of x-k3s-m-1, x-k3s-m-2, which agree at revision 40. Until CORRUPT is disarmed, etcd takes no writes.',
    'picket member replace x-k3s x-k3s-m-3',
  ],
  [
    'each differs',
    compared('CORRUPT on 0', 'aaaaaaaa', 'bbbbbbbb', 'cccccccc'),
    `${takesNone} it is not proven whose data differs. At revision 40 no majority of all voters has the same data.`,
    'picket snapshot list x-k3s',
  ],
  [
    'one has no hash',
    compared('CORRUPT on 0', 'aaaaaaaa', null, 'aaaaaaaa'),
    `${takesNone} it is not proven whose data differs. At revision 40 x-k3s-m-1, x-k3s-m-3 have the same data, and no hash came from x-k3s-m-2.`,
    'x-k3s-m-2 192.168.7.12: picket-agent status',
  ],
  [
    'all agree',
    compared('CORRUPT on 0', 'aaaaaaaa', 'aaaaaaaa', 'aaaaaaaa'),
    `${takesNone} all voters have the same data at revision 40. Picket does not disarm an alarm whose cause it has not found.`,
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
    "etcd's authentication is on: etcd serves its clients and keeps Picket out on x-k3s-m-1, x-k3s-m-2, x-k3s-m-3.",
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
  const sentence = '3 of 4 voters are known to serve, not stranger. If one more fails, etcd takes no writes.';
  t.same(shown(scene), ['at-risk', sentence, 'x-k3s-m-1 192.168.7.11: etcdctl member list -w table']);
});

t.test('a frozen cluster: the next command ends that, or is refused with what is left to do', async (t) => {
  const scene = Scene.formed(3);
  scene.take({ kind: 'freeze', reason: reason('just_started') });
  const [state, sentence, next] = shown(scene);
  t.equal(state, 'frozen');
  t.match(sentence, /^Picket takes no step in this cluster: [^.]*\.$/);
  t.equal(next, 'picket cluster unfreeze x-k3s');
});

t.test('a frozen cluster without a quorum says both', async (t) => {
  const scene = silent(2, 3)
    .reports(1, leaderless)
    .take({ kind: 'freeze', reason: reason('just_started') });
  const [state, sentence] = shown(scene);
  t.equal(state, 'frozen');
  t.match(sentence, /^Picket takes no step in this cluster: .* 0 of 3 voters are known to serve\./);
});

t.test('R5: where a seal proves that the store is behind, no command of picket is next', async (t) => {
  const scene = Scene.formed(3);
  const by = { nodeId: 'node2', inventory: 'inventory1', epoch: null, generation: 12 };
  const why = reason('follows_later_generation', { member: 'x-k3s-m-2', generation: 12, published: 10 });
  scene.take({ kind: 'freeze', reason: why, by });
  const [state, sentence, next] = shown(scene);
  t.equal(state, 'frozen');
  t.match(sentence, /put the newer store of the coordinator back/);
  t.equal(next, 'nothing');
});

t.test('the next command looks on no machine that an operator said is lost', async (t) => {
  const scene = silent(3).declaredLost(3).evicts(3);
  t.match(shown(scene), ['at-risk', /not x-k3s-m-3/, 'picket token create x-k3s --member x-k3s-m-3']);
  scene.joins(3);
  t.equal(shown(scene)[2], 'picket status x-k3s --watch', 'another machine waits to enter');
  const both = silent(2, 3).declaredLost(3).evicts(3);
  t.equal(shown(both)[2], 'x-k3s-m-2 192.168.7.12: picket-agent status', 'but on one that is only silent');
});

t.test('R14: after its clock was set, the coordinator does not say that it has started', async (t) => {
  const scene = silent(3).reports(3);
  scene.wait(40).reports(1).reports(2).startedAgo(30);
  t.match(
    shown(scene, { runsFor: 30_000 })[1],
    /^This coordinator has just started, and x-k3s-m-3 has not reported yet\./,
  );
  const clock = /^The clock of this coordinator was set a moment ago, and x-k3s-m-3 has not reported since\. Wait/;
  t.match(shown(scene, { runsFor: 30_000, clockWasSet: true })[1], clock);
});

t.test('R5: after a restore of the coordinator, the next command re-adopts a node', async (t) => {
  const scene = Scene.formed(3).take({ kind: 'freeze', reason: reason('just_started') });
  t.equal(shown(scene, { awaited: 'node2' })[2], 'picket node readopt node2');
});

t.test('R3: a compromised voter is named until it has left etcd', async (t) => {
  const scene = Scene.formed(3).compromised(3);
  const asked = 'x-k3s-m-3, which was evicted as compromised, still votes in etcd; a voter is asked to remove it.';
  t.same(shown(scene), ['at-risk', asked, 'picket status x-k3s --watch']);
  t.same(shown(scene, { runsFor: 1000 }), ['at-risk', asked, 'picket status x-k3s --watch'], 'also after a start');
  scene.settle();
  scene.etcdRemoves('a3').reports(1).reports(2);
  scene.settle();
  t.same(shown(scene), ['forming', 'Voters: 2 of 3 declared members.', 'picket token create x-k3s --member x-k3s-m-3']);
});

t.test('R3: if it must not leave yet, the headline says why, and the next command looks at the others', async (t) => {
  const [state, sentence, next] = shown(silent(2).compromised(3));
  t.equal(state, 'at-risk');
  t.match(sentence, /still votes in etcd, and must not leave yet: of the 2 voters .* Bring the other voters back\.$/);
  t.equal(next, 'x-k3s-m-2 192.168.7.12: picket-agent status');
});

t.test(
  'R3: the only voter cannot leave, and the headline says how the cluster goes on without its machine',
  async (t) => {
    const one = Scene.formed(1, { members: 1 }).compromised(1);
    const [state, sentence, next] = shown(one);
    t.equal(state, 'unknown');
    t.match(sentence, /only it has the data\. .*`picket cluster restore x-k3s --snapshot ID --force`/);
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
      /^2 of 3 voters are known to serve\. x-k3s-m-3 is held by/,
      watch,
    ]);
  t.match(shown(held().reports(3, dead))[1], /kernel update\. If one more fails, etcd takes no writes\.$/);
  const both = shown(held().reports(3, dead).reports(2, dead));
  t.match(both, ['at-risk', /./, 'x-k3s-m-2 192.168.7.12: picket-agent status'], 'the other one is looked at');
});

t.test(
  'R16: in the first seconds without a quorum, status names those that are silent, not the survivor',
  async (t) => {
    const scene = Scene.formed(3).wait(6).reports(1, leaderless);
    const sentence =
      'x-k3s-m-1 sees no quorum, and x-k3s-m-2, x-k3s-m-3 have not reported since then. ' +
      'If they are down, 0 of 3 voters serve; with fewer than 2, etcd takes no writes.';
    const looks = 'x-k3s-m-2 192.168.7.12: picket-agent status';
    t.same(shown(scene), ['at-risk', sentence, looks]);
    t.same(shown(scene.wait(10).reports(1, leaderless)), ['at-risk', sentence, looks], 'also later');
    scene.reports(2, { agent: { stops: 'machine' } });
    t.equal(shown(scene)[2], 'x-k3s-m-3 192.168.7.13: picket-agent status', 'and not one that was shut down');
    t.match(shown(scene)[1], /etcd of x-k3s-m-3 \(16 s ago\) answered a linearizable read.* Switch on x-k3s-m-2/);
    const noReads = { etcd: { healthy: false, linearizableRead: false } };
    const slow = Scene.formed(3).wait(6).reports(1, noReads);
    t.match(shown(slow)[2], /^x-k3s-m-1/, 'it may only be slow');
    t.same(shown(slow.wait(13).reports(1, noReads)), ['at-risk', sentence, looks], 'a leader without reads');
    const alone = Scene.formed(3).wait(6).reports(1, leaderless).wait(2).reports(2).reports(3);
    t.match(shown(alone)[1], /^2 of 3 voters are known to serve, not x-k3s-m-1\./, 'the others served after that');
    const one = Scene.formed(3).wait(6).reports(1, leaderless).wait(2).reports(2);
    t.match(
      shown(one)[1],
      /^x-k3s-m-1 sees no quorum, and x-k3s-m-3 has not reported since then\. If it is down, 1 of 3/,
    );
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
  const sentence =
    '1 of 3 voters are known to serve, but the etcd of x-k3s-m-1 (0 s ago) answered a linearizable read. ' +
    'So a machine that was evicted as lost runs again (x-k3s-m-2 or x-k3s-m-3), and clients can write. ' +
    `Join no new machine yet. Take a snapshot with \`${take}\`, switch that machine off, and go on with the restore.`;
  t.same(shown(scene), ['at-risk', sentence, take]);
  const takes = (takenAt: number) => {
    const last = { id: 'snapshot0001', takenAt, by: 'x-k3s-m-1' };
    scene.progress = { ...scene.progress, snapshots: { ...scene.progress.snapshots, last } };
  };
  takes(scene.now - 1);
  t.equal(shown(scene)[2], take, 'an older snapshot is not enough');
  takes(scene.now);
  t.same(shown(scene), ['at-risk', sentence, 'picket status x-k3s --watch']);
  const one = silent(3).declaredLost(3).evicts(3).wait(5).reports(2, dead).reports(1);
  t.match(shown(one)[1], /so a quorum served at that time/, 'one lost of three is no proof that it runs');
});

t.test('while members leave, the cluster is not called healthy', async (t) => {
  const five = Scene.formed(5, { members: 5 });
  five.spec = { ...five.spec, members: five.spec.members.slice(0, 3) };
  const watch = 'picket status x-k3s --watch';
  t.same(shown(five), ['forming', 'All 5 voters serve. x-k3s-m-4, x-k3s-m-5 leave the cluster.', watch]);
  const replaced = Scene.formed(3).replaces(2);
  t.same(shown(replaced), ['forming', 'All 3 voters serve. x-k3s-m-2 leaves etcd to be replaced.', watch]);
  const exchanged = Scene.formed(3);
  const [, ...stay] = exchanged.spec.members;
  exchanged.spec = { ...exchanged.spec, members: [...stay, { name: 'x-k3s-m-4', address: '192.168.7.14' }] };
  const token = 'picket token create x-k3s --member x-k3s-m-4';
  t.same(shown(exchanged), ['forming', 'All 3 voters serve. x-k3s-m-4 becomes a voter, and x-k3s-m-1 leaves.', token]);
});

t.test('the status of a deletion names the last snapshot', async (t) => {
  const scene = Scene.formed(3);
  const order = { by: 'operator ada', name: 'x-k3s', filedAs: 'x-k3s-deleted-ab12cd34', wantsSnapshot: true } as const;
  const deletion = (changes: Partial<Deletion>) => {
    const whole: Deletion = { ...order, before: null, force: false, ended: null, freed: false, ...changes };
    scene.progress = { ...scene.progress, deletion: whole };
    return shown(scene)[1];
  };
  t.notMatch(deletion({}), /last snapshot is/);
  const ended = { snapshot: 'snapshot0001' };
  t.match(deletion({ ended }), /Its last snapshot is snapshot0001\.$/);
  t.match(deletion({ ended, freed: true }), /Its last snapshot is snapshot0001\.$/);
  t.notMatch(deletion({ ended: { snapshot: null } }), /last snapshot is/, 'there is none');
});

t.test('R19: after a start no deletion is to be forced before the nodes could report', async (t) => {
  const scene = silent(1, 2, 3);
  const order = { by: 'operator ada', name: 'x-k3s', filedAs: 'x-k3s-deleted-ab12cd34', wantsSnapshot: true } as const;
  const deletion = { ...order, before: null, force: false, ended: { snapshot: null }, freed: false };
  scene.progress = { ...scene.progress, deletion };
  t.match(shown(scene), ['deleting', /do not report/, 'picket cluster delete x-k3s --force']);
  scene.startedAgo(20);
  t.match(shown(scene), [
    'deleting',
    /The etcd of x-k3s-m-1, x-k3s-m-2, x-k3s-m-3 stops\./,
    'picket status x-k3s --watch',
  ]);
});
