import { closeSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import t, { type Test } from 'tap';
import { runProgram } from '../../packages/agent/src/commands/program.ts';
import { authority } from '../../packages/agent/test/pki.ts';
import { slowDisk } from '../support/slow-disk.ts';
import { until } from '../support/until.ts';
import { type HandBuilt, handBuilt, type Slip } from './hand-built.ts';

/** Failures of a real etcd that somebody sets up by hand as in the seed; each on loopback addresses of its own. */
t.jobs = 3;
const ca = await authority('seed CA');
const foreign = await authority('foreign CA');

/** What `picket-agent diagnose` prints on the machine of this member, and its exit status. */
async function diagnosed({ folder, confFile }: HandBuilt, form: 'json' | 'text' = 'json') {
  const config = join(folder, 'agent.yml');
  writeFileSync(config, `stateDir: ${folder}/picket\netcDir: ${folder}\nlogFile: ${folder}/etcd.log\ninit: process\n`);
  let out = '';
  const io = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (out += text) },
    stdin: Readable.from([]),
    env: {},
    uid: process.getuid?.() ?? null,
    architecture: 'x64',
    random: () => 1,
    buildTime: 0,
    signal: new AbortController().signal,
    failpoint: () => {},
  };
  const line = ['diagnose', '--config', config, '--etcd-config', confFile, '--output', form];
  return { exit: await runProgram(line, io), out };
}

/** What a busy machine shows besides. */
const ofBusyMachine = [
  'cause_slow_disk',
  'cause_slow_disk_elections',
  'cause_disk_low',
  'cause_disk_full',
  'cause_hot',
];

/** This finding first, once it is there, and then the others that are not of a busy machine. */
async function finds(member: HandBuilt, cause: string): Promise<DiagnosisView['findings']> {
  return until(
    `${member.name} finds ${cause}`,
    async () => {
      const { findings } = JSON.parse((await diagnosed(member)).out) as DiagnosisView;
      const [found] = findings.filter((one) => one.cause.code === cause);
      const others = findings.filter((one) => one !== found && !ofBusyMachine.includes(one.cause.code));
      return found !== undefined && [found, ...others];
    },
    { within: 60_000, lastSeen: () => member.log().slice(-2000) },
  );
}

/** Resolves once nothing is found that is not of a busy machine. */
async function findsNone(member: HandBuilt): Promise<void> {
  let last = '';
  await until(
    `${member.name} finds nothing`,
    async () => {
      last = (await diagnosed(member)).out;
      const { findings } = JSON.parse(last) as DiagnosisView;
      return findings.every((one) => ofBusyMachine.includes(one.cause.code));
    },
    { within: 60_000, lastSeen: () => last },
  );
}

function scene(title: string, slips: readonly Slip[], act: (t: Test, members: readonly HandBuilt[]) => Promise<void>) {
  void t.test(title, async (t) => {
    const members = await handBuilt(t, ca, slips);
    await act(t, members);
    for (const member of members) await member.stop();
  });
}

function only(members: readonly HandBuilt[]): HandBuilt {
  const [one] = members;
  if (one === undefined) throw new Error('there is one');
  return one;
}

async function start(members: readonly HandBuilt[]) {
  for (const member of members) await member.start();
}

/** The third of three, which the others refuse, and the leader, once its log says this of the third. */
async function parted(members: readonly HandBuilt[], words: RegExp) {
  const [one, two, ill] = members;
  if (one === undefined || two === undefined || ill === undefined) throw new Error('there are three');
  const leader = await until('a leader says it', () => [one, two].find((member) => words.test(member.log())), {
    within: 60_000,
  });
  return { ill, leader };
}

const codes = (findings: DiagnosisView['findings']) => findings.map(({ cause }) => cause.code);

