import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { ProgramOrder } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { type Agent, openAgent } from '../../src/loop/agent.ts';
import { type Outcome, reconcileOnce } from '../../src/loop/reconcile-once.ts';
import type { AgentFailpoint } from '../../src/program/failpoints.ts';
import { Killed, type TestMachine, testMachine } from '../machine.ts';
import { listed, report } from '../reconcile/samples.ts';

const permit = { id: 'permit000001', act: 'restart', validForSeconds: 90 } as const;
const incarnation = 'incarnation1';
const own = 'https://192.168.7.11:2379';
const [second, third] = ['https://192.168.7.12:2379', 'https://192.168.7.13:2379'] as const;

function releaseOf(version: string, digit: string): ProgramOrder {
  return { version, programs: [{ name: 'etcd', sha256: digit.repeat(64), sizeBytes: 7 }] };
}

const five = releaseOf('3.5.33', 'a');
const six = releaseOf('3.6.14', 'b');
const seven = releaseOf('3.7.1', 'c');

type Ending = 'serves' | 'hangs' | readonly string[];

interface Node {
  readonly machine: TestMachine;
  readonly agent: Agent;
  /** What an etcd does that starts: it serves, it hangs, or it ends with these last lines in its log. */
  readonly does: Map<string, Ending>;
}

const dies = [
  '{"level":"fatal","ts":"2026-12-01T10:00:00Z","msg":"discovery failed","error":"membership: too many learner members in cluster"}',
];
const tooOld = [
  '{"level":"fatal","ts":"2026-12-01T10:00:00Z","msg":"invalid downgrade; server version is lower than determined cluster version","current-server-version":"3.5.33","determined-cluster-version":"3.6"}',
];

/** The version of the binary that the service's definition names. */
function defined({ init, installed }: TestMachine): string {
  return /releases\/([^-]+)-/.exec(init.binary ?? '')?.[1] ?? installed.version ?? '';
}

function recorded({ paths }: TestMachine): string {
  return readFileSync(join(paths.dataRoot, `${incarnation}.version`), 'utf8').split('\n')[0] ?? '';
}

/** What the guard of the service does, also at a boot: it starts an etcd of the recorded minor version, and no other. */
function start({ machine, does }: Pick<Node, 'machine' | 'does'>): void {
  const version = defined(machine);
  const { init, etcd } = machine;
  etcd.answer = null;
  if (minorOf(version) !== recorded(machine)) {
    init.service = { kind: 'running', pid: 3, restarts: 0, guarding: true };
    return;
  }
  const ending = does.get(version) ?? 'serves';
  init.service = { kind: 'running', pid: 2, restarts: 0 };
  if (ending === 'serves') etcd.answer = { ...report, memberId: 'a1', version };
  if (typeof ending === 'string') return;
  init.lastLog = async () => ending;
  init.service = { kind: 'crashed', restarts: 1, how: 'exit status 1' };
}

interface Wanting extends Partial<MemberState> {
  readonly etcd: NonNullable<MemberState['etcd']>;
}

const names = [1, 2, 3].map((number) => `https://x-k3s-m-${number}.edge.example:2379`);

function byAddress(state: Wanting): Wanting {
  return state;
}

/** The same in a cluster whose URLs have names. */
function byName(state: Wanting): Wanting {
  const conf = state.etcd.conf.replace(/^(advertise-client-urls): .*$/m, `$1: "${names[0]}"`);
  return { ...state, endpoints: names, etcd: { ...state.etcd, conf } };
}

