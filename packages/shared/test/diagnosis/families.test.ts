import { diagnose } from '@picket/shared/diagnosis/diagnose.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { finds, found, logged, sceneOf, seen } from './scene.ts';

const [one, two, three] = ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'] as const;
const line = (msg: string, rest: object = {}) =>
  JSON.stringify({ level: 'warn', ts: '2026-11-28T14:00:00Z', msg, ...rest });

t.test('clocks: the coordinator’s is wrong if most others agree; else that of the member', async (t) => {
  const off = (member: string, offsetMs: number) => seen(reason('clock_off', { member, offsetMs }));
  finds(t, found([off(one, 90_000), off(two, 91_000), off(three, 90_500)]), [
    'cause_coordinator_clock | x-k3s-m-1+x-k3s-m-2+x-k3s-m-3 | date -u',
  ]);
  finds(t, found([off(one, 90_000), off(two, -91_000)]), ['cause_clock | x-k3s-m-1+x-k3s-m-2 | x-k3s-m-1: date -u']);
  finds(t, found([off(one, 3000)]), ['cause_clock_drift | x-k3s-m-1 | x-k3s-m-1: date -u']);
  const doubt = reason('clock_before_build', { now: '1970-01-01T00h UTC', other: '2026-11-20T08h UTC' });
  const early = line('rejected connection on peer endpoint', {
    'remote-addr': '192.168.7.12:3',
    error:
      'x509: certificate has expired or is not yet valid: current time 1970-01-01T00:01:46Z is before 2026-11-28T14:12:46Z',
  });
  finds(
    t,
    found([seen(reason('time_sync', { why: doubt }), two, 'agent'), ...logged([early], two)]),
    ['cause_clock | x-k3s-m-2'],
    'a certificate that is not valid yet is its effect',
  );
  finds(t, found(logged([early], two)), ['cause_certificate_early | x-k3s-m-2 | x-k3s-m-2: openssl x509 -in']);
});

t.test('certificates: late renewals, own and foreign authorities, keys', async (t) => {
  const overdue = { holder: two, purpose: 'peer', until: '2026-11-27T00:00:00Z', due: null };
  finds(t, found([seen(reason('certificate_overdue', { ...overdue, isOver: false }))]), [
    'cause_renewal_late | x-k3s-m-2 | picket certificates x-k3s',
  ]);
  finds(t, found([seen(reason('certificate_overdue', { ...overdue, isOver: true }))]), [
    'cause_certificate_ended | x-k3s-m-2 | x-k3s-m-2: date -u; picket-agent status',
  ]);
  const waits = (why: ReturnType<typeof reason>) =>
    seen(reason('certificate_new', { purpose: 'server', why }), two, 'agent');
  finds(t, found([waits(reason('held_not_of_bundle'))]), [
    'cause_foreign_certificates | x-k3s-m-2 | x-k3s-m-2: picket-agent once',
  ]);
  const mismatch = reason('picket_error', { error: 'credential_mismatch', details: { certificate: 'etcd' } });
  finds(t, found([waits(reason('held_unusable', { why: mismatch }))]), ['cause_key_mismatch | x-k3s-m-2']);
  const client = { 'remote-addr': '192.168.7.20:50000', error: 'remote error: tls: bad certificate' };
  finds(t, found(logged([line('rejected connection on client endpoint', client)], two)), [
    'cause_client_refused | x-k3s-m-2',
  ]);
});

t.test('machines that are off, agents that were stopped, and a coordinator that nobody reaches', async (t) => {
  const of = (member: string, why: ReturnType<typeof reason>) => seen(reason('of_member', { member, why }));
  t.strictSame(found([of(two, reason('machine_stopped', { seconds: 60 }))]), [
    'cause_machine_off | x-k3s-m-2 | nothing',
  ]);
  t.strictSame(found([of(two, reason('agent_stopped', { seconds: 60 }))]), [
    'cause_agent_stopped | x-k3s-m-2 | x-k3s-m-2: rc-service picket-agent start || systemctl start picket-agent',
  ]);
  const all = [one, two, three].map((member) => of(member, reason('silent', { seconds: 60 })));
  t.strictSame(found([...all, seen(reason('nobody_reports', { off: [] }))], { failing: [one, two, three] }), [
    'cause_coordinator_unreached |  | x-k3s-m-1: picket-agent status',
  ]);
});

