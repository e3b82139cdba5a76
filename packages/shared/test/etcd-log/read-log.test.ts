import { asLogFact } from '@picket/shared/etcd-log/log-fact.ts';
import { readLine } from '@picket/shared/etcd-log/read-line.ts';
import { readLog, readRunningLog } from '@picket/shared/etcd-log/read-log.ts';
import { fits } from '@picket/shared/protocol/check.ts';
import { NodeStatus } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { readyStatus } from '../samples/node-status.ts';

type Shown = readonly [line: string, code: string, facts: object];

/** Of a real etcd of the version that each comment names: how it ends after a change of version. */
const ofVersions: readonly Shown[] = [
  // 3.5.16, on data of 3.6.14.
  [
    '{"level":"fatal","ts":"2026-11-30T14:23:22.025053Z","caller":"membership/downgrade.go:69","msg":"invalid downgrade; server version is lower than determined cluster version","current-server-version":"3.5.16","determined-cluster-version":"3.6","stacktrace":"go.etcd.io/etcd"}',
    'etcd_older_than_cluster',
    { own: '3.5', cluster: '3.6' },
  ],
  // 3.5.16, as a learner of 3.6.14. Of its own version it names the lowest that it joins.
  [
    '{"level":"warn","ts":"2026-11-30T14:27:48.979605Z","caller":"etcdserver/cluster_util.go:263","msg":"cluster version of remote member is not compatible; too high","remote-member-id":"32e1c373b914ae22","remote-member-cluster-version":"3.6.0","minimum-cluster-version-supported":"3.0.0"}',
    'etcd_older_than_cluster',
    { own: null, cluster: '3.6' },
  ],
  [
    '{"level":"fatal","ts":"2026-11-30T14:27:49.009209Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"incompatible with current running cluster","stacktrace":"go.etcd.io/etcd"}',
    'etcd_cannot_join',
    {},
  ],
  // 3.6.14.
  [
    '{"level":"warn","ts":"2026-11-30T14:23:15.844976Z","caller":"etcdmain/etcd.go:66","msg":"failed to verify flags","error":"cannot specify both flags: --experimental-compact-hash-check-enabled=true and --feature-gates=CompactHashCheck=true at the same time, please just use --feature-gates=CompactHashCheck=true"}',
    'etcd_settings_conflict',
    { setting: 'experimental-compact-hash-check-enabled', other: 'feature-gates' },
  ],
  [
    '{"level":"warn","ts":"2026-11-30T14:23:15.870381Z","caller":"etcdmain/etcd.go:66","msg":"failed to verify flags","error":"unrecognized feature gate: Nonsense"}',
    'etcd_gate_unknown',
    { gate: 'Nonsense' },
  ],
  // 3.6.14, on data of 3.5.16 with keys of API v2, in the log and in a snapshot.
  [
    '{"level":"panic","ts":"2026-11-30T14:23:36.214659Z","caller":"etcdserver/apply_v2.go:31","msg":"detected disallowed v2 WAL for stage --v2-deprecation=write-only","method":"PUT","stacktrace":"go.etcd.io/etcd"}',
    'etcd_has_former_api_data',
    {},
  ],
  [
    '{"level":"fatal","ts":"2026-11-30T14:27:56.084903Z","caller":"etcdmain/etcd.go:183","msg":"discovery failed","error":"detected disallowed custom content in v2store for stage --v2-deprecation=write-only","stacktrace":"go.etcd.io/etcd"}',
    'etcd_has_former_api_data',
    {},
  ],
  // 3.6.14, on data of 3.5.16 whose members were promoted.
  [
    '{"level":"fatal","ts":"2026-11-30T14:30:32.377830Z","caller":"etcdmain/etcd.go:183","msg":"discovery failed","error":"membership: too many learner members in cluster","stacktrace":"go.etcd.io/etcd"}',
    'etcd_counts_learners',
    {},
  ],
  // 3.6.14, on data of 3.7.1.
  [
    '{"level":"fatal","ts":"2026-11-30T14:29:55.906954Z","caller":"etcdmain/etcd.go:183","msg":"discovery failed","error":"version \\"3.7.0\\" is not supported","stacktrace":"go.etcd.io/etcd"}',
    'etcd_older_than_data',
    { data: '3.7' },
  ],
  // 3.7.1, on data of 3.5.16: in the log, and on the console.
  [
    '{"level":"panic","ts":"2026-11-30T14:29:49.846085Z","caller":"schedule/schedule.go:202","msg":"execute job failed","job":"server_applyAll","panic":"unmarshal should never fail (proto: cannot parse invalid wire-format data)","stacktrace":"go.etcd.io/etcd"}',
    'etcd_entry_unreadable',
    {},
  ],
  [
    'panic: unmarshal should never fail (proto: cannot parse invalid wire-format data) [recovered]',
    'etcd_entry_unreadable',
    {},
  ],
];