/** A member of three that serves with this release. */
async function settled(t: Test, program: ProgramOrder, known = byAddress): Promise<Node> {
  const machine = await testMachine(t);
  const does = new Map<string, Ending>();
  machine.etcd.members = [listed('a1'), listed('b2'), listed('c3')];
  for (const { programs } of [five, six, seven]) machine.fetched.add(programs?.[0]?.sha256 ?? '');
  machine.init.onStart = () => {
    mkdirSync(join(machine.paths.dataRoot, incarnation, 'member/wal'), { recursive: true });
    writeFileSync(join(machine.paths.dataRoot, incarnation, 'member/wal/0.wal'), '');
    start({ machine, does });
  };
  machine.coordinator.offer(machine.desired(known(wanting(machine, program))));
  const agent = await openAgent(machine.deps);
  const node = { machine, agent, does };
  await fetchDesiredState(agent, 0);
  await lives(node, 2);
  t.equal(recorded(machine), minorOf(program.version));
  machine.init.acts.length = 0;
  return node;
}

/** @param from the minor version of the order; left out without one */
function wanting(machine: TestMachine, program: ProgramOrder, from?: string): Wanting {
  const minor = minorOf(program.version);
  // Each minor version has settings of its own.
  const etcd = machine.etcdWanted(incarnation, 500 + Number(minor.split('.')[1]));
  const order = from === undefined ? {} : { from };
  return { program, endpoints: [own, second, third], etcd: { ...etcd, minor, ...order } };
}

async function offered({ machine, agent }: Node, change: Partial<MemberState>, generation = 8): Promise<Outcome> {
  machine.coordinator.offer(machine.desired({ generation, ...change }));
  await fetchDesiredState(agent, 0);
  return reconcileOnce(agent);
}

/** Reconciles once a second for this long, or every few seconds. */
async function lives(
  { machine, agent }: Pick<Node, 'machine' | 'agent'>,
  seconds: number,
  every = 1,
): Promise<Outcome> {
  let outcome = await reconcileOnce(agent);
  for (let second = 0; second < seconds; second += every) {
    machine.clock.advance(every * 1000);
    outcome = await reconcileOnce(agent);
  }
  return outcome;
}

function others({ machine }: Node, version: string | null): void {
  for (const url of [second, third]) {
    if (version === null) machine.clusterVersions.delete(url);
    else machine.clusterVersions.set(url, version);
  }
}

const ordered = (node: Node, program: ProgramOrder, from: string) => ({
  ...wanting(node.machine, program, from),
  permit,
});

for (const [way, is, next] of [
  ['up', five, six],
  ['down', six, five],
] as const) {
  t.test(`R17 ${way}: by order and permit, one restart brings the release, its conf.yml and the record`, async (t) => {
    const node = await settled(t, is);
    const { machine } = node;
    others(node, '3.5.0');
    machine.etcd.agreed = '3.5.0';
    const minor = minorOf(next.version);
    await offered(node, ordered(node, next, minorOf(is.version)));
    t.strictSame(machine.init.acts, ['stop', 'start']);
    const { status } = await lives(node, 12);
    t.strictSame([defined(machine), recorded(machine)], [next.version, minor]);
    t.match(status.service, { state: 'running', release: next.version, restartPending: false, rejected: null });
    t.match(status.etcd, { version: next.version, clusterVersion: '3.5.0' });
    t.match(status.agent, { generationApplied: 8, waits: [] });
    t.match(node.agent.journal.current().lastGood, { program: next }, 'it is what would be put back now');
  });
}

t.test('R17 without the order, or with one that skips a minor version, nothing of it starts', async (t) => {
  for (const [program, from, code] of [
    [six, undefined, 'minor_to_install'],
    [seven, '3.5', 'minor_skipped'],
    [six, '3.7', 'minor_to_install'],
  ] as const) {
    const node = await settled(t, five);
    const { status } = await offered(node, { ...wanting(node.machine, program, from), permit });
    t.strictSame(node.machine.init.acts, []);
    t.match(status.agent.waits, [{ code: 'not_restarted_until_then', facts: { why: { code } } }]);
    node.machine.init.service = { kind: 'crashed', restarts: 1, how: 'SIGKILL' };
    node.machine.etcd.answer = null;
    const { status: down } = await lives(node, 5);
    t.match(down.service, { state: 'held-back', reason: { code } });
    t.strictSame([node.machine.init.acts, recorded(node.machine)], [[], '3.5']);
  }
});