t.test('data: lost, damaged, different, of another cluster, of a member that was removed', async (t) => {
  const status = { statusNext: { command: 'picket member replace x-k3s x-k3s-m-2', on: null } };
  const lost = reason('data_lost', { path: '/var/lib/picket/etcd/abc', isEmpty: false });
  finds(t, found([seen(reason('operator_for_data', { why: lost }), two, 'agent')], status), [
    'cause_data_lost | x-k3s-m-2 | x-k3s-m-2: df -h /var/lib/picket',
  ]);
  const unusable = { cluster: 'x-k3s', member: two, words: 'walpb: crc mismatch', obstacle: null };
  finds(
    t,
    found(
      [
        seen(reason('data_unusable', unusable)),
        ...logged([line('discovery failed', { error: 'walpb: crc mismatch' })], two),
      ],
      status,
    ),
    ['cause_data_damaged | x-k3s-m-2 | picket member replace x-k3s x-k3s-m-2'],
  );
  finds(t, found([seen(reason('data_disagrees', { members: [two] }))], status), [
    'cause_data_differs |  | picket member',
  ]);
  finds(t, found([seen(reason('of_member', { member: two, why: reason('other_cluster', { clusterId: 'df01' }) }))]), [
    'cause_other_cluster | x-k3s-m-2 | x-k3s-m-2: picket-agent status',
  ]);
  finds(t, found(logged([line('the member has been permanently removed from the cluster')], two)), [
    'cause_member_removed | x-k3s-m-2 | picket member replace x-k3s x-k3s-m-2',
  ]);
});

t.test('space: the database, its quota, the disk', async (t) => {
  const watch = { statusNext: { command: 'picket status x-k3s --watch', on: null } };
  const near = reason('near_quota', { member: two, bytes: 9, inUseBytes: 8, quotaBytes: 10 });
  t.strictSame(
    found([seen(reason('database_full', { members: [two] })), seen(reason('takes_no_writes')), seen(near)], watch),
    ['cause_database_full |  | picket status x-k3s --watch'],
  );
  finds(t, found([seen(near)]), ['cause_database_near_quota | x-k3s-m-2']);
  const low = reason('disk_nearly_full', { member: two, freeBytes: 1, totalBytes: 100 });
  finds(t, found([seen(low)]), ['cause_disk_low | x-k3s-m-2 | x-k3s-m-2: df -h']);
  finds(t, found([seen(low), seen(reason('disk_is_full', { member: two, freeBytes: 1 }))]), [
    'cause_disk_full | x-k3s-m-2',
  ]);
  finds(t, found(logged([line('cannot allocate', { error: 'write /x/wal: no space left on device' })], two)), [
    'cause_disk_full',
  ]);
});

