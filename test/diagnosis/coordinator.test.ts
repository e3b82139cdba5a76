import { findingsAsText } from '@picket/shared/diagnosis/as-text.ts';
import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { testCoordinator } from '../../packages/coordinator/test/support/coordinator.ts';
import { formed, type MachineChanges, rounds } from '../golden/machines.ts';

/** Three members that serve, and what the diagnosis says after these changes of what the machines report. */
async function scene(t: Test) {
  const coordinator = await testCoordinator(t);
  const machines = await formed(coordinator, 3);
  const viewer = await coordinator.operator('viewer');
  const diagnosis = async () => (await viewer.get('/v1/clusters/x-k3s/diagnosis')).json<DiagnosisView>();
  return {
    machines,
    coordinator,
    diagnosis,
    async after(changes: readonly MachineChanges[], { count = 1 } = {}) {
      for (const [index, machine] of machines.entries()) machine.changes = changes[index] ?? {};
      await rounds(coordinator, machines, { count });
      return diagnosis();
    },
  };
}

const shown = ({ findings }: DiagnosisView) =>
  findings.map(({ cause, members, next }) =>
    [cause.code, members.join('+'), `${next?.on === null ? '' : `${next?.on.address}: `}${next?.command}`].join(' | '),
  );

/** Exactly these findings, each with this beginning. */
function finds(t: Test, view: DiagnosisView, wanted: readonly string[], message = '') {
  const all = shown(view);
  t.strictSame(
    all.map((one, index) => one.slice(0, wanted[index]?.length ?? 0) || one),
    wanted,
    message,
  );
}

t.test('a healthy cluster: nothing is found; a cluster that is not there is refused', async (t) => {
  const { diagnosis, coordinator } = await scene(t);
  t.match(await diagnosis(), { cluster: 'x-k3s', findings: [] });
  t.equal((await coordinator.admin.get('/v1/clusters/nowhere/diagnosis')).status, 404);
});

t.test(
  'silent members without a quorum: one finding, with the lost quorum as its effect and the ways out',
  async (t) => {
    const { machines, coordinator, diagnosis } = await scene(t);
    const [one, two, three] = machines;
    if (one === undefined || two === undefined || three === undefined) throw new Error('three have joined');
    for (const machine of [two, three]) machine.silent = true;
    one.changes = { etcd: { leader: '0', healthy: false, linearizableRead: false, members: null } };
    await rounds(coordinator, machines, { count: 3, seconds: 30 });
    const soon = await diagnosis();
    finds(t, soon, ['cause_silent | x-k3s-m-2+x-k3s-m-3 | 192.168.7.12: rc-service picket-agent status']);
    t.match(soon.findings[0]?.proof[0], {
      about: 'x-k3s-m-2',
      ...{ from: 'coordinator', code: 'silent', facts: { seconds: Number } },
    });
    t.match(soon.findings[0]?.effects, [{ code: 'cause_no_quorum' }]);
    await rounds(coordinator, machines, { count: 22, seconds: 30 });
    t.match((await diagnosis()).findings[0]?.otherwise, [
      { code: 'way_some_lost', facts: { silent: [{ member: 'x-k3s-m-2' }, { member: 'x-k3s-m-3' }] } },
    ]);
  },
);