t.test('the cluster version is asked for and reported only while there is an order', async (t) => {
  const node = await settled(t, five);
  node.machine.etcd.agreed = '3.5.0';
  t.equal((await lives(node, 1)).status.etcd?.clusterVersion, undefined);
  const { status } = await offered(node, wanting(node.machine, six, '3.5'));
  t.equal(status.etcd?.clusterVersion, '3.5.0');
  t.strictSame(status.agent.waits, [reason('restart_permit', { replaced: { installed: '3.6.14', runs: '3.5.33' } })]);
});

t.test('R10 an etcd that ends during the order starts again, with either', async (t) => {
  const node = await settled(t, five);
  await offered(node, wanting(node.machine, six, '3.5'));
  node.machine.coordinator.away = true;
  node.machine.init.service = { kind: 'crashed', restarts: 1, how: 'SIGKILL' };
  node.machine.etcd.answer = null;
  await lives(node, 3);
  t.match(node.machine.init.service, { kind: 'running' });
  t.equal(recorded(node.machine), minorOf(defined(node.machine)));
});

for (const [way, is, next] of [
  ['up', five, six],
  ['down', six, five],
] as const) {
  for (const point of [
    'conf.before-write',
    'conf.after-write',
    'etcd.before-install',
    'etcd.after-install',
    'etcd.after-version',
    'etcd.before-start',
    'etcd.after-start',
  ] satisfies AgentFailpoint[]) {
    for (const power of ['the agent is killed', 'the power is cut'] as const) {
      t.test(`R17 ${way}: ${power} at ${point}: an etcd starts that the record admits`, async (t) => {
        const node = await settled(t, is);
        const { machine } = node;
        others(node, '3.5.0');
        machine.deadly.add(point);
        const { applied } = await offered(node, ordered(node, next, minorOf(is.version)));
        t.ok(applied.failed?.error instanceof Killed);
        machine.deadly.clear();
        machine.coordinator.away = true;
        // The init system boots what its definition names, by its guard.
        if (power === 'the power is cut') start(node);
        const host = { ...machine.deps.host, boot: power === 'the power is cut' ? 'boot2' : 'boot1' };
        const agent = await openAgent({ ...machine.deps, host });
        const { status } = await lives({ machine, agent }, 14);
        t.equal(minorOf(defined(machine)), recorded(machine));
        t.match(status.service, { state: 'running', reason: null });
        t.equal(status.etcd?.version, defined(machine));
      });
    }
  }
}

for (const [how, ending, patience] of [
  ['crashes', dies, 15],
  ['is killed at each start', [], 15],
  ['hangs', 'hangs', 90],
] as const) {
  const [every, code] = how === 'hangs' ? ([10, 'conf_silent'] as const) : ([1, 'conf_crashed'] as const);
  t.test(
    `R6 a next minor version that ${how} is put back while a quorum says the earlier cluster version`,
    async (t) => {
      const node = await settled(t, five);
      const { machine } = node;
      others(node, '3.5.0');
      node.does.set('3.6.14', ending);
      await offered(node, ordered(node, six, '3.5'));
      t.equal(recorded(machine), '3.6');
      const { status } = await lives(node, patience + 20, every);
      t.strictSame([defined(machine), recorded(machine)], ['3.5.33', '3.5']);
      t.match(status.service, { state: 'running', release: '3.5.33', restartPending: false });
      t.match(status.service.rejected, { code });
      if (how === 'crashes') t.match(status.service.rejected?.facts, { lastWords: /too many learner members/ });
      const acts = machine.init.acts.length;
      await lives(node, 20);
      t.equal(machine.init.acts.length, acts, 'and it stays so');
    },
  );

  for (const [what, version, why] of [
    ['once the cluster version has risen', '3.6.0', 'no_way_back'],
    ['while no quorum answers', null, 'way_back_unknown'],
  ] as const) {
    t.test(`R6 one that ${how} is not put back ${what}: it is tried again`, async (t) => {
      const node = await settled(t, five);
      const { machine } = node;
      others(node, version);
      // Its own word does not count.
      machine.clusterVersions.set(own, '3.5.0');
      if (version === null) machine.clusterVersions.set(second, '3.5.0');
      node.does.set('3.6.14', ending);
      await offered(node, ordered(node, six, '3.5'));
      const { status } = await lives(node, patience + 60, every);
      t.strictSame([defined(machine), recorded(machine)], ['3.6.14', '3.6']);
      t.equal(status.service.rejected, null, 'the former one is not in force');
      t.match(status.agent.waits, [{ code: why }]);
      const starts = machine.init.acts.filter((act) => act === 'start').length;
      if (how !== 'hangs') t.ok(starts > 4 && starts <= 12, `with the usual pauses: ${starts}`);
      else t.strictSame(machine.init.acts, ['stop', 'start']);
      node.does.set('3.6.14', 'serves');
      machine.etcd.answer = { ...report, memberId: 'a1', version: '3.6.14' };
      const healed = await lives(node, 75, 5);
      t.match(healed.status, {
        service: { state: 'running', rejected: null },
        agent: { generationApplied: 8, waits: [] },
      });
    });
  }
}