/** Lines of a real etcd 3.5.16, and what they show. Those of the seed's etcd 3.5.2 come first. */
const lines: readonly Shown[] = [
  [
    '{"level":"warn","ts":"2022-04-11T23:59:13.567+0800","caller":"embed/config_logging.go:169","msg":"rejected connection","remote-addr":"192.168.7.11:53050","server-name":"","error":"tls: failed to verify client certificate: x509: certificate specifies an incompatible key usage"}',
    'etcd_saw_key_usage',
    { side: 'client', remote: '192.168.7.11' },
  ],
  [
    '{"level":"warn","ts":1649611005.237307,"caller":"etcdmain/etcd.go:74","msg":"failed to verify flags","error":"expected IP in URL for binding (http://x-k3s-m-1.edge.huatai.me:2380)"}',
    'etcd_listen_name',
    { url: 'http://x-k3s-m-1.edge.huatai.me:2380' },
  ],
  [
    '{"level":"warn","ts":"2026-11-30T01:40:11.567194Z","caller":"etcdmain/etcd.go:75","msg":"failed to verify flags","error":"--election-timeout[1000ms] should be at least as 5 times as --heartbeat-interval[900ms]"}',
    'etcd_settings_refused',
    { setting: 'election-timeout' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:49.237825Z","msg":"rejected connection on client endpoint","remote-addr":"127.0.0.1:44268","server-name":"","error":"tls: failed to verify certificate: x509: certificate specifies an incompatible key usage"}',
    'etcd_saw_key_usage',
    { side: 'client', remote: '127.0.0.1' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:52.506308Z","msg":"rejected connection on peer endpoint","remote-addr":"192.168.7.13:41364","server-name":"","error":"tls: failed to verify certificate: x509: certificate signed by unknown authority"}',
    'etcd_saw_unknown_authority',
    { side: 'peer', remote: '192.168.7.13' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:49.400668Z","msg":"failed to reach the peer URL","address":"https://192.168.7.13:2380/version","remote-member-id":"e4c6e405f2dbcbf0","error":"Get \\"https://192.168.7.13:2380/version\\": tls: failed to verify certificate: x509: certificate signed by unknown authority"}',
    'etcd_saw_unknown_authority',
    { side: 'peer', remote: 'https://192.168.7.13:2380' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:51.671463Z","msg":"prober detected unhealthy status","round-tripper-name":"ROUND_TRIPPER_SNAPSHOT","remote-peer-id":"388f6a8fc86e928c","rtt":"0s","error":"remote error: tls: unknown certificate authority"}',
    'etcd_was_refused',
    { remote: '388f6a8fc86e928c', alert: 'unknown certificate authority' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:51.671463Z","msg":"rejected connection on client endpoint","remote-addr":"192.168.7.20:50000","server-name":"","error":"remote error: tls: bad certificate"}',
    'etcd_client_refuses',
    { remote: '192.168.7.20', alert: 'bad certificate' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:46.910906Z","msg":"rejected connection on peer endpoint","remote-addr":"192.168.7.13:54838","server-name":"","error":"tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-28T14:13:46Z is after 2026-11-28T14:12:46Z"}',
    'etcd_saw_expired',
    { side: 'peer', remote: '192.168.7.13', clock: '2026-11-28T14:13:46Z', bound: '2026-11-28T14:12:46Z' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:46.910906Z","msg":"rejected connection on peer endpoint","remote-addr":"192.168.7.13:54838","server-name":"","error":"tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 1970-01-01T00:01:46Z is before 2026-11-28T14:12:46Z"}',
    'etcd_saw_not_yet_valid',
    { side: 'peer', remote: '192.168.7.13', clock: '1970-01-01T00:01:46Z', bound: '2026-11-28T14:12:46Z' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:53.056556Z","msg":"prober detected unhealthy status","round-tripper-name":"ROUND_TRIPPER_RAFT_MESSAGE","remote-peer-id":"f3e0804a594ebab2","rtt":"0s","error":"tls: failed to verify certificate: x509: cannot validate certificate for 192.168.7.13 because it doesn\'t contain any IP SANs"}',
    'etcd_saw_no_name',
    { side: 'peer', remote: 'f3e0804a594ebab2', wanted: '192.168.7.13' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:53.928414Z","msg":"rejected connection on peer endpoint","remote-addr":"192.168.7.13:56552","server-name":"","ip-addresses":[],"dns-names":["wrong.example"],"error":"tls: \\"192.168.7.13\\" does not match any of DNSNames [\\"wrong.example\\"] (lookup wrong.example on 192.168.7.1:53: no such host)"}',
    'etcd_saw_no_name',
    { side: 'peer', remote: '192.168.7.13', wanted: '192.168.7.13' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:54.178833Z","msg":"failed to start etcd","error":"listen tcp 192.168.7.11:2379: bind: address already in use"}',
    'etcd_port_taken',
    { address: '192.168.7.11:2379' },
  ],
  [
    '{"level":"error","ts":"2026-11-28T14:13:56.686404Z","msg":"creating peer listener failed","error":"listen tcp 192.0.2.1:2380: bind: cannot assign requested address","stacktrace":"go.etcd.io/etcd"}',
    'etcd_address_missing',
    { address: '192.0.2.1:2380' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:13:56.460204Z","msg":"request cluster ID mismatch","local-member-id":"5234779e71d15553","local-member-cluster-id":"ca6a81d1a9026582","remote-peer-server-name":"88c59e1397395e45","remote-peer-cluster-id":"df0156f40badd53f"}',
    'etcd_saw_other_cluster',
    { remote: '88c59e1397395e45', own: 'ca6a81d1a9026582', other: 'df0156f40badd53f' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:14:06.515101Z","msg":"failed to reach the peer URL","address":"https://192.168.7.13:2380/version","remote-member-id":"218dba6515ced80c","error":"Get \\"https://192.168.7.13:2380/version\\": dial tcp 192.168.7.13:2380: connect: connection refused"}',
    'etcd_connection_refused',
    { remote: 'https://192.168.7.13:2380' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:14:06.515101Z","msg":"prober detected unhealthy status","round-tripper-name":"ROUND_TRIPPER_RAFT_MESSAGE","remote-peer-id":"218dba6515ced80c","rtt":"0s","error":"dial tcp 192.168.7.13:2380: i/o timeout"}',
    'etcd_connection_lost',
    { remote: '192.168.7.13' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T21:39:21.927605Z","msg":"prober detected unhealthy status","round-tripper-name":"ROUND_TRIPPER_RAFT_MESSAGE","remote-peer-id":"152878145ae65058","rtt":"0s","error":"net/http: TLS handshake timeout"}',
    'etcd_connection_lost',
    { remote: '152878145ae65058' },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:14:06.515101Z","msg":"failed to reach the peer URL","address":"https://m-3.edge.huatai.me:2380/version","remote-member-id":"218dba6515ced80c","error":"Get \\"https://m-3.edge.huatai.me:2380/version\\": dial tcp: lookup m-3.edge.huatai.me on 192.168.7.1:53: no such host"}',
    'etcd_name_unknown',
    { name: 'm-3.edge.huatai.me' },
  ],
  [
    '{"level":"fatal","ts":"2026-11-28T14:13:58.691584Z","msg":"discovery failed","error":"walpb: crc mismatch","stacktrace":"go.etcd.io/etcd"}',
    'etcd_wal_damaged',
    { words: 'walpb: crc mismatch' },
  ],
  [
    '{"level":"fatal","ts":"2026-11-28T14:14:02.599183Z","msg":"discovery failed","error":"member 218dba6515ced80c has already been bootstrapped"}',
    'etcd_was_bootstrapped',
    { memberId: '218dba6515ced80c' },
  ],
  [
    'panic: tocommit(9) is out of range [lastIndex(0)]. Was the raft log corrupted, truncated, or lost?',
    'etcd_lost_entries',
    {},
  ],
  [
    '{"level":"warn","ts":"2026-11-28T20:45:49.838371Z","caller":"etcdserver/apply.go:752","msg":"alarm raised","alarm":"NOSPACE","from":"155092dc030dce79"}',
    'etcd_no_space',
    {},
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:14:02.599183Z","msg":"slow fdatasync","took":"1.2s","expected-duration":"1s"}',
    'etcd_slow_fsync',
    { tookMs: 1200 },
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:14:02.599183Z","msg":"leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk","to":"8c755bc3973b29d2","heartbeat-interval":"100ms"}',
    'etcd_late_heartbeat',
    {},
  ],
  [
    '{"level":"warn","ts":"2026-11-28T14:14:02.599183Z","msg":"prober found high clock drift","round-tripper-name":"ROUND_TRIPPER_RAFT_MESSAGE","remote-peer-id":"8c755bc3973b29d2","clock-drift":"1m2.5s","rtt":"1ms"}',
    'etcd_clock_drift',
    { remote: '8c755bc3973b29d2', driftMs: 62_500 },
  ],
  [
    '{"level":"info","ts":"2026-11-28T14:14:02.599183Z","msg":"raft.node: 8c755bc3973b29d2 changed leader from 8c755bc3973b29d2 to 218dba6515ced80c at term 7"}',
    'etcd_leader_changes',
    { count: 1 },
  ],
  ...ofVersions,
];

t.test('lines of etcd’s log are read as facts, with their time', async (t) => {
  for (const [line, code, facts] of lines) {
    const read = readLine(line);
    t.equal(read?.reason.code, code, line);
    t.strictSame(read?.reason.facts, facts, code);
    if (line.startsWith('{')) t.match(read?.at, /^20\d\d-\d\d-\d\dT/, code);
  }
  t.equal(readLine(lines[0]?.[0] ?? '')?.at, '2022-04-11T15:59:13.567Z', 'with the zone');
  t.equal(readLine(lines[1]?.[0] ?? '')?.at, '2022-04-10T17:16:45.237Z', 'as etcd 3.4 writes it');
});

t.test('routine lines, other programs’ lines and torn lines show nothing', async (t) => {
  for (const line of [
    '',
    '{"level":"info","ts":"2026-11-28T14:13:46.546132Z","msg":"serving client traffic securely","address":"192.168.7.11:2379"}',
    '{"level":"warn","ts":"2026-11-28T14:13:46.546132Z","msg":"simple token is not cryptographically signed"}',
    '{"level":"warn","ts":"2026-11-28T14:13:46.546132Z","msg":"rejecting member add request","error":"etcdserver: too many learner members in cluster"}',
    '{"level":"warn","ts":"2026-11-2',
    '{"ts":1e99,"msg":7,"error":{}}',
    'null',
  ])
    t.equal(readLine(line), null, line);
});

t.test('R11: no other text of a line is in the facts', async (t) => {
  const secret = 'pkt1.abcdefgh.SECRET.pin';
  for (const line of [
    `{"level":"warn","msg":"rejected connection on client endpoint","remote-addr":"192.168.7.20:1","error":"remote error: tls: bad certificate ${secret}","token":"${secret}"}`,
    `{"level":"warn","msg":"rejected connection on peer endpoint","error":"remote error: tls: ${secret}"}`,
    `{"level":"warn","msg":"failed ${secret}","error":"walpb: crc mismatch ${secret}"}`,
  ])
    t.notMatch(JSON.stringify(readLine(line)), 'SECRET', line);
});

t.test('R18: facts that are alike count once, the newest first, and their number is bounded', async (t) => {
  const line = (second: number, address: string) =>
    `{"level":"warn","ts":"2026-11-28T14:00:${String(second).padStart(2, '0')}Z","msg":"dial tcp ${address}:2380: connect: connection refused"}`;
  const twice = readLog([line(1, '192.168.7.12'), line(2, '192.168.7.13'), line(3, '192.168.7.12')]);
  t.strictSame(
    twice.map(({ reason, at }) => [reason.facts, at]),
    [
      [{ remote: '192.168.7.12' }, '2026-11-28T14:00:03.000Z'],
      [{ remote: '192.168.7.13' }, '2026-11-28T14:00:02.000Z'],
    ],
  );
  const many = Array.from({ length: 500 }, (_, index) => line(index % 60, `10.0.${index >> 8}.${index & 255}`));
  t.equal(readLog(many).length, 12);
});

t.test('what is ten minutes older than the last line may be over, and changes of the leader are counted', async (t) => {
  const lead = (time: string) =>
    `{"level":"info","ts":"2026-11-28T${time}Z","msg":"raft.node: a1 changed leader from a1 to a2 at term 7"}`;
  const refused =
    '{"level":"warn","ts":"2026-11-28T13:00:00Z","msg":"dial tcp 192.168.7.13:2380: connect: connection refused"}';
  t.strictSame(readLog([refused, lead('13:30:00'), lead('14:00:00'), lead('14:01:00')]), [
    { reason: { code: 'etcd_leader_changes', facts: { count: 2 } }, at: '2026-11-28T14:01:00.000Z' },
  ]);
});

t.test('an etcd that runs: what an earlier run has logged is over, and so is what was long ago', async (t) => {
  const refused = (time: string, address: string) =>
    `{"level":"warn","ts":"2026-11-28T${time}Z","msg":"dial tcp ${address}:2380: connect: connection refused"}`;
  const start = '{"level":"info","ts":"2026-11-28T14:00:02Z","msg":"starting an etcd server","etcd-version":"3.5.16"}';
  const lines = [refused('14:00:01', '192.168.7.12'), start, refused('14:00:03', '192.168.7.13')];
  const remotes = (now: string) => readRunningLog(lines, [], Date.parse(now)).map(({ reason }) => reason.facts);
  t.strictSame(remotes('2026-11-28T14:00:10Z'), [{ remote: '192.168.7.13' }]);
  t.strictSame(remotes('2026-11-28T14:02:00Z'), [], 'it has logged nothing for two minutes');
  const now = Date.parse('2026-11-28T14:00:10Z');
  const before = readRunningLog(lines.slice(2), [], now);
  t.equal(before.length, 1, 'the start is not in the lines');
  const later = [refused('14:00:43', '192.168.7.12')];
  const shown = (at: string) => readRunningLog(later, before, Date.parse(at)).map(({ reason }) => reason.facts);
  t.strictSame(shown('2026-11-28T14:00:50Z'), [{ remote: '192.168.7.12' }, { remote: '192.168.7.13' }], 'it is kept');
  t.strictSame(shown('2026-11-28T14:01:10Z'), [{ remote: '192.168.7.12' }], 'for a minute');
  t.strictSame(readRunningLog(lines.slice(2), before, now), before, 'once');
  const setBack = Date.parse('2026-11-28T13:00:00Z');
  t.strictSame(readRunningLog([], before, setBack), [], 'R14: the clock was ahead, and its times mean nothing now');
});

const reported = (logFacts: unknown) => {
  const status = readyStatus();
  return { ...status, service: { ...status.service, logFacts } };
};

t.test('each fact of a line can be reported, and comes back as it was', async (t) => {
  for (const [line, code] of lines) {
    const fact = readLine(line);
    if (fact === null) throw new Error(code);
    t.strictSame(asLogFact(fact), fact, code);
    t.ok(fits(NodeStatus, reported([fact])), code);
  }
  const strange = readLine('{"level":"fatal","ts":"+012026-11-28T14:00:00Z","msg":"walpb: crc mismatch"}');
  t.ok(strange !== null && fits(NodeStatus, reported([strange])), 'a time of no clock does not spoil a report');
});

t.test('R8: what no line of a log can show is no fact of a log', async (t) => {
  const at = '2026-11-28T14:00:00Z';
  const remote = '192.168.7.13';
  for (const reason of [
    // With an address it would be a fault of that peer.
    { code: 'etcd_wal_damaged', facts: { words: 'walpb: crc mismatch', remote } },
    { code: 'data_lost', facts: { remote } },
    { code: 'etcd_of_another_version', facts: {} },
    { code: 'etcd_saw_expired', facts: { side: 'peer', remote } },
    { code: 'etcd_connection_refused', facts: { remote: { code: 'data_lost', facts: {} } } },
    { code: 'etcd_connection_refused', facts: { remote: 'x'.repeat(254) } },
    { code: 'etcd_slow_fsync', facts: { tookMs: '1' } },
    { code: 'etcd_key_mismatch', facts: { why: { code: 'data_lost', facts: {} } } },
    { code: 'etcd_older_than_data', facts: { data: '3.7; rm -rf /' } },
  ])
    t.equal(asLogFact({ reason, at }), null, JSON.stringify(reason));
});

t.test('a fact that an older agent leaves out is not known', async (t) => {
  const at = '2026-11-28T14:00:00Z';
  t.strictSame(asLogFact({ reason: { code: 'etcd_older_than_cluster', facts: {} }, at })?.reason.facts, {
    own: null,
    cluster: null,
  });
});

t.test('R18: a report has a bounded number of facts of a bounded size', async (t) => {
  const fact = (name: string) => ({ reason: { code: 'etcd_name_unknown', facts: { name } }, at: null });
  t.ok(fits(NodeStatus, reported(Array.from({ length: 12 }, () => fact('x'.repeat(253))))));
  t.notOk(fits(NodeStatus, reported(Array.from({ length: 13 }, () => fact('x')))));
  t.notOk(fits(NodeStatus, reported([fact('x'.repeat(1000))])));
});

t.test('an alarm of a full database counts until it is disarmed', async (t) => {
  const alarm = (second: number, what: string) =>
    `{"level":"warn","ts":"2026-11-28T14:00:0${second}Z","msg":"alarm ${what}","alarm":"NOSPACE","from":"155092dc030dce79"}`;
  const codes = (lines: readonly string[]) => readLog(lines).map(({ reason }) => reason.code);
  t.strictSame(codes([alarm(1, 'raised'), alarm(2, 'disarmed')]), []);
  t.strictSame(codes([alarm(1, 'raised'), alarm(2, 'disarmed'), alarm(3, 'raised')]), ['etcd_no_space']);
});
