import { findingsAsText, isFault } from '@picket/shared/diagnosis/as-text.ts';
import { diagnose } from '@picket/shared/diagnosis/diagnose.ts';
import { findingView } from '@picket/shared/diagnosis/finding-view.ts';
import type { Evidence } from '@picket/shared/diagnosis/rules/evidence.ts';
import { FindingView } from '@picket/shared/protocol/diagnosis.ts';
import { messagesIn } from '@picket/shared/protocol/messages.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import * as Type from 'typebox';
import { inWords } from '../../src/reasons/in-words.ts';
import { finds, found, logged, sceneOf, seen } from './scene.ts';

const [one, two, three] = ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'] as const;
const noQuorum = seen(reason('no_quorum', { able: 1, all: 3, quorum: 2, off: [] }));
const silent = (member: string) => seen(reason('of_member', { member, why: reason('silent', { seconds: 60 }) }));

t.test('nothing is seen: nothing is found', async (t) => {
  t.strictSame(found([]), []);
  t.strictSame(found([seen(reason('all_serve', { count: 3, late: [] }))]), []);
});

t.test('several symptoms of one cause are one finding, the cause first', async (t) => {
  const way = reason('way_some_lost', { cluster: 'x-k3s', silent: [], survivor: one });
  const [finding, ...others] = diagnose(
    sceneOf([noQuorum, silent(two), silent(three), silent(two), seen(way), seen(reason('silent_may_serve'))], {
      failing: [two, three],
    }),
  );
  t.strictSame(others, []);
  t.equal(finding?.cause, 'cause_silent');
  t.strictSame(finding?.members, [two, three]);
  t.strictSame(
    finding?.proof.map(({ about, reason: { code } }) => [about, code]),
    [
      [two, 'silent'],
      [three, 'silent'],
    ],
    'each fact once',
  );
  t.strictSame(
    finding?.effects.map(({ code }) => code),
    ['cause_no_quorum'],
    'an etcd that nobody hears may serve',
  );
  t.strictSame(
    finding?.otherwise.map(({ code }) => code),
    ['way_some_lost'],
    'the way out of the effect',
  );
});

t.test('a fault of the cluster is no effect of a member that serves', async (t) => {
  const low = seen(reason('disk_is_full', { member: one, freeBytes: 1 }));
  t.strictSame(
    diagnose(sceneOf([noQuorum, low], { failing: [two, three] })).map(({ cause }) => cause),
    ['cause_no_quorum', 'cause_disk_full'],
  );
  t.strictSame(
    diagnose(sceneOf([noQuorum, low], { failing: [one, two] })).map(({ cause }) => cause),
    ['cause_disk_full'],
  );
});

t.test('a cause of one member explains nothing of another', async (t) => {
  const leaderless = seen(reason('no_leader'), two);
  t.strictSame(found([silent(three), leaderless], { failing: [two, three] }), [
    'cause_silent | x-k3s-m-3 | x-k3s-m-3: rc-service picket-agent status || systemctl status picket-agent',
    'cause_voter_down | x-k3s-m-2 | x-k3s-m-2: picket-agent diagnose',
  ]);
});

t.test('a peer that is named by its address or its ID is the one that is ill', async (t) => {
  const line = (remote: string) =>
    `{"level":"warn","ts":"2026-11-28T14:00:00Z","msg":"prober detected unhealthy status","remote-peer-id":"${remote}","error":"tls: failed to verify certificate: x509: certificate signed by unknown authority"}`;
  finds(t, found(logged([line('a3')], one)), ['cause_authority_mismatch | x-k3s-m-3 | x-k3s-m-3: openssl']);
  finds(t, found(logged([line('b9')], one)), ['cause_authority_mismatch | x-k3s-m-1'], 'else the one that says so');
});