t.test('R6 it is one voter, also if the voters are known by names: both others are a quorum', async (t) => {
  const node = await settled(t, five, byName);
  const { machine } = node;
  for (const url of names.slice(1)) machine.clusterVersions.set(url, '3.5.0');
  node.does.set('3.6.14', dies);
  await offered(node, { ...byName(wanting(machine, six, '3.5')), permit });
  await lives(node, 35);
  t.strictSame([defined(machine), recorded(machine)], ['3.5.33', '3.5']);
});

t.test('R6 R19 what stays for want of a way back is at no moment reported as rejected', async (t) => {
  const node = await settled(t, five);
  others(node, '3.6.0');
  node.does.set('3.6.14', dies);
  await offered(node, ordered(node, six, '3.5'));
  for (let second = 0; second < 40; second += 1) {
    node.machine.clock.advance(1000);
    const { status } = await reconcileOnce(node.agent);
    t.equal(status.service.rejected, null, `${second} s`);
  }
  t.equal(node.agent.journal.current().rejected?.reason.code, 'conf_crashed');
});

t.test('R6 it goes back once a quorum answers again', async (t) => {
  const node = await settled(t, five);
  node.does.set('3.6.14', dies);
  await offered(node, ordered(node, six, '3.5'));
  await lives(node, 40);
  t.equal(recorded(node.machine), '3.6');
  others(node, '3.5.0');
  await lives(node, 60);
  t.strictSame([defined(node.machine), recorded(node.machine)], ['3.5.33', '3.5']);
});

t.test('R6 a single voter does not go back by itself, and does so by order', async (t) => {
  const node = await settled(t, five);
  const { machine } = node;
  machine.clusterVersions.set(own, '3.5.0');
  node.does.set('3.6.14', dies);
  await offered(node, { ...ordered(node, six, '3.5'), endpoints: [own] });
  const { status } = await lives(node, 60);
  t.strictSame([defined(machine), recorded(machine)], ['3.6.14', '3.6']);
  t.match(status.agent.waits, [reason('way_back_unknown', { back: '3.5', agreeing: 0, needed: 1, voters: 1 })]);
  machine.clusterVersions.clear();
  await offered(node, { ...wanting(machine, five, '3.6'), endpoints: [own] }, 9);
  await lives(node, 12);
  t.strictSame([defined(machine), recorded(machine)], ['3.5.33', '3.5']);
});