scene(
  'the seed’s first failure: a server certificate without clientAuth',
  [{ serverUsage: 'coordinator' }],
  async (t, members) => {
    const one = only(members);
    await start(members);
    await one.says(/ready to serve client requests/);
    // etcd 3.7 dials itself only at the first call of its gateway. The certificate fails as that of a client, too.
    await one.etcdctl('endpoint', 'health', '--command-timeout=1s');
    await one.says(/incompatible key usage/);
    const [finding, ...others] = await finds(one, 'cause_key_usage');
    t.strictSame(codes(others), []);
    t.match(finding, {
      members: ['m-1'],
      proof: [
        {
          code: 'file_lacks_usage',
          facts: { missing: ['clientAuth'], path: join(one.folder, 'server.pem') },
          from: 'machine',
        },
        { code: 'etcd_saw_key_usage', from: 'etcd-log', at: String },
      ],
      next: { command: /^openssl x509 -in .*server\.pem -noout .*extendedKeyUsage$/, on: null },
      page: 'docs/how-to/find-the-cause.md#incompatible-key-usage',
    });
    const { exit, out } = await diagnosed(one, 'text');
    t.equal(exit, 3);
    t.match(out, /^m-1: \d causes? found\n/);
    const [cause, proof] = [finding?.cause, finding?.proof[0]];
    t.ok(cause !== undefined && proof !== undefined);
    if (cause && proof) t.match(out, `${inWords(cause)} (${cause.code})\n  Proof:\n    - ${inWords(proof)} (`);
  },
);

scene(
  'the seed’s second failure: a host name where etcd listens',
  [{ conf: { 'listen-peer-urls': 'https://x-k3s-m-1.edge.huatai.me:2380' } }],
  async (t, members) => {
    const one = only(members);
    await start(members);
    await one.says(/expected IP in URL for binding/);
    const [finding] = await finds(one, 'cause_listen_on_name');
    t.match(finding?.proof, [
      { code: 'conf_listens_on_name', facts: { key: 'listen-peer-urls' } },
      { code: 'etcd_listen_name', at: String },
    ]);
  },
);

scene(
  'settings that do not fit together: etcd refuses them',
  [{ conf: { 'heartbeat-interval': 900, 'election-timeout': 1000 } }],
  async (t, members) => {
    const one = only(members);
    await start(members);
    await one.says(/failed to verify flags/);
    const [finding, ...others] = await finds(one, 'cause_settings_refused');
    t.match(finding?.proof, [{ code: 'etcd_settings_refused', facts: { setting: 'election-timeout' } }]);
    t.strictSame(codes(others), []);
  },
);

scene(
  'certificates of a foreign CA in place: found there, and by its peer',
  [{}, {}, { issuer: foreign }],
  async (t, members) => {
    await start(members);
    const { ill, leader } = await parted(members, /peer URL.*signed by unknown authority/);
    await ill.says(/unknown certificate authority|bad certificate/);
    const there = await finds(ill, 'cause_authority_mismatch');
    t.match(there[0]?.proof[0], { code: 'file_of_other_authority', about: 'm-3' });
    t.strictSame(codes(there), ['cause_authority_mismatch'], 'that TLS fails is its effect');
    const far = await finds(leader, 'cause_authority_mismatch');
    t.strictSame(far[0]?.members, ['m-3'], 'it is the peer’s');
  },
);

scene('a certificate that has ended, with the clock that says so', [{}, {}, { ended: true }], async (t, members) => {
  await start(members);
  const { ill, leader } = await parted(members, /peer URL.*has expired/);
  t.match((await finds(ill, 'cause_certificate_ended'))[0]?.proof[0], {
    code: 'file_ended',
    facts: { until: String, now: String },
  });
  const [far] = await finds(leader, 'cause_certificate_ended');
  t.match(far, { members: ['m-3'], proof: [{ facts: { clock: String, bound: String } }] });
});

scene(
  'a certificate that is not valid yet, as a clock that is behind sees it',
  [{}, {}, { early: true }],
  async (t, members) => {
    await start(members);
    const { ill, leader } = await parted(members, /peer URL.*is not yet valid/);
    t.match((await finds(ill, 'cause_certificate_early'))[0], {
      members: ['m-3'],
      proof: [{ code: 'file_begins_later' }],
      next: { command: /-dates; date -u$/ },
    });
    const [far, ...others] = await finds(leader, 'cause_certificate_early');
    t.match(far, { members: ['m-3'], proof: [{ facts: { clock: String, bound: String } }] });
    t.strictSame(codes(others), [], 'that TLS fails is its effect');
  },
);

