import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { ProgramOrder } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { openAgent } from '../../src/loop/agent.ts';
import { type Outcome, reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { Killed, type TestMachine, testMachine } from '../machine.ts';
import { listed, report } from '../reconcile/samples.ts';
import { lives, type TestNode } from './lives.ts';

const permit = { id: 'permit000001', act: 'restart', validForSeconds: 90 } as const;
const packaged = '/usr/bin/etcd';

function releaseOf(version: string, digit: string): ProgramOrder {
  return { version, programs: [{ name: 'etcd', sha256: digit.repeat(64), sizeBytes: 7 }] };
}

const newer = releaseOf('3.5.30', 'a');
const newest = releaseOf('3.5.33', 'b');

/** A member that serves with the etcd of its system's package, or with this release. */
async function settled(t: Test, program?: ProgramOrder): Promise<TestNode> {
  const machine = await testMachine(t);
  machine.etcd.answer = { ...report, memberId: 'a1' };
  machine.etcd.members = [listed('a1'), listed('b2'), listed('c3')];
  if (program !== undefined) isHere(machine, program);
  machine.coordinator.offer(machine.desired(wanting(program)));
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  await reconcileOnce(agent);
  machine.init.acts.length = 0;
  return { machine, agent };
}

function wanting(program: ProgramOrder | undefined): Partial<MemberState> {
  return program === undefined ? {} : { program };
}

function isHere(machine: TestMachine, { programs }: ProgramOrder): void {
  machine.fetched.add(programs?.[0]?.sha256 ?? '');
}

async function offered({ machine, agent }: TestNode, change: Partial<MemberState>): Promise<Outcome> {
  machine.coordinator.offer(machine.desired({ generation: 8, ...change }));
  await fetchDesiredState(agent, 0);
  return reconcileOnce(agent);
}

function etcdEnds({ init, etcd }: TestMachine): void {
  init.service = { kind: 'crashed', restarts: 1, how: 'SIGKILL' };
  etcd.answer = null;
}

t.test('R6 while the release is not here, etcd goes on with what it has, and asks for no restart', async (t) => {
  const node = await settled(t);
  const { status } = await offered(node, { program: newer, permit });
  t.strictSame(node.machine.init.acts, []);
  t.match(status.service, { restartPending: false, etcdVersion: '3.5.16', rejected: null, release: undefined });
  t.strictSame(status.agent.waits, [reason('release_to_fetch', { version: '3.5.30' })]);
  t.equal(status.agent.generationApplied, 7, 'the release is not in force');
});

t.test('R10 while the release is not here, an etcd that ends starts again with what it had', async (t) => {
  const node = await settled(t);
  await offered(node, { program: newer });
  etcdEnds(node.machine);
  await lives(node, 3);
  t.strictSame(node.machine.init.acts, ['start']);
  t.equal(node.machine.init.binary, packaged);
});

t.test('R2 a release that is here waits for the permit, and its definition with it', async (t) => {
  const node = await settled(t);
  isHere(node.machine, newer);
  const { status } = await offered(node, { program: newer });
  t.match(status.service, { restartPending: true, etcdVersion: '3.5.30' });
  t.equal(node.machine.init.binary, packaged);
  t.strictSame(node.machine.init.acts, []);
});

t.test('with the permit it stops, and the release starts', async (t) => {
  const node = await settled(t);
  isHere(node.machine, newer);
  node.machine.init.onStart = () => {
    node.machine.etcd.answer = { ...report, memberId: 'a1', version: '3.5.30' };
  };
  await offered(node, { program: newer, permit });
  const { status } = await lives(node, 12);
  t.strictSame(node.machine.init.acts, ['stop', 'start']);
  t.match(node.machine.init.binary, /releases\/3\.5\.30-aaaaaaaaaaaa\/etcd$/);
  t.match(status.service, { restartPending: false, release: '3.5.30', rejected: null });
  t.equal(status.agent.generationApplied, 8);
});

t.test('back to the package likewise', async (t) => {
  const node = await settled(t, newer);
  t.match(node.machine.init.binary, /releases/);
  await offered(node, { permit });
  const { status } = await lives(node, 12);
  t.strictSame(node.machine.init.acts, ['stop', 'start']);
  t.equal(node.machine.init.binary, packaged);
  t.match(status.service, { restartPending: false, release: undefined });
});

for (const [which, version, code] of [
  ['of another minor version', '3.6.11', 'not_restarted_until_then'],
  ['missing', null, 'etcd_to_install'],
] as const) {
  t.test(
    `R10 while the package to go back to is ${which}, an etcd that ends starts again from its release`,
    async (t) => {
      const node = await settled(t, newer);
      node.machine.installed.version = version;
      const { status } = await offered(node, { permit });
      t.equal(status.service.etcdVersion, version, 'the coordinator sees what the package is');
      t.equal(status.service.reason, null, 'it would not stay down');
      t.match(status.agent.waits, [{ code }], 'its operator sees what to install');
      etcdEnds(node.machine);
      await lives(node, 3);
      t.strictSame(node.machine.init.acts, ['start']);
      t.match(node.machine.init.binary, /3\.5\.30/);
    },
  );
}

t.test('R17 a release that is missing is not replaced by the package', async (t) => {
  const node = await settled(t, newer);
  node.machine.fetched.clear();
  etcdEnds(node.machine);
  const { status } = await lives(node, 5);
  t.strictSame(node.machine.init.acts, []);
  t.strictSame(status.agent.waits, [
    reason('release_to_fetch', { version: '3.5.30' }),
    reason('etcd_cannot_run', { why: reason('release_to_fetch', { version: '3.5.30' }) }),
  ]);
});

t.test('R17 nor is one that the coordinator’s store does not have', async (t) => {
  const node = await settled(t, newer);
  await offered(node, { program: { version: '3.5.31', programs: null } });
  etcdEnds(node.machine);
  await lives(node, 3);
  t.strictSame(node.machine.init.acts, ['start']);
  t.match(node.machine.init.binary, /3\.5\.30/, 'the last good one runs');
});

t.test('R17 a new member waits for its release, and starts no other etcd', async (t) => {
  const machine = await testMachine(t);
  machine.etcd.answer = { ...report, memberId: 'a1' };
  machine.coordinator.offer(machine.desired({ program: { version: '3.5.31', programs: null } }));
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  await lives({ machine, agent }, 3);
  t.strictSame(machine.init.acts, []);
  t.equal(machine.init.service.kind, 'absent');
});

t.test('R13 an etcd that somebody else started is not taken for the first start of the release', async (t) => {
  const machine = await testMachine(t);
  machine.deadly.add('etcd.before-install');
  isHere(machine, newer);
  machine.coordinator.offer(machine.desired({ program: newer }));
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  machine.deadly.clear();
  machine.init.binary = '/usr/bin/other';
  machine.init.service = { kind: 'running', pid: 7, restarts: 0 };
  const { status } = await lives({ machine, agent: await openAgent(machine.deps) }, 2);
  t.equal(status.service.release, undefined);
  t.equal(machine.init.binary, '/usr/bin/other');
});

for (const [how, patience] of [
  ['crashes', 15],
  ['hangs', 90],
] as const) {
  t.test(`R6 a release that ${how} is put back, together with its conf.yml`, async (t) => {
    const node = await settled(t, newer);
    const { machine } = node;
    isHere(machine, newest);
    machine.init.onStart = () => {
      const runs = machine.init.binary?.includes('3.5.30') === true;
      machine.etcd.answer = runs ? { ...report, memberId: 'a1' } : null;
      if (!runs && how === 'crashes') machine.init.service = { kind: 'crashed', restarts: 1, how: 'exit status 1' };
    };
    await offered(node, { program: newest, permit, etcd: machine.etcdWanted('incarnation1', 700) });
    t.match(machine.init.binary, /3\.5\.33/);
    const { status } = await lives(node, patience + 5);
    t.match(machine.init.binary, /3\.5\.30/);
    t.match(status.service, { state: 'running', release: '3.5.30', restartPending: false });
    t.not(status.service.rejected, null);
    t.match(status.agent.waits, [{ code: 'conf_put_back', facts: { changed: 'both' } }]);
    const acts = machine.init.acts.length;
    await lives(node, 20);
    t.equal(machine.init.acts.length, acts, 'and it stays so');
  });
}

for (const [was, recorded, binary] of [
  ['the package', newer, packaged],
  ['another release', newer, 'releases/3.5.29-cccccccccccc/etcd'],
  ['a release', undefined, 'releases/3.5.30-aaaaaaaaaaaa/etcd'],
] as const) {
  t.test(
    `R2 R17 the record is in doubt if ${was} runs in place of what it names, and what runs is named`,
    async (t) => {
      const node = await settled(t, recorded);
      const { init, paths } = node.machine;
      // As an agent from before releases does it: it writes the definition, and the next boot starts what that names.
      init.binary = binary === packaged ? packaged : `${paths.stateDir}/${binary}`;
      init.boots();
      const runs = init.binary;
      const { status } = await offered(node, { ...wanting(recorded) });
      t.equal(status.service.release ?? null, binary === packaged ? null : (/\d\.\d\.\d+/.exec(binary)?.[0] ?? ''));
      t.equal(status.service.restartPending, true);
      await lives(node, 2);
      t.equal(init.binary, runs, 'the next boot starts what runs, until a permit is there');
      t.strictSame(init.acts, []);
      await offered(node, { generation: 9, permit, ...wanting(recorded) });
      const after = await lives(node, 12);
      t.strictSame(init.acts, ['stop', 'start']);
      t.match(after.status.service, { restartPending: false, release: recorded?.version });
    },
  );
}

for (const what of ['conf.yml', 'ca.pem', 'peer-ca.pem']) {
  t.test(
    `R2 a boot with the ${what} from before a restart puts the record in doubt, as without an lbu commit`,
    async (t) => {
      const node = await settled(t);
      const { machine } = node;
      const path = join(machine.paths.etcDir, what);
      const former = readFileSync(path);
      const { trust } = machine.desired();
      const wanted: Partial<MemberState> = {
        etcd: machine.etcdWanted('incarnation1', 700),
        trust: { ...trust, client: `${trust.client}\n`, peer: `${trust.peer}\n` },
      };
      await offered(node, { permit, ...wanted });
      await lives(node, 12);
      t.strictSame(machine.init.acts, ['stop', 'start']);
      writeFileSync(path, former);
      machine.init.boots();
      const next = {
        machine,
        agent: await openAgent({ ...machine.deps, host: { ...machine.deps.host, boot: 'boot2' } }),
      };
      t.equal((await offered(next, { generation: 9, ...wanted })).status.service.restartPending, true);
      t.equal((await lives(next, 2)).status.service.restartPending, true);
      await offered(next, { generation: 10, permit: { ...permit, id: 'permit000002' }, ...wanted });
      t.equal((await lives(next, 12)).status.service.restartPending, false);
      t.notSame(readFileSync(path), former);
    },
  );
}

t.test('R2 a file of etcd that somebody edits while it runs asks for no restart', async (t) => {
  const node = await settled(t);
  const path = join(node.machine.paths.etcDir, 'conf.yml');
  const content = readFileSync(path, 'utf8');
  writeFileSync(path, content.replace(/heartbeat-interval: \d+/, 'heartbeat-interval: 700'));
  t.equal((await lives(node, 2)).status.service.restartPending, false);
  t.equal(readFileSync(path, 'utf8'), content);
});

t.test('R10 the release that etcd would be put back to is kept here while another one is wanted', async (t) => {
  const node = await settled(t, newer);
  isHere(node.machine, newest);
  await offered(node, { program: newest });
  t.strictSame([...new Set(node.machine.returnsTo)], ['3.5.30']);
  node.machine.returnsTo.length = 0;
  await offered(node, { generation: 9, program: newest, etcd: node.machine.etcdWanted('incarnation2') });
  t.strictSame(node.machine.returnsTo, [], 'nothing of another incarnation is put back');
});

type Service = TestMachine['init']['service'];
const heldBack: readonly (readonly [how: string, service: Service, acts: readonly string[]])[] = [
  ['its guard waits', { kind: 'running', pid: 2, restarts: 0, guarding: true }, ['stop', 'start']],
  ['its supervisor gave up', { kind: 'crashed', restarts: 3, how: 'exit status 1' }, ['start']],
];

/** The package has moved to another minor version, and keeps etcd down. */
async function held(t: Test, service: Service): Promise<TestNode> {
  const node = await settled(t);
  const { machine } = node;
  machine.installed.version = '3.6.4';
  machine.init.service = service;
  machine.etcd.answer = null;
  machine.init.onStart = () => {
    machine.etcd.leaderlessVersion = machine.init.binary?.includes('3.5.30') === true ? '3.5.30' : null;
  };
  return node;
}

for (const [how, service, acts] of heldBack) {
  t.test(`R17 a member that its package keeps down takes a release: ${how}`, async (t) => {
    const node = await held(t, service);
    const { machine } = node;
    const before = await offered(node, { program: newer });
    t.match(before.status.service, { state: 'held-back', etcdVersion: '3.6.4', leaderlessVersion: undefined });
    t.strictSame(before.status.agent.waits[0], reason('release_to_fetch', { version: '3.5.30' }));
    await lives(node, 200);
    t.strictSame(machine.init.acts, [], 'its guard is left alone until the release is here');
    isHere(machine, newer);
    const { status } = await lives(node, 2);
    t.strictSame(machine.init.acts, acts);
    t.match(machine.init.binary, /3\.5\.30/);
    t.match(status.service, { state: 'running', release: '3.5.30', leaderlessVersion: '3.5.30', noWayBack: true });
  });

  t.test(`R10 it keeps the release while its cluster has no quorum: ${how}`, async (t) => {
    const node = await held(t, service);
    const { machine } = node;
    isHere(machine, newer);
    await offered(node, { program: newer });
    const alone = await lives(node, 600);
    t.strictSame(machine.init.acts, acts);
    t.match(alone.status.service, { state: 'running', rejected: null, noWayBack: true });
    machine.etcd.answer = { ...report, memberId: 'a1', version: '3.5.30' };
    const { status, complete } = await lives(node, 12);
    t.equal(complete, true);
    t.match(status.service, { rejected: null, leaderlessVersion: undefined, noWayBack: undefined });
    etcdEnds(machine);
    await lives(node, 12);
    t.match(machine.init.binary, /3\.5\.30/, 'and it starts again with that');
  });

  t.test(`R10 a release that ends is given up once, and etcd stays down for its package: ${how}`, async (t) => {
    const node = await held(t, service);
    const { machine } = node;
    isHere(machine, newer);
    machine.init.onStart = () => {
      machine.init.service = { kind: 'crashed', restarts: 1, how: 'exit status 1' };
    };
    await offered(node, { program: newer });
    await lives(node, 60);
    const { length } = machine.init.acts;
    const { status } = await lives(node, 200);
    t.equal(machine.init.acts.length, length, 'nothing is tried again and again');
    t.match(status.service, { state: 'held-back', etcdVersion: '3.6.4' });
    t.match(status.service.rejected, { code: 'conf_crashed' });
    // Its coordinator takes the release back, and gives it another one.
    await offered(node, { generation: 9 });
    isHere(machine, newest);
    machine.init.onStart = () => {};
    await offered(node, { generation: 10, program: newest });
    t.match((await lives(node, 2)).status.service, { state: 'running', release: '3.5.33', rejected: null });
  });
}

t.test('R6 a release that hangs is put back if the package can take its place again', async (t) => {
  const [[, service]] = heldBack as [(typeof heldBack)[number]];
  const node = await held(t, service);
  isHere(node.machine, newer);
  await offered(node, { program: newer });
  await lives(node, 60);
  node.machine.installed.version = '3.5.16';
  const { status } = await lives(node, 40);
  t.match(status.service, { state: 'running', release: undefined });
  t.match(status.service.rejected, { code: 'conf_silent' });
  t.equal(node.machine.init.binary, packaged);
});

t.test('R6 a release is tried again once it was not wanted', async (t) => {
  const node = await settled(t, newer);
  const { machine } = node;
  isHere(machine, newest);
  const answer = machine.etcd.answer;
  machine.init.onStart = () => {
    machine.etcd.answer = machine.init.binary?.includes('3.5.30') === true ? answer : null;
  };
  await offered(node, { program: newest, permit });
  const tried = await lives(node, 5);
  t.strictSame(tried.status.agent.waits, [reason('conf_to_serve', { changed: 'binary' })]);
  const { status: back } = await lives(node, 90);
  t.match(back.agent.waits, [{ code: 'conf_put_back', facts: { changed: 'binary' } }], 'its conf.yml is the same');
  await offered(node, { generation: 9, program: newer });
  const { status } = await lives(node, 2);
  t.equal(status.service.rejected, null);
  t.equal((await offered(node, { generation: 10, program: newest })).status.service.restartPending, true);
});

t.test('a definition that somebody changed is restored to what runs, and not to what is wanted', async (t) => {
  const node = await settled(t);
  isHere(node.machine, newer);
  await offered(node, { program: newer });
  node.machine.init.binary = '/opt/etcd';
  await lives(node, 2);
  t.equal(node.machine.init.binary, packaged);
  t.strictSame(node.machine.init.acts, []);
});

for (const point of ['etcd.before-install', 'etcd.after-install', 'etcd.before-start'] as const) {
  t.test(`R2 after a power cut at ${point} the record never names a release that does not run`, async (t) => {
    const node = await settled(t);
    const { machine } = node;
    isHere(machine, newer);
    machine.deadly.add(point);
    const { applied } = await offered(node, { program: newer, permit });
    t.ok(applied.failed?.error instanceof Killed);
    machine.deadly.clear();
    // The init system has booted what its definition names.
    const booted = machine.init.binary;
    machine.init.boots();
    const next = await openAgent({ ...machine.deps, host: { ...machine.deps.host, boot: 'boot2' } });
    const { status } = await lives({ machine, agent: next }, 2);
    const named = status.service.release ?? null;
    if (named !== null) t.match(booted, new RegExp(named.replaceAll('.', '\\.')));
    t.equal(named !== null, booted !== packaged, 'what runs is named');
    t.equal(
      status.service.restartPending,
      point !== 'etcd.before-start',
      'what was started without a record is in doubt',
    );
  });
}

t.test('R2 etcd is not stopped for a release if the disk does not take the definition that names it', async (t) => {
  const node = await settled(t);
  const { machine } = node;
  isHere(machine, newer);
  machine.noRoomFor.add(basename(machine.init.definition));
  const { applied } = await offered(node, { program: newer, permit });
  t.match(applied.failed, { step: { kind: 'restart-etcd' }, error: { code: 'disk_full' } });
  t.strictSame(machine.init.acts, []);
  machine.noRoomFor.clear();
  await lives(node, 2);
  t.strictSame(machine.init.acts, ['stop', 'start']);
});

t.test('R2 an etcd that was started without a record is not taken for what is recorded', async (t) => {
  const node = await settled(t);
  const { machine } = node;
  isHere(machine, newer);
  machine.deadly.add('etcd.after-install');
  await offered(node, { program: newer, permit });
  machine.deadly.clear();
  machine.init.boots();
  machine.etcd.answer = { ...report, memberId: 'a1', version: '3.5.30' };
  const next = await openAgent({ ...machine.deps, host: { ...machine.deps.host, boot: 'boot2' } });
  const { status } = await offered({ machine, agent: next }, { generation: 9 });
  t.equal(status.service.restartPending, true, 'the package is wanted again, and the release runs');
  await offered({ machine, agent: next }, { generation: 10, permit });
  t.equal(machine.init.binary, packaged);
  t.strictSame(machine.init.acts, ['stop', 'stop', 'start']);
});