t.test(
  'R6 the cluster version rises after the question: the earlier etcd dies, and the next one starts again',
  async (t) => {
    const node = await settled(t, five);
    const { machine } = node;
    others(node, '3.5.0');
    node.does.set('3.6.14', dies);
    node.does.set('3.5.33', tooOld);
    await offered(node, ordered(node, six, '3.5'));
    await lives(node, 16);
    node.does.set('3.6.14', 'serves');
    const { status } = await lives(node, 20);
    t.strictSame([defined(machine), recorded(machine)], ['3.6.14', '3.6']);
    t.match(status, { service: { state: 'running', rejected: null, release: '3.6.14' }, agent: { waits: [] } });
    t.strictSame(machine.init.acts.slice(-4), ['stop', 'start', 'stop', 'start'], 'back, and up again');
  },
);

t.test('R6 what has refused the data is not put back again, also by another run of the agent', async (t) => {
  const node = await settled(t, five);
  const { machine } = node;
  others(node, '3.5.0');
  node.does.set('3.6.14', dies);
  node.does.set('3.5.33', tooOld);
  await offered(node, ordered(node, six, '3.5'));
  await lives(node, 25);
  t.equal(recorded(machine), '3.6');
  const agent = await openAgent(machine.deps);
  const { status } = await lives({ machine, agent }, 60);
  t.strictSame([defined(machine), recorded(machine)], ['3.6.14', '3.6']);
  t.match(status.agent.waits, [reason('no_way_back', { back: '3.5', cluster: '3.6' })]);
});

t.test('R6 the same where a supervisor starts it again and again', async (t) => {
  const node = await settled(t, five);
  const { machine } = node;
  others(node, '3.5.0');
  node.does.set('3.6.14', dies);
  await offered(node, ordered(node, six, '3.5'));
  await lives(node, 13);
  const { onStart } = machine.init;
  machine.init.onStart = () => {
    onStart();
    if (defined(machine) !== '3.5.33') return;
    machine.init.service = { kind: 'running', pid: 5, restarts: 1 };
    machine.init.lastLog = async () => tooOld;
    machine.etcd.answer = null;
  };
  node.does.set('3.6.14', 'serves');
  machine.init.acts.length = 0;
  await lives(node, 20);
  t.strictSame(machine.init.acts.slice(-2), ['stop', 'start']);
  t.strictSame([defined(machine), recorded(machine)], ['3.6.14', '3.6']);
});

t.test('R6 an order to go back is followed by permit, and only while the way is open', async (t) => {
  const node = await settled(t, six);
  const { machine } = node;
  others(node, '3.6.0');
  const { status } = await offered(node, ordered(node, five, '3.6'));
  t.strictSame(machine.init.acts, []);
  t.match(status.service, { state: 'running', restartPending: false });
  t.strictSame(status.agent.waits, [reason('no_way_back', { back: '3.5', cluster: '3.6' })]);
  machine.etcd.answer = null;
  machine.init.service = { kind: 'crashed', restarts: 1, how: 'SIGKILL' };
  await lives(node, 6);
  t.strictSame([defined(machine), recorded(machine), machine.init.service.kind], ['3.6.14', '3.6', 'running']);
  machine.init.acts.length = 0;
  others(node, '3.5.0');
  machine.clusterVersions.set(own, '3.5.0');
  await lives(node, 6);
  t.strictSame(machine.init.acts, ['stop', 'start']);
  t.strictSame([defined(machine), recorded(machine)], ['3.5.33', '3.5']);
});

t.test('R6 just before the stop, the voters are asked once more', async (t) => {
  const node = await settled(t, six);
  const { machine } = node;
  others(node, '3.5.0');
  const probe = machine.deps.probe;
  Object.assign(machine.deps, {
    probe: async (request: Parameters<typeof probe>[0]) => {
      others(node, '3.6.0');
      return probe(request);
    },
  });
  const { applied } = await offered(node, ordered(node, five, '3.6'));
  t.match(applied.failed?.error, { code: 'restart_refused' });
  t.strictSame(machine.init.acts, []);
});