t.test('machines: a slow disk with and without changes of the leader, heat, ports, addresses', async (t) => {
  const slow = seen(reason('disk_slow', { member: two, fsyncMs: 200, goodMs: 10 }));
  finds(t, found([slow]), ['cause_slow_disk | x-k3s-m-2 | x-k3s-m-2: picket-agent preflight']);
  const changes = seen(reason('etcd_leader_changes', { count: 5 }));
  finds(t, found([slow, changes]), ['cause_slow_disk_elections | x-k3s-m-2']);
  t.strictSame(found([changes]), [], 'leaders change for many reasons');
  const card = seen(reason('disk_slow', { member: two, fsyncMs: 14, goodMs: 10 }));
  finds(t, found([card, changes]), ['cause_slow_disk | x-k3s-m-2'], 'such a disk delays no heartbeat');
  finds(t, found([seen(reason('hot', { member: two, celsius: 84 }))]), ['cause_hot | x-k3s-m-2']);
  finds(t, found([seen(reason('hash_check_off', { member: two }))]), ['cause_hash_check_off | x-k3s-m-2']);
  const late = reason('rehearsal_late', { workedAt: '2026-11-20T00:00:00Z', everyHours: 24 });
  finds(t, found([seen(late)]), ['cause_rehearsals_fail |  | picket snapshot rehearse x-k3s']);
  const noexec = reason('tool_folder_noexec', { path: '/var/lib/picket', mountPoint: '/var/lib' });
  const ends = reason('ended', { how: 'exit status 126', lastWords: null });
  finds(t, found([seen(ends, two, 'agent'), seen(noexec, two, 'agent')], { failing: [two] }), [
    'cause_folder_noexec | x-k3s-m-2 | x-k3s-m-2: mount -o remount,exec /var/lib',
  ]);
  const hostile = reason('tool_folder_noexec', { path: '/var/lib/picket', mountPoint: '$(reboot)' });
  finds(t, found([seen(hostile, two, 'agent')]), [
    'cause_folder_noexec | x-k3s-m-2 | x-k3s-m-2: grep -w noexec /proc/mounts',
  ]);
  const port = reason('port_to_be_free', { purpose: 'client', port: 2379, host: '192.168.7.12', by: 'etcd (pid 7)' });
  finds(t, found([seen(port, two, 'agent')]), [
    "cause_port_taken | x-k3s-m-2 | x-k3s-m-2: ss -ltnp 'sport = :2379' 2>/dev/null || netstat -ltnp",
  ]);
  const nowhere = { error: 'listen tcp 192.168.7.99:2380: bind: cannot assign requested address' };
  finds(t, found(logged([line('creating peer listener failed', nowhere)], two)), [
    'cause_address_missing | x-k3s-m-2 | x-k3s-m-2: ip addr',
  ]);
});

t.test('a node that cannot have its release: the next command removes the cause', async (t) => {
  const noRoom = reason('release_no_room', { path: '/var/lib/picket', neededBytes: 9, freeBytes: 7 });
  const folders = 'df -h /var/lib/picket; du -kd 3 /var /home /root /tmp /opt 2>/dev/null | sort -n | tail';
  const exposed = (path: string) => reason('release_folder_exposed', { path, problem: 'others may write in it' });
  const version = '3.5.33';
  for (const [why, next] of [
    [noRoom, `x-k3s-m-2: ${folders}`],
    [reason('release_not_fetched', { version, why: noRoom }), `x-k3s-m-2: ${folders}`],
    [exposed('/srv/data'), 'x-k3s-m-2: chown root:root /srv/data && chmod go-w /srv/data'],
    [reason('release_not_in_store', { version }), 'picket release list'],
    [reason('release_of_other_version', { version, said: '3.5.30' }), 'picket release list'],
    // A node may report any path.
    [exposed('/srv; reboot'), 'x-k3s-m-2: picket-agent once'],
  ] as const)
    finds(t, found([seen(why, two, 'agent')]), [`cause_state_not_applied | x-k3s-m-2 | ${next}`]);
  const unnoted = reason('not_noted', { why: reason('error_says', { text: 'EROFS' }) });
  finds(
    t,
    found([seen(unnoted, one, 'agent'), seen(noRoom, two, 'agent')]),
    ['cause_state_not_applied | x-k3s-m-1+x-k3s-m-2 | x-k3s-m-1: picket-agent once'],
    'the remedy of one member is no remedy of another',
  );
});