t.test('an etcd that ends: the last lines of its log name the cause, and not only that it ended', async (t) => {
  const { after } = await scene(t);
  const log = [
    '{"level":"info","ts":"2026-11-28T14:13:54.170681Z","msg":"starting an etcd server"}',
    '{"level":"fatal","ts":"2026-11-28T14:13:54.178866Z","msg":"discovery failed","error":"listen tcp 192.168.7.13:2379: bind: address already in use"}',
  ];
  const ended = reason('ended', { how: 'exit status 1', lastWords: 'discovery failed' });
  const service = { state: 'crashed', restarts: 1, reason: ended, lastLog: log } as const;
  const view = await after([{}, {}, { etcd: null, service }]);
  finds(t, view, [
    "cause_port_taken | x-k3s-m-3 | 192.168.7.13: ss -ltnp 'sport = :2379' 2>/dev/null || netstat -ltnp",
  ]);
  t.match(view.findings[0], {
    proof: [{ code: 'etcd_port_taken', from: 'etcd-log', at: '2026-11-28T14:13:54.178Z', about: 'x-k3s-m-3' }],
    effects: [{ code: 'cause_voter_down' }],
    page: 'docs/how-to/find-the-cause.md#a-port-that-is-taken',
  });
  finds(t, await after([]), ['cause_etcd_restarted | x-k3s-m-3 | picket events x-k3s --node x-k3s-m-3 --since 24h']);
});

t.test('an etcd that runs and does not serve: what its agent reports of its log names the cause', async (t) => {
  const { after, machines } = await scene(t);
  const at = '2026-11-28T14:13:54.178Z';
  const fact = (code: string, facts: object) => ({ reason: { code, facts }, at });
  const ailing = (...logFacts: readonly ReturnType<typeof fact>[]) => ({
    etcd: { leader: '0', healthy: false, linearizableRead: false, members: null },
    service: { state: 'running' as const, logFacts: [...logFacts] },
  });
  const lost = fact('etcd_was_refused', { remote: 'https://192.168.7.11:2380', alert: 'bad certificate' });
  const view = await after([{}, {}, ailing(lost)]);
  finds(t, view, ['cause_peer_tls | x-k3s-m-3 | 192.168.7.13: openssl x509']);
  t.match(view.findings[0], {
    proof: [{ code: 'etcd_was_refused', from: 'etcd-log', about: 'x-k3s-m-3', at }],
    effects: [{ code: 'cause_voter_down' }],
  });
  // R8: a node cannot tell of the data of another one.
  const remote = machines[0]?.etcd.members[0]?.id;
  const forged = fact('etcd_wal_damaged', { words: 'walpb: crc mismatch', remote });
  finds(t, await after([{}, {}, ailing(forged, fact('data_lost', { remote }))]), ['cause_voter_down | x-k3s-m-3']);
  // Of a peer, only one tells that does not serve itself.
  const refused = { reason: reason('etcd_connection_refused', { remote: 'https://192.168.7.11:2380' }), at: null };
  const line = '{"level":"warn","msg":"dial tcp 192.168.7.11:2380: connect: connection refused"}';
  finds(t, await after([{}, {}, { service: { logFacts: [refused], lastLog: [line] } }]), []);
  finds(t, await after([]), []);
});

t.test('clocks, disks, space and agents by the figures of the reports', async (t) => {
  const { after } = await scene(t);
  const fast = { machine: { clockOffsetMs: 120_000 } };
  finds(t, await after([fast, fast, fast]), ['cause_coordinator_clock']);
  finds(t, await after([{ machine: { walFsyncP99Ms: 90 } }, { machine: { temperatureCelsius: 85 } }]), [
    'cause_hot | x-k3s-m-2',
    'cause_slow_disk | x-k3s-m-1',
  ]);
  finds(t, await after([{ agent: { version: '9.9.0' } }]), [
    'cause_agent_old | x-k3s-m-1 | picket installer --upgrade',
  ]);
  const full = { etcd: { alarms: ['NOSPACE'] } };
  finds(t, await after([full, full, full]), ['cause_database_full |  | picket status x-k3s --watch']);
});

t.test('a slow disk with changes of the leader, which the events have', async (t) => {
  const { after, machines } = await scene(t);
  const term = 90;
  const slow = { machine: { walFsyncP99Ms: 400 } };
  const leader = machines[1]?.etcd.members[1]?.id ?? '';
  const elected = { etcd: { leader, raftTerm: term } };
  const view = await after([{ ...slow, ...elected }, elected, elected], { count: 4 });
  finds(t, view, ['cause_slow_disk_elections | x-k3s-m-1']);
  t.match(view.findings[0]?.proof, [{ code: 'disk_slow' }, { code: 'etcd_leader_changes', about: null }]);
});