t.test('a state that no rule explains is a finding of its own, and only then', async (t) => {
  const fails = { able: 2, all: 3, quorum: 2, failing: [three], off: [], lost: [], damaged: [], stopped: [] };
  const trouble = seen(reason('some_fail', fails));
  const status = { statusNext: { command: 'picket-agent status', on: three }, trouble, failing: [three] };
  const unexplained = 'cause_unexplained |  | x-k3s-m-3: picket-agent diagnose';
  t.strictSame(found([trouble], status), [unexplained]);
  finds(t, found([trouble, silent(three)], status), ['cause_silent']);
  const hot = seen(reason('hot', { member: three, celsius: 84 }));
  const restarted = seen(reason('restarted', { member: three, restarts: 2, at: '2026-11-28T13:00:00.000Z' }));
  finds(
    t,
    found([trouble, hot, restarted], status),
    [unexplained, 'cause_hot', 'cause_etcd_restarted'],
    'heat stops no etcd',
  );
  const late = seen(reason('snapshot_late', { lastAt: '2026-11-28T14:00:00Z', everyMinutes: 60 }));
  finds(t, found([trouble, late, silent(two)], { ...status, failing: [two, three] }), [
    unexplained,
    'cause_silent | x-k3s-m-2',
    'cause_snapshots_fail',
  ]);
  finds(t, found([silent(three)], { failing: [three] }), ['cause_silent'], 'on a board no status says anything');
});

t.test('R19: that a snapshot once failed because a voter was silent says nothing of a voter that serves', async (t) => {
  const why = reason('of_member', { member: two, why: reason('silent', { seconds: 60 }) });
  const failed = seen(reason('snapshot_failed', { why, count: 1, lastAt: null }));
  finds(t, found([failed], { serving: [one, two, three] }), ['cause_snapshots_fail |  | picket snapshot']);
});

t.test(
  'R19: what kept a rollout from going on proves nothing of now, also of a member that has left since',
  async (t) => {
    const reasons = [
      reason('not_healthy', { seconds: 120, why: reason('silent', { seconds: 60 }) }),
      reason('not_healthy', { seconds: 120, why: reason('etcd_silent', { state: 'lost-data' }) }),
      reason('conf_crashed', { how: null, lastWords: 'panic: tocommit(8) is out of range [lastIndex(4)]' }),
    ];
    for (const why of reasons)
      for (const [member, concerned] of [
        [two, two],
        ['x-k3s-m-9', ''],
      ] as const) {
        const stopped = seen(
          reason('rollout_stopped', { cluster: 'x-k3s', member, revision: 2, changed: 'conf', why }),
        );
        finds(t, found([stopped]), [`cause_rollout_stopped | ${concerned} | picket rollout resume x-k3s`], why.code);
      }
  },
);

t.test('what is over comes last, also if it concerns a member that does not serve', async (t) => {
  const restarted = seen(reason('restarted', { member: one, restarts: 2, at: '2026-11-28T13:00:00.000Z' }));
  const stopped = seen(reason('of_member', { member: two, why: reason('agent_stopped', { seconds: 60 }) }));
  finds(t, found([restarted, stopped], { failing: [one, two] }), [
    'cause_agent_stopped | x-k3s-m-2',
    'cause_etcd_restarted | x-k3s-m-1',
  ]);
});

t.test('of a proof within another one, the inner one is shown', async (t) => {
  const why = reason('etcd_user_refused', { words: 'permission denied' });
  const [finding] = diagnose(sceneOf([seen(reason('authentication_on', { why }), one), seen(why, one)]));
  t.strictSame(
    finding?.proof.map(({ reason: { code } }) => code),
    ['etcd_user_refused'],
  );
});

t.test('a peer that serves again is not out of reach by a line from more than a minute ago', async (t) => {
  const line =
    '{"level":"warn","ts":"2026-11-28T14:00:00Z","msg":"prober detected unhealthy status","remote-peer-id":"a3","error":"dial tcp 192.168.7.13:2380: i/o timeout"}';
  for (const [now, failing, expected] of [
    ['2026-11-28T14:00:59Z', [two], ['cause_peer_unreachable | x-k3s-m-3']],
    ['2026-11-28T14:01:01Z', [two], []],
    ['2026-11-28T14:01:01Z', [one], []],
    ['2026-11-28T14:01:01Z', [one, three], ['cause_peer_unreachable | x-k3s-m-3']],
  ] as const) {
    finds(t, found(logged([line]), { now, failing }), expected, `at ${now}, failing: ${failing.join(', ')}`);
  }
});