t.test('peers: refused, unreachable, TLS, DNS', async (t) => {
  const failed = (error: string) =>
    logged([line('prober detected unhealthy status', { 'remote-peer-id': 'a3', error })], one);
  finds(t, found(failed('dial tcp 192.168.7.13:2380: connect: connection refused')), [
    'cause_peer_refused | x-k3s-m-3 | x-k3s-m-3: rc-service etcd status',
  ]);
  finds(t, found(failed('dial tcp 192.168.7.13:2380: i/o timeout')), [
    'cause_peer_unreachable | x-k3s-m-3 | x-k3s-m-1: nc -zv -w 5 192.168.7.13 2380',
  ]);
  finds(t, found(failed('remote error: tls: bad certificate')), ['cause_peer_tls | x-k3s-m-1 | x-k3s-m-1: openssl']);
  finds(t, found(failed('dial tcp: lookup m-3.edge.huatai.me on 192.168.7.1:53: no such host')), [
    'cause_dns | x-k3s-m-1 | x-k3s-m-1: getent hosts m-3.edge.huatai.me',
  ]);
});

t.test('software: versions, missing programs, agents, authentication, other files and another etcd', async (t) => {
  const minor = { minor: '3.5', installed: '3.6.11', begins: false };
  const held = reason('minor_to_install', { ...minor, remedy: "apk add 'etcd~3.5'" });
  t.strictSame(found([seen(held, two, 'agent')]), [
    'cause_version_held_back | x-k3s-m-2 | x-k3s-m-2: picket-agent status',
  ]);
  t.strictSame(found([seen(held, two, 'agent')], { place: 'board', self: two }), [
    "cause_version_held_back | x-k3s-m-2 | apk add 'etcd~3.5'",
  ]);
  const facts = { cluster: 'x-k3s', member: two, installed: '3.6.11', runs: null, minor: '3.5', release: null };
  const notice = reason('other_minor_would_start', { ...facts, command: "apk add -U 'etcd~3.5'" });
  t.strictSame(found([seen(notice)]), ["cause_version_held_back | x-k3s-m-2 | x-k3s-m-2: apk add -U 'etcd~3.5'"]);
  const said = reason('minor_to_install', { ...held.facts, command: 'apk add evil' } as typeof held.facts);
  t.strictSame(
    found([seen(said, two, 'agent')]),
    ['cause_version_held_back | x-k3s-m-2 | x-k3s-m-2: picket-agent status'],
    'R8: a node names no command',
  );
  const missing = reason('etcd_to_install', { remedy: "apk add -U 'etcd@etcd35~3.5'" });
  t.strictSame(
    found([seen(missing, two, 'agent')], { place: 'board', self: two }),
    ["cause_etcd_missing | x-k3s-m-2 | apk add -U 'etcd@etcd35~3.5'"],
    'R17: the package of the minor version that the cluster runs',
  );
  for (const remedy of [missing.facts.remedy, null]) {
    t.strictSame(found([seen(reason('etcd_to_install', { remedy }), two, 'agent')]), [
      'cause_etcd_missing | x-k3s-m-2 | x-k3s-m-2: picket-agent status',
    ]);
  }
  t.strictSame(found([seen(reason('agent_too_far', { member: two, agent: '0.1.0', version: '0.3.0' }))]), [
    'cause_agent_old | x-k3s-m-2 | picket installer --upgrade',
  ]);
  const refused = reason('etcd_user_refused', { words: 'authentication failed' });
  finds(t, found([seen(reason('authentication_on', { why: refused }), two, 'agent')]), [
    'cause_authentication | x-k3s-m-2 | x-k3s-m-2: etcdctl --user root user add picket-agent',
  ]);
  finds(t, found([seen(reason('user_named_like_server', { user: 'etcd x-k3s-m-2' }))]), [
    'cause_user_like_server |  | etcdctl user list',
  ]);
  finds(t, found([seen(reason('conf_of_others', { path: '/etc/etcd/conf.yml' }), two, 'agent')]), [
    'cause_foreign_files | x-k3s-m-2 | x-k3s-m-2: ls -l /etc/etcd/conf.yml',
  ]);
  finds(t, found([seen(reason('unknown_etcd_runs'), two, 'agent')]), ['cause_other_etcd | x-k3s-m-2']);
});