scene(
  'an address that is missing in a certificate',
  [{}, { sans: [{ type: 'dns', value: 'localhost' }] }],
  async (t, members) => {
    const [one, two] = members;
    if (one === undefined || two === undefined) throw new Error('there are two');
    await start(members);
    await one.says(/any IP SANs|DNSNames/);
    t.match((await finds(two, 'cause_name_missing'))[0]?.proof[0], {
      code: 'file_lacks_name',
      facts: { wanted: two.address },
    });
    t.ok(codes(await finds(one, 'cause_name_missing')).length > 0);
  },
);

scene('another cluster ID', [{}, {}, { conf: { 'initial-cluster-token': 'other' } }], async (t, members) => {
  await start(members);
  const last = members.at(-1);
  if (last === undefined) throw new Error('there are three');
  await last.says(/cluster ID mismatch/);
  t.match((await finds(last, 'cause_other_cluster'))[0]?.proof, [
    { code: 'etcd_saw_other_cluster', facts: { own: String, other: String } },
  ]);
});

scene('a peer that does not run, and later a wiped disk', [{}, {}, {}], async (t, members) => {
  const [one, , three] = members;
  if (one === undefined || three === undefined) throw new Error('there are three');
  await start(members);
  await one.says(/ready to serve client requests/);
  await three.says(/ready to serve client requests/);
  await three.stop();
  await one.says(/connection refused/);
  t.match((await finds(one, 'cause_peer_refused'))[0]?.members, ['m-3']);
  await three.start();
  await findsNone(one);
  await three.stop();
  rmSync(join(three.folder, 'data'), { recursive: true });
  await three.start();
  await three.says(/already been bootstrapped/);
  const [finding] = await finds(three, 'cause_data_lost');
  t.match(finding, { members: ['m-3'], proof: [{ code: 'etcd_was_bootstrapped' }] });
});

scene('a port that is taken', [{}], async (t, members) => {
  const one = only(members);
  const other = createServer().listen(2379, one.address);
  t.teardown(() => other.close());
  await start(members);
  await one.says(/address already in use/);
  const [finding] = await finds(one, 'cause_port_taken');
  t.match(finding?.proof, [{ code: 'port_to_be_free', facts: { port: 2379 } }, { code: 'etcd_port_taken' }]);
  t.equal(finding?.next?.command, "ss -ltnp 'sport = :2379' 2>/dev/null || netstat -ltnp");
  other.close();
  await start(members);
  await one.says(/ready to serve client requests/);
  await findsNone(one);
});

scene(
  'an address that the machine does not have',
  [{ conf: { 'listen-peer-urls': 'https://192.0.2.1:2380' } }],
  async (t, members) => {
    await start(members);
    await only(members).says(/cannot assign requested address/);
    t.match((await finds(only(members), 'cause_address_missing'))[0]?.members, ['m-1']);
  },
);

scene('a damaged write-ahead log', [{}], async (t, members) => {
  const one = only(members);
  await start(members);
  await one.says(/ready to serve client requests/);
  await one.stop();
  const wal = join(one.folder, 'data/member/wal');
  const [file] = readdirSync(wal)
    .filter((name) => name.endsWith('.wal'))
    .sort();
  const open = openSync(join(wal, file ?? ''), 'r+');
  writeSync(open, Buffer.from('damaged!'), 0, 8, 100);
  closeSync(open);
  await start(members);
  await one.says(/crc mismatch/);
  t.match((await finds(one, 'cause_data_damaged'))[0]?.proof, [
    { code: 'etcd_wal_damaged', facts: { words: 'walpb: crc mismatch' } },
  ]);
});