t.test('R6 an ordered way back that the data refuses ends with the later etcd again', async (t) => {
  const node = await settled(t, six);
  const { machine } = node;
  others(node, '3.5.0');
  node.does.set('3.5.33', tooOld);
  await offered(node, ordered(node, five, '3.6'));
  const { status } = await lives(node, 8);
  t.strictSame([defined(machine), recorded(machine)], ['3.6.14', '3.6']);
  t.match(status.service, { state: 'running', release: '3.6.14' });
  t.match(status.service.rejected, { code: 'conf_crashed', facts: { lastWords: /invalid downgrade/ } });
});

t.test('R6 what a refused etcd has logged is not taken for the words of the one that has just started', async (t) => {
  const node = await settled(t, six);
  const { machine } = node;
  others(node, '3.5.0');
  node.does.set('3.5.33', tooOld);
  await offered(node, ordered(node, five, '3.6'));
  const { onStart } = machine.init;
  machine.init.onStart = () => {
    onStart();
    // It reads its data, and its log ends as before.
    machine.init.service = { kind: 'running', pid: 7, restarts: 1 };
    machine.etcd.answer = null;
  };
  await lives(node, 5);
  machine.etcd.answer = { ...report, memberId: 'a1', version: '3.6.14' };
  machine.init.acts.length = 0;
  const { status } = await lives(node, 5);
  t.strictSame([defined(machine), recorded(machine), machine.init.acts], ['3.6.14', '3.6', []]);
  t.match(status.service, { state: 'running', rejected: { code: 'conf_crashed' } });
});

t.test('R2 etcd is not stopped if the disk does not take the record of the next minor version', async (t) => {
  const node = await settled(t, five);
  node.machine.noRoomFor.add(`${incarnation}.version`);
  const { applied } = await offered(node, ordered(node, six, '3.5'));
  t.match(applied.failed, { step: { kind: 'restart-etcd' }, error: { code: 'disk_full' } });
  t.strictSame(node.machine.init.acts, []);
});

t.test('R17 without an order, a binary that is replaced just before the start is not recorded', async (t) => {
  const machine = await testMachine(t);
  const node = { machine, does: new Map<string, Ending>() };
  machine.coordinator.offer(machine.desired());
  const agent = await openAgent({
    ...machine.deps,
    failpoint(name) {
      if (name === 'etcd.before-install') machine.installed.version = '3.6.4';
    },
  });
  await fetchDesiredState(agent, 0);
  machine.init.onStart = () => start(node);
  await lives({ machine, agent }, 1);
  t.strictSame(
    [recorded(machine), machine.init.service],
    ['3.5', { kind: 'running', pid: 3, restarts: 0, guarding: true }],
  );
});

t.test(
  'R17 where raft snapshots are needed, their index and the cluster version are reported, and nowhere else',
  async (t) => {
    const node = await settled(t, six);
    const { machine } = node;
    const snap = join(machine.paths.dataRoot, incarnation, 'member/snap');
    mkdirSync(snap, { recursive: true });
    writeFileSync(join(snap, '0000000000000002-00000000000000ff.snap'), '');
    machine.etcd.agreed = '3.6.0';
    const plain = (await lives(node, 1)).status.etcd;
    t.notOk(plain && ('raftSnapshotIndex' in plain || 'clusterVersion' in plain));
    const { status } = await offered(node, { ...wanting(machine, six), watchRaftSnapshots: true });
    t.match(status.etcd, { raftSnapshotIndex: 0xff, clusterVersion: '3.6.0' });
    t.strictSame(machine.init.acts, [], 'nothing restarts for it');
  },
);

t.test(
  'R17 the cluster version is asked for before the raft index: no report has an index from before it rose',
  async (t) => {
    const node = await settled(t, six);
    const { machine } = node;
    machine.etcd.agreed = '3.5.0';
    const told = machine.etcd.report.bind(machine.etcd);
    machine.etcd.report = async () => {
      const said = await told();
      machine.etcd.agreed = '3.6.0';
      return said;
    };
    const { status } = await offered(node, { ...wanting(machine, six), watchRaftSnapshots: true });
    t.match(status.etcd, { clusterVersion: '3.5.0' });
  },
);