t.test('etcd that was stopped, ends, or refuses its settings', async (t) => {
  finds(t, found([seen(reason('stopped_by_hand'), two, 'agent')]), [
    'cause_stopped_by_hand | x-k3s-m-2 | x-k3s-m-2: rc-service etcd start',
  ]);
  t.strictSame(
    found([seen(reason('hold_keeps_etcd_down'), two, 'agent')]),
    [],
    'the coordinator knows whether a hold is over',
  );
  const ended = seen(reason('ended', { how: 'exit status 1', lastWords: null }), two, 'agent');
  finds(t, found([ended]), ['cause_etcd_ends | x-k3s-m-2 | x-k3s-m-2: tail -n 20 /var/log/etcd/etcd.log']);
  finds(t, found([ended, ...logged([line('listen tcp 192.168.7.12:2379: bind: address already in use')], two)]), [
    'cause_port_taken',
  ]);
  const restarted = seen(reason('restarted', { member: two, restarts: 1, at: '2026-11-28T14:00:00Z' }));
  finds(t, found([restarted]), ['cause_etcd_restarted | x-k3s-m-2 | picket events x-k3s --node x-k3s-m-2 --since 24h']);
  const back = reason('conf_put_back', {
    changed: 'conf',
    why: reason('conf_crashed', { how: null, lastWords: null }),
  });
  finds(t, found([seen(back, two, 'agent')]), ['cause_rollout_stopped | x-k3s-m-2']);
  const flags = 'failed to verify flags';
  const error = '--election-timeout[1000ms] should be at least as 5 times as --heartbeat-interval[900ms]';
  const refused = found([ended, ...logged([line(flags, { error })], two)]);
  finds(t, refused, ['cause_settings_refused | x-k3s-m-2 | picket cluster history x-k3s']);
  finds(t, found(logged([line('discovery failed', { error: 'open /etc/etcd/ca.pem: permission denied' })], two)), [
    'cause_file_missing | x-k3s-m-2 | x-k3s-m-2: ls -l',
  ]);
});

t.test('an etcd that goes to another minor version by order is named, and is no fault', async (t) => {
  const goes = seen(reason('minor_ordered', { from: '3.5', minor: '3.6' }), two, 'machine');
  finds(t, found([goes]), ['cause_minor_ordered | x-k3s-m-2']);
  const stays = seen(reason('no_way_back', { back: '3.5', cluster: '3.6' }), two, 'agent');
  const ended = seen(reason('ended', { how: 'exit status 1', lastWords: null }), two, 'agent');
  const died = logged([line('discovery failed', { error: 'membership: too many learner members in cluster' })], two);
  finds(t, found([ended, stays, ...died]), [
    'cause_data_of_former_etcd | x-k3s-m-2',
    'cause_minor_ordered | x-k3s-m-2',
  ]);
});

t.test('an etcd that does not start after a change of its version', async (t) => {
  const ended = seen(reason('ended', { how: 'exit status 1', lastWords: null }), two, 'agent');
  const of = (...lines: string[]) => found([ended, ...logged(lines, two)]);
  const older = line('invalid downgrade; server version is lower than determined cluster version');
  finds(t, of(older), ['cause_etcd_too_old | x-k3s-m-2 | x-k3s-m-2: picket-agent status; etcd --version']);
  const joins = line('discovery failed', { error: 'incompatible with current running cluster' });
  finds(t, of(joins), ['cause_cannot_join | x-k3s-m-2']);
  const tooHigh = line('cluster version of remote member is not compatible; too high');
  finds(t, of(tooHigh, joins), ['cause_etcd_too_old | x-k3s-m-2'], 'it says why it cannot join');
  const former = [
    line('discovery failed', { error: 'membership: too many learner members in cluster' }),
    'panic: unmarshal should never fail (proto: cannot parse invalid wire-format data)',
    line('detected disallowed v2 WAL for stage --v2-deprecation=write-only'),
  ];
  for (const one of former)
    finds(t, of(one), ['cause_data_of_former_etcd | x-k3s-m-2 | x-k3s-m-2: picket-agent status; etcd --version'], one);
  const held = reason('minor_to_install', { minor: '3.6', installed: '3.5.30', remedy: null, begins: false });
  finds(t, found([seen(held, two, 'agent'), ...logged([older], two)]), ['cause_version_held_back | x-k3s-m-2']);
  const refused = line('failed to verify flags', { error: 'unrecognized feature gate: Nonsense' });
  finds(t, of(refused), ['cause_settings_refused | x-k3s-m-2']);
});