scene(
  'a database that is full, until its alarm is disarmed',
  [{ conf: { 'quota-backend-bytes': 1024 * 1024 } }],
  async (t, members) => {
    const one = only(members);
    await start(members);
    await one.says(/ready to serve client requests/);
    await until(
      'etcd takes no writes',
      async () => {
        const { code, stderr } = await one.etcdctl('put', 'key', 'x'.repeat(100_000));
        return code !== 0 && /database space exceeded/.test(stderr);
      },
      { within: 60_000 },
    );
    t.match((await finds(one, 'cause_database_full'))[0], {
      members: ['m-1'],
      proof: [{ code: 'etcd_no_space', from: 'machine' }],
    });
    const { stdout } = await one.etcdctl('get', 'key', '--write-out', 'json');
    await one.etcdctl('compact', String(JSON.parse(stdout).header.revision));
    await one.etcdctl('defrag');
    t.match(await one.etcdctl('alarm', 'disarm'), { code: 0, stdout: 'NOSPACE' });
    await findsNone(one);
  },
);

scene('a member that another hand removed', [{}, {}, {}], async (t, members) => {
  const [one, , three] = members;
  if (one === undefined || three === undefined) throw new Error('there are three');
  await start(members);
  const removed = async () => {
    const { stdout } = await one.etcdctl('member', 'list');
    const [, id = ''] = /^([0-9a-f]+), started, m-3,/m.exec(stdout) ?? [];
    return (await one.etcdctl('member', 'remove', id)).code === 0;
  };
  // etcd refuses it until its voters have been connected for five seconds.
  await until('it is removed', removed, { within: 60_000, every: 500 });
  await three.says(/permanently removed/);
  t.match((await finds(three, 'cause_member_removed'))[0], {
    members: ['m-3'],
    proof: [{ code: 'etcd_member_removed' }],
  });
});

scene('a disk so slow that another member is elected', [{}, {}, {}], async (t, members) => {
  const pids = new Map<HandBuilt, number>();
  for (const member of members) pids.set(member, (await member.start()).pid ?? 0);
  const leads = async () => {
    for (const member of members) {
      const { stdout } = await member.etcdctl('endpoint', 'status', '--write-out', 'json');
      const [{ Status }] = stdout === '' ? [{}] : JSON.parse(stdout);
      if (Status !== undefined && Status.leader === Status.header.member_id) return member;
    }
    return null;
  };
  const leader = await until('one leads', leads, { within: 60_000 });
  const disk = await slowDisk(pids.get(leader) ?? 0, 3000);
  const [other] = members.filter((member) => member !== leader);
  await until(
    'another one is elected',
    async () => {
      await other?.etcdctl('--command-timeout=2s', 'put', 'key', 'value');
      return / lost leader | changed leader from /.test(leader.log()) && /slow fdatasync/.test(leader.log());
    },
    { within: 60_000 },
  );
  const [finding] = await finds(leader, 'cause_slow_disk_elections');
  t.match(finding?.members, [leader.name]);
  await disk.mend();
});

scene('a file that conf.yml names and that is not there', [{}], async (t, members) => {
  rmSync(join(only(members).folder, 'ca.pem'));
  await start(members);
  await only(members).says(/no such file/);
  t.match((await finds(only(members), 'cause_file_missing'))[0]?.proof[0], { code: 'file_missing' });
});

scene(
  'a name that cannot be resolved',
  [
    {
      conf: {
        'initial-cluster': 'm-1=https://nowhere.invalid:2380',
        'initial-advertise-peer-urls': 'https://nowhere.invalid:2380',
      },
    },
  ],
  async (t, members) => {
    t.match((await finds(only(members), 'cause_dns'))[0]?.next?.command, 'getent hosts nowhere.invalid');
  },
);

scene('an etcd that serves: nothing is found, and the exit status is 0', [{}], async (t, members) => {
  await start(members);
  await only(members).says(/ready to serve client requests/);
  const { exit, out } = await diagnosed(only(members));
  const { findings } = JSON.parse(out) as DiagnosisView;
  t.strictSame(
    codes(findings).filter((code) => !ofBusyMachine.includes(code)),
    [],
  );
  t.equal(exit, findings.length > 0 ? 3 : 0);
});