t.test(
  'if a peer serves and the member that cannot reach it does not, the fault is on the side of that member',
  async (t) => {
    const line = (error: string) =>
      `{"level":"warn","ts":"2026-11-28T14:00:00Z","msg":"prober detected unhealthy status","remote-peer-id":"a3","error":"${error}"}`;
    const lost = logged([line('net/http: TLS handshake timeout')], one);
    const unnamed = logged(['{"level":"warn","msg":"dial tcp: i/o timeout"}'], one);
    const refused = logged([line('dial tcp 192.168.7.13:2380: connect: connection refused')], one);
    const untrusted = logged([line('x509: certificate signed by unknown authority')], one);
    const down = seen(reason('of_member', { member: one, why: reason('no_leader') }));
    const ours = 'cause_peer_unreachable | x-k3s-m-1 | x-k3s-m-1: nc -zv -w 5 192.168.7.13 2380';
    t.strictSame(found([...lost, down], { failing: [one] }), [ours], 'that it does not serve is its effect');
    t.strictSame(found([...unnamed, ...lost, down], { failing: [one] }), [ours]);
    t.strictSame(found([...refused, down], { failing: [one] }), [ours]);
    finds(t, found([...untrusted, down], { failing: [one] }), ['cause_authority_mismatch | x-k3s-m-1']);
    const [theirs] = found([...lost, down], { failing: [one, three] });
    t.equal(theirs, 'cause_peer_unreachable | x-k3s-m-3 | x-k3s-m-1: nc -zv -w 5 192.168.7.13 2380');
    finds(t, found([...refused, down], { failing: [one, three] }), [
      'cause_peer_refused | x-k3s-m-3',
      'cause_voter_down',
    ]);
    finds(t, found(lost, { place: 'board', self: one, failing: [one] }), ['cause_peer_unreachable | x-k3s-m-3']);
  },
);

t.test('a peer is known by the name in its URL', async (t) => {
  const line =
    '{"level":"warn","ts":"2026-11-28T14:00:00Z","msg":"failed to reach the peer URL","address":"https://x-k3s-m-3.edge.huatai.me:2380/version","error":"dial tcp: i/o timeout"}';
  t.strictSame(found(logged([line], one)), [
    'cause_peer_unreachable | x-k3s-m-3 | x-k3s-m-1: nc -zv -w 5 192.168.7.13 2380',
  ]);
});

t.test('of an etcd that cannot be run, the next command shows its file', async (t) => {
  const unusable = reason('picket_error', {
    error: 'etcd_unusable',
    details: { binary: '/usr/bin/etcd', problem: 'no permission', command: '/usr/bin/etcd --version' },
  });
  finds(t, found([seen(unusable, one, 'agent')]), [
    'cause_etcd_not_executable | x-k3s-m-1 | x-k3s-m-1: ls -lL /usr/bin/etcd',
  ]);
});

t.test('of an agent that cannot reach the coordinator, the next command tries the connection', async (t) => {
  const away = reason('picket_error', {
    error: 'coordinator_unreachable',
    details: { url: 'https://192.168.7.10:7443', reason: 'there is no route to that host' },
  });
  finds(t, found([seen(away, one, 'machine')], { place: 'board', self: one }), [
    'cause_coordinator_away | x-k3s-m-1 | nc -zv -w 5 192.168.7.10 7443',
  ]);
  finds(t, found([seen(reason('agent_runs_not'), one, 'machine')], { place: 'board', self: one }), [
    'cause_agent_stopped | x-k3s-m-1 | rc-service picket-agent start',
  ]);
});

t.test('a full disk is no disk that is nearly full, and an effect says more than its cause', async (t) => {
  const [full, low] = [
    reason('disk_is_full', { member: one, freeBytes: 1 }),
    reason('disk_nearly_full', { member: one, freeBytes: 1, totalBytes: 1e9 }),
  ];
  const [finding, ...others] = diagnose(sceneOf([seen(full), seen(low)]));
  t.strictSame([others, finding?.effects], [[], []]);
});