t.test('Picket itself: frozen, quarantined, copied, re-adopted, states that are not applied, snapshots', async (t) => {
  const status = { statusNext: { command: 'picket cluster unfreeze x-k3s', on: null } };
  const frozen = reason('stays_frozen', { why: reason('rests_after_restore'), isBehind: false, besides: null });
  t.strictSame(found([seen(frozen)], status), ['cause_frozen |  | picket cluster unfreeze x-k3s']);
  const readopt = { name: two, nodeId: '8bf40d9ec32e42638fa2', keys: 1, isKnown: true };
  t.strictSame(found([seen(reason('node_to_readopt', readopt)), seen(frozen)], status), [
    'cause_awaits_readoption | x-k3s-m-2 | picket node readopt 8bf40d9ec32e42638fa2',
  ]);
  const quarantined = reason('quarantined', { why: reason('claims_unpublished') });
  finds(t, found([seen(reason('of_member', { member: two, why: quarantined }))]), ['cause_quarantined | x-k3s-m-2']);
  const copied = {
    name: two,
    nodeId: 'n2',
    at: '2026-11-28T14:00:00Z',
    because: reason('two_runs_report'),
    kind: 'member',
  } as const;
  finds(t, found([seen(reason('identity_is_frozen', copied))]), ['cause_copied_node | x-k3s-m-2 | picket node list']);
  const failed = reason('step_failed', {
    step: 'write-file',
    path: '/etc/etcd/conf.yml',
    why: reason('error_says', { text: 'EROFS' }),
  });
  finds(t, found([seen(failed, two, 'agent')]), ['cause_state_not_applied | x-k3s-m-2 | x-k3s-m-2: picket-agent once']);
  finds(t, found([seen(reason('snapshot_late', { lastAt: '2026-11-28T14:00:00Z', everyMinutes: 60 }))]), [
    'cause_snapshots_fail',
  ]);
});

t.test('a restored coordinator: nothing is said of etcd, and nobody is sent to unfreeze', async (t) => {
  const why = reason('restored_from_backup', { of: '2026-11-27T13:00:46.747Z' });
  const frozen = seen(reason('stays_frozen', { why, isBehind: false, besides: null }));
  const watch = { statusNext: { command: 'picket status x-k3s --watch', on: null }, trouble: frozen };
  t.strictSame(found([frozen, seen(reason('cluster_frozen', { why }))], watch), [
    'cause_restored |  | picket status x-k3s --watch',
  ]);
  const waiting = [one, two, three].map((member) =>
    seen(reason('of_member', { member, why: reason('awaits_readoption', { nodeId: '8bf40d9ec32e42638fa2' }) })),
  );
  const [finding, ...others] = diagnose(sceneOf([frozen, ...waiting], { failing: [one, two, three], trouble: frozen }));
  t.match(finding, { cause: 'cause_awaits_readoption', members: [one, two, three], page: 're-adopt-nodes.md' });
  t.strictSame(
    finding?.effects.map(({ code }) => code),
    ['cause_restored'],
  );
  t.strictSame(others, []);
  const behind = seen(reason('stays_frozen', { why: reason('rests_after_restore'), isBehind: true, besides: null }));
  t.strictSame(found([behind], { trouble: behind }), ['cause_store_behind |  | nothing']);
});