/** The package of this minor version is wanted. @param from of the order; left out without one */
function wantingPackage(machine: TestMachine, minor: string, from?: string): Partial<MemberState> {
  const { program: _release, ...wanted } = wanting(machine, { version: `${minor}.0`, programs: null }, from);
  return { ...wanted, watchPackage: true };
}

t.test('R17 by order and permit, one restart brings the package of the next minor version', async (t) => {
  const node = await settled(t, five);
  const { machine } = node;
  others(node, '3.5.0');
  machine.installed.version = '3.6.11';
  const first = await offered(node, { ...wanting(machine, five), watchPackage: true });
  t.equal(first.status.service.packageVersion, '3.6.11', 'its package is reported beside the release that runs');
  await offered(node, { ...wantingPackage(machine, '3.6', '3.5'), permit }, 9);
  t.strictSame(machine.init.acts, ['stop', 'start']);
  const { status } = await lives(node, 12);
  t.equal(recorded(machine), '3.6');
  t.match(status.service, { state: 'running', release: undefined, packageVersion: '3.6.11', rejected: null });
  t.match(status.etcd, { version: '3.6.11' });
  t.equal(node.agent.journal.current().lastGood?.program, undefined, 'it is what would be put back now');
});

t.test('R6 a package of the next minor version that ends gives way to the release from before', async (t) => {
  const node = await settled(t, five);
  const { machine } = node;
  others(node, '3.5.0');
  machine.installed.version = '3.6.11';
  node.does.set('3.6.11', dies);
  await offered(node, { ...wantingPackage(machine, '3.6', '3.5'), permit });
  t.equal(recorded(machine), '3.6');
  const { status } = await lives(node, 35);
  t.strictSame([defined(machine), recorded(machine)], ['3.5.33', '3.5']);
  t.match(status.service, { state: 'running', release: '3.5.33', rejected: { code: 'conf_crashed' } });
});

t.test(
  'R10 a package that has just taken the place of a release starts again, also once the order is over',
  async (t) => {
    const node = await settled(t, five);
    const { machine } = node;
    others(node, '3.5.0');
    machine.installed.version = '3.6.11';
    await offered(node, { ...wantingPackage(machine, '3.6', '3.5'), permit });
    t.match(node.agent.journal.current().lastGood, { program: five }, 'it has not served for long enough');
    machine.init.service = { kind: 'crashed', restarts: 1, how: 'SIGKILL' };
    machine.etcd.answer = null;
    await offered(node, wantingPackage(machine, '3.6'), 9);
    const { status } = await lives(node, 12);
    t.strictSame([defined(machine), recorded(machine)], ['3.6.11', '3.6']);
    t.match(status.service, { state: 'running', release: undefined });
  },
);

for (const [what, proven, wanted] of [
  ['the next one is wanted', false, six],
  ['the former one is wanted', false, five],
  ['the former one is wanted, and the next one has proven itself', true, five],
] as const) {
  t.test(`R10 etcd that ends goes on with what it was started with once no order is left: ${what}`, async (t) => {
    const node = await settled(t, five);
    const { machine } = node;
    others(node, '3.6.0');
    await offered(node, ordered(node, six, '3.5'));
    await lives(node, proven ? 12 : 5);
    t.match(node.agent.journal.current().lastGood, { program: proven ? six : five });
    await offered(node, wanting(machine, wanted), 9);
    node.does.set('3.6.14', dies);
    start(node);
    const down = await lives(node, 40);
    t.strictSame([defined(machine), recorded(machine)], ['3.6.14', '3.6']);
    t.match(down.status.service, { rejected: null });
    t.strictSame(down.status.agent.waits[0], reason('no_order_back', { back: '3.5', minor: '3.6' }));
    node.does.set('3.6.14', 'serves');
    const { status } = await lives(node, 75);
    t.match(status.service, { state: 'running', release: '3.6.14', rejected: null });
    if (wanted === six) t.match(status.agent, { generationApplied: 9, waits: [] });
  });
}