t.test(
  'a board knows a peer by the address of its name, and a line that does not tell the peer blames nobody',
  async (t) => {
    const line = (error: string) =>
      JSON.stringify({ level: 'warn', ts: '2026-11-28T14:00:00Z', msg: 'prober detected unhealthy status', error });
    const dialled = line('dial tcp 192.168.7.13:2380: i/o timeout');
    const members = [1, 2, 3].map((number) => ({
      ...{ name: `m-${number}`, address: `m-${number}.edge.huatai.me`, memberId: null },
      addresses: [`192.168.7.${10 + number}`],
    }));
    const board = { members, place: 'board', self: 'm-1', failing: ['m-1'] } as const;
    finds(
      t,
      found([...logged([dialled], 'm-1'), seen(reason('no_leader'), 'm-1', 'machine')], board),
      ['cause_peer_unreachable | m-3'],
      'that its own etcd has no leader follows from it',
    );
    const nameless = line('dial tcp: i/o timeout');
    finds(t, found(logged([nameless], 'm-1'), board), ['cause_peer_unreachable |  | ']);
    finds(t, found(logged([nameless, dialled], 'm-1'), board), ['cause_peer_unreachable | m-3']);
  },
);

t.test('a slow disk of a voter that does not serve comes after what keeps it from serving', async (t) => {
  const slow = seen(reason('disk_slow', { member: one, fsyncMs: 12, goodMs: 10 }));
  const port = seen(
    reason('port_to_be_free', { purpose: 'client', port: 2379, host: '192.168.7.11', by: 'x (pid 7)' }),
    one,
    'agent',
  );
  finds(t, found([slow, port], { failing: [one] }), ['cause_port_taken | x-k3s-m-1', 'cause_slow_disk | x-k3s-m-1']);
  const other = reason('minor_to_install', { minor: '3.5', installed: '3.6.4', begins: false, remedy: 'apk add etcd' });
  finds(t, found([slow, seen(other, one, 'agent')], { failing: [one] }), [
    'cause_version_held_back',
    'cause_slow_disk',
  ]);
});

t.test('R19: what merely slows or threatens comes after whatever does not work, whoever serves', async (t) => {
  const slow = seen(reason('disk_slow', { member: one, fsyncMs: 200, goodMs: 10 }));
  const elections = seen(reason('etcd_leader_changes', { count: 5 }));
  const hot = seen(reason('hot', { member: one, celsius: 84 }));
  const quota = { bytes: 9, inUseBytes: 8, quotaBytes: 10 };
  const near = seen(reason('near_quota', { member: one, ...quota }));
  const old = seen(reason('agent_too_far', { member: one, agent: '1.0.0', version: '9.0.0' }));
  const slight = [slow, elections, hot, near, old];
  const port = { purpose: 'client', port: 2379, host: '192.168.7.12', by: 'x (pid 7)' } as const;
  const why = reason('conf_crashed', { how: null, lastWords: null });
  const paused = { cluster: 'x-k3s', members: [two], revision: 2 };
  const broken: Readonly<Record<string, Evidence>> = {
    cause_data_lost: seen(reason('data_dir_missing', { cluster: 'x-k3s', member: two, obstacle: null })),
    cause_port_taken: seen(reason('port_to_be_free', port), two, 'agent'),
    cause_rollout_stopped: seen(
      reason('rollout_stopped', { cluster: 'x-k3s', member: two, revision: 2, changed: 'conf', why }),
    ),
    cause_rollout_paused: seen(reason('rollout_paused', paused)),
    cause_clock: seen(reason('clock_off', { member: two, offsetMs: 120_000 })),
  };
  for (const [cause, evidence] of Object.entries(broken))
    for (const failing of [[], [one], [two]])
      finds(
        t,
        found([...slight, evidence], { failing }).map((one) => one.split(' |')[0] ?? ''),
        [cause, 'cause_database_near_quota', 'cause_hot', 'cause_slow_disk_elections', 'cause_agent_old'],
        `${cause}, while ${failing.join() || 'nobody'} fails`,
      );
});