t.test('members without a machine, held, compromised, or declared by nobody; a coordinator that listens', async (t) => {
  const missing = seen(reason('of_member', { member: three, why: reason('not_joined') }));
  t.strictSame(found([missing]), ['cause_machine_missing | x-k3s-m-3 | picket token create x-k3s --member x-k3s-m-3']);
  const several = { statusNext: { command: 'picket token create x-k3s --uses 2', on: null } };
  t.strictSame(found([missing], several), ['cause_machine_missing | x-k3s-m-3 | picket token create x-k3s --uses 2']);
  const hold = { member: two, by: 'operator ada', until: '2026-11-28T15:00:00.000Z', why: null };
  const held = seen(reason('held_fails', { able: 2, all: 3, quorum: 2, ...hold }));
  t.strictSame(found([held], { trouble: held }), ['cause_held | x-k3s-m-2 | picket member release x-k3s x-k3s-m-2']);
  const votes = seen(reason('compromised_votes', { member: three, obstacle: null }));
  finds(t, found([votes, missing], { trouble: votes, failing: [three] }), ['cause_compromised | x-k3s-m-3']);
  const undeclared = { memberId: 'b7', name: 'other', peerUrls: ['https://192.168.7.19:2380'], isRestored: false };
  const added = { ...undeclared, role: 'voter' } as const;
  finds(t, found([seen(reason('undeclared_member', added))]), ['cause_undeclared_member |  | etcdctl member list']);
  const { isRestored: _restored, ...listed } = added;
  finds(t, found([seen(reason('member_added_elsewhere', { ...listed, member: three }))]), [
    'cause_undeclared_member | x-k3s-m-3 | etcdctl member list',
  ]);
  const listens = seen(reason('still_listening', { unheard: [one], seconds: 90, clockWasSet: false }));
  finds(t, found([listens], { trouble: listens }), ['cause_listening']);
});

t.test('no quorum, and a voter that is down, without a reason that tells more', async (t) => {
  const rescue = { statusNext: { command: 'picket-agent status', on: one } };
  const away = reason('etcd_silent', { state: 'running' });
  const quorum = seen(reason('no_quorum', { able: 1, all: 3, quorum: 2, off: [] }));
  const down = [two, three].map((member) => seen(reason('of_member', { member, why: away })));
  t.strictSame(found([quorum, ...down], { ...rescue, failing: [two, three] }), [
    'cause_no_quorum |  | x-k3s-m-1: picket-agent diagnose',
  ]);
  finds(t, found([seen(reason('of_member', { member: two, why: away }))]), ['cause_voter_down | x-k3s-m-2']);
  const lost = seen(reason('of_member', { member: one, why: reason('etcd_silent', { state: 'lost-data' }) }));
  const [left, first] = diagnose(sceneOf([quorum, lost, ...down], { failing: [one, two, three] }));
  t.match([left, first], [{ cause: 'cause_no_quorum' }, { cause: 'cause_voter_down', members: [one] }]);
  t.match(
    left?.effects,
    [{ facts: { members: [two, three] } }],
    'R19: what a missing quorum does not explain is a cause',
  );
});

t.test('the seed’s two failures, which have other tests on a real etcd', async (t) => {
  const usage = {
    'remote-addr': '127.0.0.1:50242',
    error: 'tls: failed to verify client certificate: x509: certificate specifies an incompatible key usage',
  };
  finds(t, found(logged([line('rejected connection', usage)], one)), [
    'cause_key_usage | x-k3s-m-1 | x-k3s-m-1: openssl x509',
  ]);
  const name = { error: 'expected IP in URL for binding (http://x-k3s-m-1.edge.huatai.me:2380)' };
  finds(t, found(logged([line('failed to verify flags', name)], one)), [
    'cause_listen_on_name | x-k3s-m-1 | x-k3s-m-1: grep -n listen',
  ]);
  const names = { 'remote-peer-id': 'a3', error: 'x509: certificate is valid for 127.0.0.1, not 192.168.7.13' };
  finds(t, found(logged([line('prober detected unhealthy status', names)], one)), ['cause_name_missing | x-k3s-m-3']);
});