t.test('R10 the same for a member that had the package of the former minor version', async (t) => {
  const node = await settled(t, five);
  const { machine } = node;
  machine.installed.version = '3.5.33';
  await offered(node, { ...wantingPackage(machine, '3.5'), permit });
  await lives(node, 12);
  t.equal(node.agent.journal.current().lastGood?.program, undefined);
  await offered(node, ordered(node, six, '3.5'), 9);
  await lives(node, 3);
  t.equal(recorded(machine), '3.6');
  await offered(node, wanting(machine, six), 10);
  node.does.set('3.6.14', dies);
  start(node);
  await lives(node, 40);
  node.does.set('3.6.14', 'serves');
  const { status } = await lives(node, 75);
  t.match(status.service, { state: 'running', release: '3.6.14', rejected: null });
});

t.test('R6 the voters are asked again once etcd is down: meanwhile the cluster version may have risen', async (t) => {
  const node = await settled(t, six);
  const { machine } = node;
  others(node, '3.5.0');
  const { stop } = machine.init;
  machine.init.stop = async () => {
    others(node, '3.6.0');
    await stop.call(machine.init);
  };
  const { applied } = await offered(node, ordered(node, five, '3.6'));
  t.match(applied.failed?.error, { code: 'restart_refused', facts: { reason: { code: 'no_way_back' } } });
  t.strictSame(machine.init.acts, ['stop', 'start']);
  t.strictSame([defined(machine), recorded(machine)], ['3.6.14', '3.6']);
  const { status } = await lives(node, 12);
  t.strictSame(machine.init.acts, ['stop', 'start'], 'and it stays so');
  t.match(status.service, { state: 'running', release: '3.6.14', restartPending: false, rejected: null });
});

t.test('R6 alone, an etcd that has served for a moment may have raised the cluster version', async (t) => {
  const node = await settled(t, five);
  const { machine } = node;
  machine.etcd.members = [listed('a1')];
  await offered(node, { ...ordered(node, six, '3.5'), endpoints: [own] });
  await lives(node, 3);
  node.does.set('3.6.14', dies);
  node.does.set('3.5.33', tooOld);
  start(node);
  await offered(node, { ...wanting(machine, five, '3.6'), endpoints: [own] }, 9);
  await lives(node, 10);
  node.does.set('3.6.14', 'serves');
  const { status } = await lives(node, 40);
  t.strictSame([defined(machine), recorded(machine)], ['3.6.14', '3.6']);
  t.match(status.service, { state: 'running', rejected: { code: 'conf_crashed' } });
});

t.test(
  'R6 alone, an etcd of the former minor version that ends gives way to the later one also after a moment',
  async (t) => {
    const node = await settled(t, six);
    const { machine } = node;
    machine.etcd.members = [listed('a1')];
    machine.clusterVersions.set(own, '3.5.0');
    await offered(node, { ...ordered(node, five, '3.6'), endpoints: [own] });
    await lives(node, 3);
    t.equal(recorded(machine), '3.5');
    node.does.set('3.5.33', dies);
    start(node);
    const { status } = await lives(node, 40);
    t.strictSame([defined(machine), recorded(machine)], ['3.6.14', '3.6']);
    t.match(status.service, { state: 'running', rejected: { code: 'conf_crashed' } });
  },
);

t.test('R17 what could not start again is not kept: a package that has moved on meanwhile', async (t) => {
  const node = await settled(t, five);
  const { machine } = node;
  machine.installed.version = '3.6.11';
  await offered(node, { ...wantingPackage(machine, '3.6', '3.5'), permit });
  await lives(node, 3);
  t.equal(recorded(machine), '3.6');
  machine.installed.version = '3.7.1';
  const { status } = await offered(node, wanting(machine, five), 9);
  t.strictSame(
    status.agent.waits.map(({ code }) => code),
    ['conf_to_have_served', 'not_restarted_until_then'],
  );
  t.strictSame(machine.init.acts, ['stop', 'start']);
});