t.test('R19: a slow disk is why a voter serves no reads, and not why another one does, or has ended', async (t) => {
  const slow = seen(reason('disk_slow', { member: one, fsyncMs: 3000, goodMs: 10 }));
  const elections = seen(reason('etcd_leader_changes', { count: 5 }));
  const ails = (member: string, why: AnyReason) => seen(reason('of_member', { member, why }));
  const noReads = (member: string) => ails(member, reason('no_reads'));
  const trouble = noReads(one);
  finds(t, found([slow, elections, noReads(one)], { failing: [one], trouble }), [
    'cause_slow_disk_elections | x-k3s-m-1',
  ]);
  finds(t, found([slow, noReads(one)], { failing: [one], trouble }), ['cause_slow_disk | x-k3s-m-1']);
  finds(t, found([slow, noReads(two)], { failing: [two] }), ['cause_voter_down | x-k3s-m-2', 'cause_slow_disk']);
  const ended = ails(one, reason('etcd_not_started'));
  finds(t, found([slow, ended], { failing: [one] }), ['cause_voter_down | x-k3s-m-1', 'cause_slow_disk']);
});

t.test('a cause of one voter that fails comes before one that only keeps snapshots or settings away', async (t) => {
  const paused = seen(reason('rollout_paused', { cluster: 'x-k3s', members: [two], revision: 2 }));
  const late = seen(reason('snapshot_late', { lastAt: '2026-11-28T14:00:00Z', everyMinutes: 60 }));
  finds(t, found([late, paused, silent(three)], { failing: [three] }), [
    'cause_silent | x-k3s-m-3',
    'cause_rollout_paused |  | picket rollout resume x-k3s',
    'cause_snapshots_fail',
  ]);
});

t.test('a member is either a cause or an effect, and one that only misses the quorum is neither', async (t) => {
  const ended = seen(reason('ended', { how: 'SIGKILL', lastWords: null }), two, 'agent');
  const down = [one, two].map((member) => seen(reason('of_member', { member, why: reason('no_leader') })));
  const [first, second, ...others] = diagnose(sceneOf([ended, ...down], { failing: [one, two] }));
  t.match(first, { cause: 'cause_etcd_ends', effects: [{ code: 'cause_voter_down', facts: { members: [two] } }] });
  t.match([second, others], [{ cause: 'cause_voter_down', members: [one] }, []]);
  t.match(diagnose(sceneOf([ended, ...down], { failing: [one, two], leaderless: [one] })), [
    { cause: 'cause_etcd_ends', effects: [{ facts: { members: [two] } }] },
  ]);
});

t.test('a fact of several members is one line of the proof, with the oldest time', async (t) => {
  const refused = reason('etcd_user_refused', { words: 'permission denied' });
  const evidence = [one, two].map((about, index) => ({
    ...seen(refused, about, 'agent'),
    at: `2026-11-28T14:00:0${7 - index}.000Z`,
  }));
  const scene = sceneOf(evidence);
  const findings = diagnose(scene).map((finding) => findingView(finding, scene));
  const text = findingsAsText('x-k3s', messagesIn(Type.Array(FindingView), findings));
  t.match(text, `- x-k3s-m-1, x-k3s-m-2: ${inWords(refused)} (2026-11-28 14:00:06Z, reported by its agent)`);
});

t.test('R19: a version that can lose data is good to know, no fault, and stands below each fault', async (t) => {
  const faulty = { cluster: 'x-k3s', versions: ['3.5.2'], fixes: ['3.5.3'], ids: ['etcd-13766'], count: 1 };
  const remark = seen(reason('etcd_can_lose_data', faulty));
  const scene = sceneOf([remark]);
  t.strictSame(found([remark]), ['cause_etcd_can_lose_data |  | picket advisories x-k3s']);
  t.notOk(isFault(diagnose(scene).map((finding) => findingView(finding, scene))));
  const slow = seen(reason('disk_slow', { member: 'x-k3s-m-1', fsyncMs: 40, goodMs: 10 }));
  const both = diagnose(sceneOf([remark, slow]));
  t.strictSame(
    both.map(({ cause }) => cause),
    ['cause_slow_disk', 'cause_etcd_can_lose_data'],
  );
  const views = both.map((finding) => findingView(finding, scene));
  const text = findingsAsText('x-k3s', messagesIn(Type.Array(FindingView), views));
  t.match(text, /^x-k3s: 1 cause found$/m);
  t.ok(text.indexOf('(cause_slow_disk)') < text.indexOf('(cause_etcd_can_lose_data)'));
  finds(t, found([remark], { trouble: noQuorum, failing: [two] }), ['cause_unexplained', 'cause_etcd_can_lose_data']);
});