t.test('a member that an operator holds is a fault only while its etcd does not serve', async (t) => {
  const { after, coordinator, diagnosis, machines } = await scene(t);
  const held = await coordinator.admin.post('/v1/clusters/x-k3s/members/x-k3s-m-3/hold', { seconds: 600, stop: true });
  t.equal(held.status, 200, held.text);
  await rounds(coordinator, machines, { count: 4 });
  finds(t, await diagnosis(), []);
  finds(t, await after([{}, {}, { etcd: null, service: { state: 'stopped' } }]), [
    'cause_held | x-k3s-m-3 | picket member release x-k3s x-k3s-m-3',
  ]);
});

const leaderless = { etcd: { leader: '0', healthy: false, linearizableRead: false, members: null } } as const;

t.test('with authentication on and Picket kept out, nothing says that etcd does not serve', async (t) => {
  const { after } = await scene(t);
  const why = reason('etcd_user_refused', { words: 'authentication failed' });
  const refused = reason('authentication_on', { why });
  const keptOut = { etcd: null, service: { authenticationOn: true, quorumRead: true, reason: refused } } as const;
  const view = await after([keptOut, keptOut, keptOut]);
  finds(t, view, ['cause_authentication | x-k3s-m-1+x-k3s-m-2+x-k3s-m-3 | 192.168.7.11: etcdctl --user root user add']);
  t.strictSame(view.findings[0]?.effects, []);
  const text = findingsAsText('Cluster x-k3s', view.findings);
  t.equal(text.split('etcdctl').length - 1, 2, 'the remedy is in Next alone: two commands');
  t.match(text, `- x-k3s-m-1, x-k3s-m-2, x-k3s-m-3: ${inWords(why)} (`);
});

t.test('while the others elect a leader, only the member that has ended is a cause', async (t) => {
  const { after } = await scene(t);
  const ended = { state: 'crashed', reason: reason('ended', { how: 'SIGKILL', lastWords: null }) } as const;
  const view = await after([leaderless, { etcd: null, service: ended }, leaderless]);
  finds(t, view, ['cause_etcd_ends | x-k3s-m-2']);
  t.notMatch(JSON.stringify(view.findings[0]?.effects.map(({ facts }) => facts)), 'x-k3s-m-1');
});

t.test('the only member that reports is not the cause of a quorum that the silent ones lost', async (t) => {
  for (const changes of [leaderless, { etcd: { ...leaderless.etcd, leader: 'a1' } }]) {
    const { machines, coordinator, diagnosis } = await scene(t);
    const [one, two, three] = machines;
    if (one === undefined || two === undefined || three === undefined) throw new Error('three have joined');
    for (const machine of [two, three]) machine.silent = true;
    one.changes = changes;
    await rounds(coordinator, machines);
    await rounds(coordinator, machines, { count: 3 });
    const view = await diagnosis();
    finds(t, view, ['cause_silent | x-k3s-m-2+x-k3s-m-3 | 192.168.7.12: rc-service picket-agent status']);
    t.match(view.findings[0], {
      proof: [{ about: 'x-k3s-m-2', ...reason('silent', { seconds: 20 }) }, { about: 'x-k3s-m-3' }],
      effects: [{ code: 'cause_no_quorum' }],
    });
    const status = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<{ next: object }>();
    t.match(status, { next: { on: { member: 'x-k3s-m-2' } } });
    await rounds(coordinator, machines, { count: 5 });
    const late = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<{ next: object }>();
    t.match(late, { state: 'no-quorum', next: { on: { member: 'x-k3s-m-2' } } }, 'R19: once they count as silent, too');
    finds(t, await diagnosis(), ['cause_silent | x-k3s-m-2+x-k3s-m-3 | 192.168.7.12: rc-service picket-agent status']);
  }
});
