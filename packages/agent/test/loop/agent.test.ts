import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { said } from '../../../../test/support/said.ts';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { journalPath } from '../../src/journal/journal-store.ts';
import { type Agent, openAgent } from '../../src/loop/agent.ts';
import { type Outcome, reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { sendReport } from '../../src/loop/report-loop.ts';
import type { AgentFailpoint } from '../../src/program/failpoints.ts';
import { Killed, otherAuthority, type TestMachine, testMachine } from '../machine.ts';
import { kinds, listed, report } from '../reconcile/samples.ts';
import { failedWith, refusal } from '../support.ts';

/** A machine whose agent has applied its first desired state; its etcd runs. */
async function settled(t: Test): Promise<{ machine: TestMachine; agent: Agent }> {
  const machine = await testMachine(t);
  machine.init.onStart = () => writeMember(machine);
  machine.coordinator.offer(machine.desired());
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  const outcome = await reconcileOnce(agent);
  t.strictSame([outcome.complete, outcome.settled], [true, true], JSON.stringify(waits(outcome)));
  return { machine, agent };
}

/** The output of etcd at its start. */
function writeMember({ paths }: TestMachine, incarnation = 'incarnation1'): void {
  const folder = join(paths.dataRoot, incarnation);
  if (!existsSync(folder)) return;
  mkdirSync(join(folder, 'member/wal'), { recursive: true });
  writeFileSync(join(folder, 'member/wal/0000000000000000-0000000000000000.wal'), '');
}

const done = ({ applied }: Outcome): string[] => kinds(applied.done);
const waits = ({ status }: Outcome) => status.agent.waits;
const diskFull = (path: string) => ({
  code: 'picket_error',
  facts: { error: 'disk_full', details: { path, problem: 'its file system is full' } },
});
const notNoted = ({ paths }: TestMachine) => ({
  code: 'not_noted',
  facts: { why: diskFull(journalPath(paths.stateDir)) },
});

t.test('R3: a member whose turn has not come reports a taken port, and is as it should be all the same', async (t) => {
  const machine = await testMachine(t);
  const { host } = machine.deps;
  const taken = { free: false, by: 'nginx (pid 7) uses it' } as const;
  const portFree = async (_address: string, port: number) => (port === 2380 ? taken : ({ free: true } as const));
  const deps = { ...machine.deps, host: { ...host, network: { ...host.network, portFree } } };
  machine.coordinator.offer(machine.desired({ etcd: null }));
  const agent = await openAgent(deps);
  await fetchDesiredState(agent, 0);
  const { status, complete } = await reconcileOnce(agent);
  t.match(status.agent.waits, [
    { code: 'port_to_be_free', facts: { purpose: 'peer', port: 2380, by: 'nginx (pid 7) uses it' } },
  ]);
  t.strictSame([complete, status.agent.generationApplied], [true, status.agent.generationSeen]);
});

t.test('R16: a log that etcd calls damaged is reported as such, until etcd serves', async (t) => {
  const machine = await testMachine(t);
  machine.coordinator.offer(machine.desired());
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  const dir = join(machine.paths.dataRoot, 'incarnation1');
  machine.init.service = { kind: 'crashed', restarts: 1, how: 'exit status 1' };
  machine.init.onStart = () => {
    machine.init.service = { kind: 'crashed', restarts: 2, how: 'exit status 1' };
  };
  machine.init.lastLog = async () => [
    `{"level":"info","msg":"server has been already initialized","data-dir":"${dir}"}`,
    '{"level":"fatal","msg":"discovery failed","error":"walpb: crc mismatch"}',
  ];
  t.equal((await reconcileOnce(agent)).status.service.damage, 'walpb: crc mismatch');
  machine.init.service = { kind: 'running', pid: 3, restarts: 3 };
  t.equal((await reconcileOnce(agent)).status.service.damage, undefined);
});

t.test('R16: a database that etcd cannot open is reported apart from its log', async (t) => {
  const machine = await testMachine(t);
  machine.coordinator.offer(machine.desired());
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  const dir = join(machine.paths.dataRoot, 'incarnation1');
  machine.init.service = { kind: 'crashed', restarts: 1, how: 'exit status 2' };
  machine.init.onStart = () => {
    machine.init.service = { kind: 'crashed', restarts: 2, how: 'exit status 2' };
  };
  machine.init.lastLog = async () => [
    `{"level":"info","msg":"server has been already initialized","data-dir":"${dir}"}`,
    '{"level":"panic","msg":"failed to open database","error":"invalid database"}',
  ];
  const { damage, dataDamage } = (await reconcileOnce(agent)).status.service;
  t.strictSame([damage, dataDamage], [undefined, 'failed to open database: invalid database']);
});

t.test('a blank node gets its files, and etcd is started on them', async (t) => {
  const { machine, agent } = await settled(t);
  const at = (name: string) => join(machine.paths.etcDir, name);
  for (const [name, mode] of [
    ['ca.pem', 0o644],
    ['peer-ca.pem', 0o644],
    ['conf.yml', 0o644],
    ['server.pem', 0o600],
    ['peer.pem', 0o600],
    ['client.pem', 0o600],
  ] as const) {
    t.equal(statSync(at(name)).mode & 0o777, mode, name);
  }
  t.equal(readlinkSync(at('client-key.pem')), 'client.pem');
  t.strictSame(machine.init.acts, ['start']);
  const { status } = await reconcileOnce(agent);
  t.strictSame(
    status.certificates.map(({ purpose }) => purpose),
    ['server', 'peer', 'client', 'admin'],
  );
  t.match(status.agent, { generationSeen: 7, generationApplied: 7, waits: [] });
  t.match(status.service, { state: 'running', incarnation: 'incarnation1', restartPending: false, reason: null });
});

t.test('a settled node is left alone', async (t) => {
  const { machine, agent } = await settled(t);
  const before = readFileSync(journalPath(machine.paths.stateDir), 'utf8');
  t.strictSame(done(await reconcileOnce(agent)), []);
  t.equal(machine.coordinator.certificates, 4);
  t.match(before, /"lived"/);
});

t.test(
  'R5: the seal of the followed state is reported, also by the next agent, and never that of another',
  async (t) => {
    const { machine, agent } = await settled(t);
    const seal = 't'.repeat(64);
    machine.coordinator.offer(machine.desired({ generation: 8, seal }));
    await fetchDesiredState(agent, 0);
    t.match((await reconcileOnce(agent)).status.agent, { generationSeen: 8, seal });
    machine.coordinator.offer(machine.desired({ generation: 6, seal: 'x'.repeat(64) }));
    await fetchDesiredState(agent, 0);
    t.match(
      (await reconcileOnce(agent)).status.agent,
      { generationSeen: 8, seal },
      'it does not follow what it refuses',
    );
    const next = await openAgent(machine.deps);
    t.match((await reconcileOnce(next)).status.agent, { generationSeen: 8, seal });
  },
);

t.test('R3: while a change of members is in progress, a node that is as desired observes often', async (t) => {
  const { machine, agent } = await settled(t);
  machine.coordinator.offer(machine.desired({ generation: 8, watchMembers: true }));
  await fetchDesiredState(agent, 0);
  t.match(await reconcileOnce(agent), { complete: true, settled: false });
});

t.test('R5: a lower generation and another inventory are refused, and reported', async (t) => {
  const { machine, agent } = await settled(t);
  const { coordinator } = machine;
  for (const [change, why] of [
    [{ generation: 6, etcd: null }, reason('older_generation_offered', { generation: 6, seen: 7 })],
    [
      { generation: 99, inventory: 'inventory2', etcd: null },
      reason('other_inventory_offered', { offered: 'inventory2', followed: 'inventory1' }),
    ],
  ] as const) {
    coordinator.offer(machine.desired(change));
    await fetchDesiredState(agent, 0);
    const { applied, status, complete } = await reconcileOnce(agent);
    t.strictSame([applied.done, complete], [[], false]);
    t.strictSame(status.agent.waits, [why]);
    t.equal(agent.memory.current.accepted?.document.generation, 7);
  }
  t.strictSame(machine.init.acts, ['start'], 'etcd keeps running');
  coordinator.offer(machine.desired({ generation: 8 }));
  await fetchDesiredState(agent, 0);
  const { status } = await reconcileOnce(agent);
  t.match(status.agent, { waits: [], generationApplied: 8 });
});

t.test('R5: the same generation with another content is refused; the order of its keys does not matter', async (t) => {
  const { machine, agent } = await settled(t);
  const { coordinator } = machine;
  coordinator.offer(machine.desired({ etcd: machine.etcdWanted('incarnation1', 700) }));
  await fetchDesiredState(agent, 0);
  const { applied, status } = await reconcileOnce(agent);
  t.strictSame(applied.done, []);
  const refused = reason('generation_differs', { generation: 7 });
  t.strictSame(status.agent.waits, [refused]);
  t.match(confOf(machine), 'heartbeat-interval: 500');

  const next = await openAgent(machine.deps);
  await fetchDesiredState(next, 0);
  t.strictSame(next.memory.current.refusal, refused, 'the next agent compares with the stored one');

  const reversed = Object.fromEntries(Object.entries(machine.desired()).reverse()) as ReturnType<
    typeof machine.desired
  >;
  coordinator.offer(reversed);
  await fetchDesiredState(next, 0);
  t.equal(next.memory.current.refusal, null);
});

t.test(
  'R10: an agent that starts on a disk that takes no writes works, and records its run once there is room',
  async (t) => {
    const { machine } = await settled(t);
    const { init, noRoomFor, coordinator } = machine;
    const { runs } = (await openAgent(machine.deps)).journal.current();
    noRoomFor.add('journal.json');
    const agent = await openAgent(machine.deps);
    init.service = { kind: 'running', pid: 1, restarts: 0 };
    const { status } = await reconcileOnce(agent);
    t.ok(status.etcd?.healthy);
    t.strictSame(status.agent.waits, [notNoted(machine)]);
    await sendReport(agent, status);
    t.equal(coordinator.reports.at(-1)?.run, runs + 1);
    t.ok((coordinator.reports.at(-1)?.sequence ?? 0) > 1_000_000, 'above what another run of this number has reported');
    noRoomFor.clear();
    const { status: later } = await reconcileOnce(agent);
    t.strictSame([later.agent.waits, agent.journal.current().runs], [[], runs + 1]);
  },
);

t.test('a disk that takes no writes any longer is reported as soon as etcd has ended because of it', async (t) => {
  const { machine, agent } = await settled(t);
  const { init, etcd, noRoomFor, clock } = machine;
  noRoomFor.add('journal.json');
  t.strictSame((await reconcileOnce(agent)).status.agent.waits, [], 'while everything works, nothing is written');
  const crash = (): void => {
    init.service = { kind: 'crashed', restarts: 1, how: 'exit status 1' };
  };
  init.onStart = crash;
  crash();
  etcd.answer = null;
  for (const _ of [1, 2]) {
    const wait = waits(await reconcileOnce(agent)).find(({ code }) => code === 'not_noted');
    t.strictSame(wait, notNoted(machine));
    clock.advance(1000);
  }
  noRoomFor.clear();
  t.notOk(waits(await reconcileOnce(agent)).some(({ code }) => code === 'not_noted'));
});

t.test(
  'R10: reports of the agent after one that could not record its run count, although it has the same number',
  async (t) => {
    const { machine } = await settled(t);
    const { noRoomFor, coordinator, clock } = machine;
    noRoomFor.add('journal.json');
    const unnoted = await openAgent(machine.deps);
    await sendReport(unnoted, (await reconcileOnce(unnoted)).status);
    const told = coordinator.reports.at(-1);
    noRoomFor.clear();
    clock.advance(60_000);
    const next = await openAgent(machine.deps);
    await sendReport(next, (await reconcileOnce(next)).status);
    t.equal(coordinator.reports.at(-1)?.run, told?.run);
    t.ok((coordinator.reports.at(-1)?.sequence ?? 0) > (told?.sequence ?? 0));
  },
);

t.test('R5: an "unchanged" for a refused document prolongs no lease', async (t) => {
  const { machine, agent } = await settled(t);
  machine.coordinator.offer(machine.desired({ generation: 6 }));
  await fetchDesiredState(agent, 0);
  const before = agent.memory.current.accepted?.requestedAt;
  machine.clock.advance(5000);
  await fetchDesiredState(agent, 0);
  t.equal(agent.memory.current.accepted?.requestedAt, before);
});

t.test('R5: a stored desired state that is older than the journal is not used', async (t) => {
  const { machine } = await settled(t);
  const path = join(machine.paths.stateDir, 'desired-state.json');
  writeFileSync(path, JSON.stringify({ ...machine.desired(), generation: 3 }));
  t.equal((await openAgent(machine.deps)).memory.current.accepted, null);
  writeFileSync(path, '{"half');
  t.equal((await openAgent(machine.deps)).memory.current.accepted, null);
});

t.test(
  'R5: after a crash between storing a document and recording its generation, the agent has seen it all the same',
  async (t) => {
    const { machine, agent } = await settled(t);
    machine.deadly.add('desired.after-keep');
    machine.coordinator.offer(machine.desired({ generation: 9 }));
    await t.rejects(fetchDesiredState(agent, 0), { message: 'desired.after-keep' });
    machine.deadly.clear();
    const next = await openAgent(machine.deps);
    t.equal(next.memory.current.accepted?.document.generation, 9);
    t.equal(next.journal.current().generationSeen, 9);
    machine.coordinator.offer(machine.desired({ generation: 8 }));
    await fetchDesiredState(next, 0);
    t.strictSame(next.memory.current.refusal, reason('older_generation_offered', { generation: 8, seen: 9 }));
  },
);

t.test('R10: without a coordinator an agent goes on with its last desired state, with no lease valid', async (t) => {
  const { machine } = await settled(t);
  const membershipStep = {
    id: 'step00000001',
    kind: 'promote',
    member: 'x-k3s-m-2',
    memberId: 'b2',
    validForSeconds: 90,
  } as const;
  const first = await openAgent(machine.deps);
  machine.coordinator.offer(machine.desired({ generation: 8, membershipStep }));
  await fetchDesiredState(first, 0);

  machine.coordinator.away = true;
  machine.init.service = { kind: 'crashed', restarts: 0, how: 'SIGKILL' };
  const agent = await openAgent(machine.deps);
  const { applied } = await reconcileOnce(agent);
  t.strictSame([kinds(applied.done), applied.failed], [['start-etcd'], null]);
  t.strictSame(machine.etcd.calls, []);
});

t.test('R10: an etcd that must be started does not wait for a renewal that fails', async (t) => {
  const { machine, agent } = await settled(t);
  machine.coordinator.away = true;
  machine.init.service = { kind: 'stopped' };
  machine.clock.advance(61 * 86_400_000);
  const outcome = await reconcileOnce(agent);
  t.strictSame(done(outcome), ['start-etcd']);
  t.equal(outcome.applied.failed?.step.kind, 'obtain-credential');
  t.match(waits(outcome), [
    failedWith('coordinator_unreachable', { reason: 'it is unreachable' }, { step: 'obtain-credential' }),
  ]);
  const asked = machine.coordinator.certificates;
  t.strictSame(
    [done(await reconcileOnce(agent)), machine.coordinator.certificates],
    [[], asked],
    'it is not asked too often',
  );
  machine.coordinator.away = false;
  machine.clock.advance(60_000);
  const renewal = ['obtain-credential', 'prove-credential'];
  t.strictSame(done(await reconcileOnce(agent)), [...renewal, ...renewal, ...renewal, ...renewal]);
});

t.test('R4: a wiped data directory is never made again, by any agent, and the report says so', async (t) => {
  const { machine } = await settled(t);
  for (const wipe of [
    () => rmSync(join(machine.paths.dataRoot, 'incarnation1/member/wal'), { recursive: true }),
    () => rmSync(join(machine.paths.dataRoot, 'incarnation1/member'), { recursive: true }),
    () => rmSync(machine.paths.dataRoot, { recursive: true }),
  ]) {
    wipe();
    machine.init.service = { kind: 'stopped' };
    const agent = await openAgent(machine.deps);
    await fetchDesiredState(agent, 0);
    const { status, complete } = await reconcileOnce(agent);
    t.strictSame([complete, status.service.state], [false, 'lost-data']);
    t.match(status.service.reason, {
      code: 'data_lost',
      facts: { path: join(machine.paths.dataRoot, 'incarnation1') },
    });
  }
  t.strictSame(machine.init.acts, ['start'], 'it was started only the first time');
  t.notOk(existsSync(machine.paths.dataRoot));
});

t.test(
  'R4: a data dir deleted under a running etcd is reported, and no permit makes the agent stop that etcd',
  async (t) => {
    const { machine, agent } = await withPermit(t);
    const { init, paths } = machine;
    const folder = join(paths.dataRoot, 'incarnation1');
    for (const wipe of [join(folder, 'member/wal'), folder, paths.dataRoot]) {
      rmSync(wipe, { recursive: true });
      const outcome = await reconcileOnce(agent);
      t.strictSame([done(outcome), init.acts], [[], ['start']]);
      t.match(outcome.status, {
        service: {
          state: 'running',
          dataGone: true,
          reason: { code: 'data_deleted', facts: { path: folder } },
          restartPending: false,
        },
        etcd: { healthy: true },
        agent: { waits: [{ code: 'operator_for_data' }] },
      });
    }
    mkdirSync(folder, { recursive: true });
    writeMember(machine);
    t.equal((await reconcileOnce(agent)).status.service.dataGone, undefined, 'its disk is mounted again');
    rmSync(folder, { recursive: true });
    await reconcileOnce(agent);
    init.service = { kind: 'crashed', restarts: 0, how: 'SIGKILL' };
    const { service } = (await reconcileOnce(agent)).status;
    t.match(service, { state: 'lost-data', reason: { code: 'data_lost' } });
    t.equal(service.dataGone, undefined);
  },
);

t.test('R4: without its journal a node that has joined does nothing', async (t) => {
  const { machine } = await settled(t);
  rmSync(journalPath(machine.paths.stateDir));
  t.equal((await refusal(openAgent(machine.deps))).code, 'agent_state_missing');
  writeFileSync(journalPath(machine.paths.stateDir), '{"incarnations": {"incarnation1": "unmade"}}');
  t.equal((await refusal(openAgent(machine.deps))).code, 'agent_state_unreadable');
});

t.test(
  'R4, R9: after a crash at any moment of its first start, the next agent ends as the first would have',
  async (t) => {
    const moments: AgentFailpoint[] = [
      'credential.after-answer',
      'credential.after-write',
      'conf.before-write',
      'conf.after-write',
      'data-dir.after-intent',
      'data-dir.after-make',
      'data-dir.after-record',
      'etcd.before-start',
      'etcd.after-start',
    ];
    for (const moment of moments) {
      const machine = await testMachine(t);
      machine.init.onStart = () => writeMember(machine);
      machine.coordinator.offer(machine.desired());
      const first = await openAgent(machine.deps);
      await fetchDesiredState(first, 0);
      machine.deadly.add(moment);
      const killed = await reconcileOnce(first);
      t.ok(killed.applied.failed?.error instanceof Killed, moment);
      machine.deadly.clear();

      const next = await openAgent(machine.deps);
      await fetchDesiredState(next, 0);
      const { complete, status } = await reconcileOnce(next);
      t.ok(complete, `${moment}: ${JSON.stringify(status.agent.waits)}`);
      t.strictSame(machine.init.acts, ['start'], moment);
      t.strictSame(next.journal.current().startedWith?.incarnation, 'incarnation1', moment);
    }
  },
);

t.test('a crash loop leads to longer and longer pauses, and its log is reported', async (t) => {
  const { machine, agent } = await settled(t);
  machine.etcd.answer = null;
  const crash = (): void => {
    machine.init.service = { kind: 'crashed', restarts: 1, how: 'exit status 1' };
  };
  machine.init.onStart = crash;
  crash();
  const starts = () => machine.init.acts.length - 1;
  const { status } = await reconcileOnce(agent);
  t.equal(starts(), 1, 'at once the first time');
  t.match(status.service, {
    state: 'crashed',
    reason: { code: 'ended_often', facts: { how: 'exit status 1' } },
    lastLog: ['panic: at the disco'],
  });
  await reconcileOnce(agent);
  t.equal(starts(), 2);
  await reconcileOnce(agent);
  t.equal(starts(), 2, 'not before a second has passed');
  machine.clock.advance(1000);
  await reconcileOnce(agent);
  t.equal(starts(), 3);
});

const pendingChange = (machine: TestMachine, permit = true) => ({
  generation: 8,
  etcd: machine.etcdWanted('incarnation1', 700),
  permit: permit ? ({ id: 'permit000001', act: 'restart', validForSeconds: 90 } as const) : null,
});

async function withPermit(t: Test): Promise<{ machine: TestMachine; agent: Agent }> {
  const { machine, agent } = await settled(t);
  machine.etcd.answer = { ...report, memberId: 'a1' };
  machine.etcd.members = [listed('a1'), listed('b2'), listed('c3'), listed('d4', { isLearner: true })];
  machine.coordinator.offer(machine.desired(pendingChange(machine)));
  await fetchDesiredState(agent, 0);
  return { machine, agent };
}

const confOf = ({ paths }: TestMachine): string => readFileSync(join(paths.etcDir, 'conf.yml'), 'utf8');

t.test('R2: with a permit, and every other voter healthy, etcd is restarted with its new files', async (t) => {
  const { machine, agent } = await withPermit(t);
  const outcome = await reconcileOnce(agent);
  t.strictSame(done(outcome), ['restart-etcd'], JSON.stringify(waits(outcome)));
  t.strictSame(waits(outcome), [reason('conf_to_have_served', { changed: 'conf', proving: 10 })]);
  t.strictSame(machine.init.acts, ['start', 'stop', 'start']);
  t.strictSame(
    machine.probed,
    ['https://10.0.0.1:b2', 'https://10.0.0.1:c3'],
    'the voters, just now; the learner does not count',
  );
  t.match(confOf(machine), 'heartbeat-interval: 700');
  t.equal(outcome.status.service.restartPending, false);
});

t.test('R2: an operator’s restart is done and reported once, also to a later agent', async (t) => {
  const { machine, agent } = await settled(t);
  machine.etcd.answer = { ...report, memberId: 'a1' };
  machine.etcd.members = [listed('a1'), listed('b2'), listed('c3')];
  const permit = { id: 'permit000001', act: 'restart', asked: true, validForSeconds: 90 } as const;
  machine.coordinator.offer(machine.desired({ generation: 8, permit }));
  await fetchDesiredState(agent, 0);
  machine.ailing.set('https://10.0.0.1:c3', 'it is down');
  const refused = await reconcileOnce(agent);
  t.strictSame([done(refused), refused.status.service.lastPermit], [[], undefined], 'a peer is away');
  machine.ailing.clear();
  const outcome = await reconcileOnce(agent);
  t.strictSame(done(outcome), ['restart-etcd'], JSON.stringify(waits(outcome)));
  t.equal(outcome.status.service.lastPermit, permit.id);
  const next = await openAgent(machine.deps);
  await fetchDesiredState(next, 0);
  t.strictSame(done(await reconcileOnce(next)), []);
  t.strictSame(machine.init.acts, ['start', 'stop', 'start']);
});

t.test(
  'R2: a hold begins once every other voter has answered, and a leader hands over; with stop, etcd stops',
  async (t) => {
    const { machine, agent } = await settled(t);
    machine.etcd.answer = { ...report, memberId: 'a1', leader: 'a1' };
    machine.etcd.members = [listed('a1'), listed('b2'), listed('c3')];
    const permit = { id: 'permit000001', act: 'hold', stop: true, forSeconds: 600, validForSeconds: 90 } as const;
    machine.coordinator.offer(machine.desired({ generation: 8, permit }));
    await fetchDesiredState(agent, 0);
    machine.ailing.set('https://10.0.0.1:c3', 'it is down');
    const refused = await reconcileOnce(agent);
    t.strictSame([done(refused), refused.status.service.held, machine.init.acts], [[], undefined, ['start']]);
    const { holdRefused } = refused.status.service;
    t.equal(holdRefused?.permit, permit.id);
    t.match(holdRefused?.reason, {
      code: 'voters_absent',
      facts: { absent: [{ member: 'member-c3', why: said('it is down') }] },
    });
    machine.ailing.clear();
    const again = await reconcileOnce(agent);
    t.strictSame([done(again), again.status.service.held], [[], undefined], 'its user decides whether to try again');
    const another = { ...permit, id: 'permit000002' } as const;
    machine.coordinator.offer(machine.desired({ generation: 9, permit: another }));
    await fetchDesiredState(agent, 0);
    const { status, applied } = await reconcileOnce(agent);
    t.strictSame(
      applied.done.map(({ kind }) => kind),
      ['take-hold'],
    );
    t.strictSame(machine.etcd.calls, ['lead b2']);
    t.strictSame(machine.init.acts, ['start', 'stop']);
    const order = { seconds: 600, stop: true };
    t.strictSame(status.service.held, { permit: another.id, rebooted: false, order });
    const next = await openAgent(machine.deps);
    await fetchDesiredState(next, 0);
    t.strictSame(done(await reconcileOnce(next)), [], 'another agent of this boot keeps it down');
    const booted = await openAgent({ ...machine.deps, host: { ...machine.deps.host, boot: 'another boot' } });
    await fetchDesiredState(booted, 0);
    machine.etcd.answer = { ...report, memberId: 'a1' };
    const back = await reconcileOnce(booted);
    t.strictSame(done(back), ['start-etcd'], 'R10');
    t.strictSame(back.status.service.held, { permit: another.id, rebooted: true, order });
  },
);

t.test('R2: a leader first hands over the leadership', async (t) => {
  const { machine, agent } = await withPermit(t);
  machine.etcd.answer = { ...report, memberId: 'a1', leader: 'a1' };
  machine.etcd.refuse = new Error('it is busy');
  t.strictSame(done(await reconcileOnce(agent)), ['restart-etcd'], 'and is restarted even if nobody takes over');
  t.strictSame(machine.etcd.calls, ['lead b2']);
});

t.test('R2, R6: a learner, to which etcd shows no other member, restarts with its permit', async (t) => {
  const { machine, agent } = await withPermit(t);
  machine.etcd.answer = { ...report, memberId: 'a1', isLearner: true };
  const outcome = await reconcileOnce(agent);
  t.strictSame(done(outcome), ['restart-etcd'], JSON.stringify(waits(outcome)));
  t.match(confOf(machine), 'heartbeat-interval: 700');
});

t.test('R2: no permit: nothing is restarted, and the files wait', async (t) => {
  const { machine, agent } = await settled(t);
  machine.coordinator.offer(machine.desired(pendingChange(machine, false)));
  await fetchDesiredState(agent, 0);
  const { status, complete } = await reconcileOnce(agent);
  t.strictSame([complete, status.service.restartPending, status.agent.generationApplied], [false, true, 7]);
  t.match(confOf(machine), 'heartbeat-interval: 500');
});

/** The agent has not restarted etcd for this reason. */
const notRestarted = (why: object) => failedWith('restart_refused', { reason: why }, { step: 'restart-etcd' });
const absent = (member: string, why: object) => ({ code: 'voters_absent', facts: { absent: [{ member, why }] } });

for (const [what, upset, wait] of [
  [
    'another voter is not healthy',
    ({ ailing }: TestMachine) => ailing.set('https://10.0.0.1:c3', 'it is down'),
    notRestarted(absent('member-c3', said('it is down'))),
  ],
  [
    'another voter has not started',
    ({ etcd }: TestMachine) => etcd.members.splice(1, 1, listed('b2', { clientUrls: [] })),
    notRestarted(absent('member-b2', reason('voter_not_started'))),
  ],
  [
    'it is not in the member list',
    ({ etcd }: TestMachine) => etcd.members.splice(0, 1),
    notRestarted(reason('not_in_own_list')),
  ],
  [
    'its member list does not arrive',
    ({ etcd }: TestMachine) => Object.assign(etcd, { memberList: () => Promise.reject(new Error('too late')) }),
    { code: 'step_failed', facts: { step: 'restart-etcd', why: said('too late') } },
  ],
] as const) {
  t.test(`R2: a permit is not enough when ${what}: no restart, and the files wait`, async (t) => {
    const { machine, agent } = await withPermit(t);
    upset(machine);
    const { applied, status } = await reconcileOnce(agent);
    t.strictSame(applied.done, []);
    t.match(status.agent.waits, [wait]);
    t.strictSame(machine.init.acts, ['start']);
    t.match(confOf(machine), 'heartbeat-interval: 500');
  });
}

t.test('R2: a permit that expires while the agent checks no longer allows the restart', async (t) => {
  const { machine } = await withPermit(t);
  const probe = async (): Promise<null> => {
    machine.clock.advance(90_000);
    return null;
  };
  const slow = { ...machine.deps, probe };
  const agent = await openAgent(slow);
  await fetchDesiredState(agent, 0);
  const { applied, status } = await reconcileOnce(agent);
  t.strictSame(applied.done, []);
  t.match(status.agent.waits, [notRestarted(reason('permit_over')), reason('another_restart_permit')]);
  t.match(confOf(machine), 'heartbeat-interval: 500');
  t.strictSame(machine.init.acts, ['start']);
});

t.test('R2, R3: an agent that was stalled for an hour uses none of its leases', async (t) => {
  const { machine, agent } = await withPermit(t);
  const membershipStep = {
    id: 'step00000001',
    kind: 'add-learner',
    member: 'x',
    peerUrl: 'https://x:2380',
    validForSeconds: 90,
  } as const;
  machine.coordinator.offer(machine.desired({ ...pendingChange(machine), generation: 9, membershipStep }));
  await fetchDesiredState(agent, 0);
  machine.clock.advance(3_600_000);
  const { applied } = await reconcileOnce(agent);
  t.strictSame([applied.done, machine.init.acts, machine.etcd.calls], [[], ['start'], []]);
});

t.test('R2: certificates must outlive the restart by ten minutes', async (t) => {
  for (const [left, acts] of [
    [9 * 60_000, []],
    [11 * 60_000, ['restart-etcd']],
  ] as const) {
    const { machine, agent } = await withPermit(t);
    machine.clock.advance(365 * 86_400_000 - left);
    machine.coordinator.offer({ ...machine.desired(pendingChange(machine)), generation: 9 });
    await fetchDesiredState(agent, 0);
    machine.coordinator.away = true;
    t.equal((await reconcileOnce(agent)).applied.failed?.step.kind, 'obtain-credential', 'they are renewed first');
    const outcome = await reconcileOnce(agent);
    t.strictSame(done(outcome), acts);
    if (acts.length > 0) continue;
    const ending = ['server', 'peer', 'client'].map((purpose) => ({ purpose, over: false }));
    t.match(waits(outcome), [notRestarted({ code: 'certificates_end', facts: { ending } })]);
  }
});

const restarting: readonly AgentFailpoint[] = ['conf.before-write', 'conf.after-write', 'etcd.before-start'];
for (const moment of restarting) {
  t.test(
    `R2, R9: killed at ${moment} of a restart, etcd is started by the next agent at once, as wanted`,
    async (t) => {
      const { machine, agent } = await withPermit(t);
      machine.deadly.add(moment);
      await reconcileOnce(agent);
      t.strictSame(machine.init.acts, ['start', 'stop']);
      machine.deadly.clear();
      machine.coordinator.away = true;
      const next = await openAgent(machine.deps);
      const { status } = await reconcileOnce(next);
      t.strictSame(machine.init.acts, ['start', 'stop', 'start']);
      t.match(confOf(machine), 'heartbeat-interval: 700');
      t.equal(status.service.restartPending, false);
    },
  );
}

t.test('R2: an etcd that could not be stopped still runs with the files on the disk', async (t) => {
  const { machine, agent } = await withPermit(t);
  machine.init.stop = async () => {
    throw new Error('it does not end');
  };
  t.match(waits(await reconcileOnce(agent)), [
    { code: 'step_failed', facts: { step: 'restart-etcd', why: said('it does not end') } },
  ]);
  t.match(confOf(machine), 'heartbeat-interval: 500');
});

t.test('R2, R9: if there is no room for the new files, etcd is not stopped for them', async (t) => {
  const { machine, agent } = await withPermit(t);
  machine.noRoomFor.add('conf.yml');
  t.match(waits(await reconcileOnce(agent)), [
    { code: 'step_failed', facts: { step: 'restart-etcd', why: diskFull(join(machine.paths.etcDir, 'conf.yml')) } },
  ]);
  t.strictSame(machine.init.acts, ['start']);
});

t.test('R2, R9: if the room is gone by then, etcd is started again with its former files', async (t) => {
  const { machine, agent } = await withPermit(t);
  const { stop } = machine.init;
  machine.init.stop = async () => {
    await stop.call(machine.init);
    machine.noRoomFor.add('conf.yml');
  };
  const { status } = await reconcileOnce(agent);
  t.strictSame(machine.init.acts, ['start', 'stop', 'start']);
  t.match(confOf(machine), 'heartbeat-interval: 500');
  t.equal(status.service.restartPending, true);
});

t.test('R7, R9: an answer that differs from the request never replaces a good file', async (t) => {
  const { machine, agent } = await settled(t);
  const path = join(machine.paths.etcDir, 'client.pem');
  const before = readFileSync(path, 'utf8');
  machine.clock.advance(61 * 86_400_000);
  machine.coordinator.issuer = () => otherAuthority;
  const { applied, status } = await reconcileOnce(agent);
  t.equal((applied.failed?.error as { code?: string } | undefined)?.code, 'certificate_answer_wrong');
  t.match(status.agent.waits, [
    failedWith('certificate_answer_wrong', { problem: /not among the trusted authorities/ }, { purpose: 'server' }),
  ]);
  t.equal(readFileSync(path, 'utf8'), before);
});

for (const [file, step] of [
  ['conf.yml', { step: 'write-file' }],
  ['server.pem', { step: 'obtain-credential', purpose: 'server' }],
] as const) {
  t.test(`R9: on a full disk ${file} is reported as not written, and it continues once there is room`, async (t) => {
    const machine = await testMachine(t);
    machine.init.onStart = () => writeMember(machine);
    machine.coordinator.offer(machine.desired());
    const agent = await openAgent(machine.deps);
    await fetchDesiredState(agent, 0);
    machine.noRoomFor.add(file);
    const { status, complete } = await reconcileOnce(agent);
    const path = join(machine.paths.etcDir, file);
    t.match(status.agent.waits, [{ code: 'step_failed', facts: { ...step, why: diskFull(path) } }]);
    t.strictSame([complete, existsSync(path), machine.init.acts], [false, false, []]);
    machine.noRoomFor.clear();
    machine.clock.advance(60_000);
    t.ok((await reconcileOnce(agent)).complete);
    t.strictSame(machine.init.acts, ['start']);
  });
}

t.test(
  'R5, R10: a desired state for which the disk has no room is not followed, and the coordinator is informed why',
  async (t) => {
    const { machine, agent } = await settled(t);
    machine.noRoomFor.add('desired-state.json');
    machine.coordinator.offer(machine.desired({ generation: 8 }));
    t.equal((await refusal(fetchDesiredState(agent, 0))).code, 'disk_full');
    const { status } = await reconcileOnce(agent);
    const path = join(machine.paths.stateDir, 'desired-state.json');
    t.strictSame(status.agent.waits, [reason('generation_not_kept', { generation: 8, why: diskFull(path) })]);
    t.equal(agent.memory.current.accepted?.document.generation, 7);
    machine.noRoomFor.clear();
    await fetchDesiredState(agent, 0);
    t.match((await reconcileOnce(agent)).status.agent, { waits: [], generationApplied: 8 });
  },
);

t.test('R7: each renewal has a key of its own', async (t) => {
  const { machine, agent } = await settled(t);
  const read = () => readFileSync(join(machine.paths.etcDir, 'server.pem'), 'utf8');
  const before = read();
  machine.clock.advance(61 * 86_400_000);
  await reconcileOnce(agent);
  const keyOf = (pem: string) => /PRIVATE KEY-----([^-]+)/.exec(pem)?.[1];
  t.ok(keyOf(read()));
  t.not(keyOf(read()), keyOf(before));
  t.strictSame(machine.init.acts, ['start'], 'and needs no restart');
});

t.test(
  'R14: the stored time advances with answers on which both clocks agree, and a clock before it is not believed',
  async (t) => {
    const { machine, agent } = await settled(t);
    const { status } = await reconcileOnce(agent);
    await sendReport(agent, status);
    t.ok(agent.journal.current().clockFloor > 0);
    machine.clock.wall -= 365 * 86_400_000;
    const doubtful = await reconcileOnce(agent);
    t.strictSame(done(doubtful), []);
    t.match(waits(doubtful), [{ code: 'time_sync', facts: { why: { code: 'clock_before_floor' } } }]);
  },
);

t.test('R2: an edited service is restored beside the running etcd, and that is reported', async (t) => {
  const { machine, agent } = await settled(t);
  machine.init.edited = ['/etc/init.d/etcd'];
  const outcome = await reconcileOnce(agent);
  t.strictSame([done(outcome), outcome.complete, machine.init.acts], [['install-service'], true, ['start']]);
  t.match(outcome.status.service, {
    state: 'running',
    reason: reason('definition_put_back', { paths: ['/etc/init.d/etcd'] }),
  });
  t.strictSame(done(await reconcileOnce(agent)), []);
});

t.test('an etcd that was stopped by hand is started again, and that is reported', async (t) => {
  const { machine, agent } = await settled(t);
  await reconcileOnce(agent);
  machine.init.service = { kind: 'stopped' };
  const outcome = await reconcileOnce(agent);
  t.strictSame([done(outcome), machine.init.acts], [['start-etcd'], ['start', 'start']]);
  t.match(outcome.status.service, { state: 'running', reason: reason('started_after_stop') });
});

t.test('an etcd that is down after a boot is started without mentioning anybody', async (t) => {
  const { machine, agent } = await settled(t);
  await reconcileOnce(agent);
  machine.init.service = { kind: 'stopped' };
  const host = { ...machine.deps.host, boot: 'boot2' };
  const { status } = await reconcileOnce(await openAgent({ ...machine.deps, host }));
  t.match(status.service, { state: 'running', reason: null });
});

t.test('an etcd that this agent has stopped is not called stopped by hand', async (t) => {
  const { machine, agent } = await settled(t);
  await reconcileOnce(agent);
  machine.coordinator.offer(machine.desired({ generation: 8, etcd: null, retired: ['incarnation1'] }));
  await fetchDesiredState(agent, 0);
  const { status } = await reconcileOnce(agent);
  t.match(status.service, { state: 'stopped', reason: null });
});

t.test(
  'R2: an etcd that its supervisor restarted during the observation is not stopped without a permit',
  async (t) => {
    const { machine, agent } = await settled(t);
    machine.coordinator.offer(machine.desired({ generation: 8, etcd: machine.etcdWanted('incarnation1', 700) }));
    await fetchDesiredState(agent, 0);
    machine.init.service = { kind: 'crashed', restarts: 0, how: 'SIGKILL' };
    machine.etcd.answer = null;
    const { acts } = machine.init;
    const before = acts.length;
    // The log is read after the observation; by then the supervisor has restarted it.
    machine.init.lastLog = async () => {
      machine.init.service = { kind: 'running', pid: 2, restarts: 1 };
      return [];
    };
    const { applied } = await reconcileOnce(agent);
    t.match(applied.failed?.error, { code: 'restart_refused' });
    t.strictSame(acts.slice(before), [], 'it keeps running');
    t.match(readFileSync(join(machine.paths.etcDir, 'conf.yml'), 'utf8'), 'heartbeat-interval: 500');
  },
);

t.test('R13: what an operator runs in place of an incarnation that is over is left alone', async (t) => {
  const { machine, agent } = await settled(t);
  machine.coordinator.offer(machine.desired({ generation: 8, etcd: null, retired: ['incarnation1'] }));
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  t.strictSame(machine.init.acts, ['start', 'stop']);
  machine.init.service = { kind: 'running', pid: 9, restarts: 0 };
  machine.init.edited = ['/etc/init.d/etcd'];
  const { status } = await reconcileOnce(agent);
  t.strictSame(machine.init.acts, ['start', 'stop']);
  t.strictSame(machine.init.edited, ['/etc/init.d/etcd']);
  t.strictSame(status.agent.waits, [reason('unknown_etcd_runs')]);
});

t.test('an unreadable log does not keep etcd from being restarted', async (t) => {
  const { machine, agent } = await settled(t);
  machine.init.service = { kind: 'crashed', restarts: 0, how: 'SIGKILL' };
  machine.init.lastLog = async () => {
    throw new Error('a folder is in its place');
  };
  t.strictSame(done(await reconcileOnce(agent)), ['start-etcd']);
});

t.test('an etcd that waits for its peers does not make the agent write its journal again and again', async (t) => {
  const { machine, agent } = await settled(t);
  machine.etcd.answer = null;
  let writes = 0;
  const { files } = machine.deps.host;
  const { writeWhole } = files;
  files.writeWhole = async (file) => {
    writes += 1;
    await writeWhole(file);
  };
  for (let hours = 0; hours < 24; hours += 1 / 6) {
    machine.clock.advance(600_000);
    await reconcileOnce(agent);
  }
  t.ok(writes > 0 && writes <= 35, `${writes} writes in a day`);
});

t.test('R13: a sample conf.yml that somebody may have edited is kept before it is replaced', async (t) => {
  const machine = await testMachine(t);
  const sample = 'name: default\n# mine\nlisten-client-urls: http://localhost:2379\n';
  mkdirSync(machine.paths.etcDir, { recursive: true });
  writeFileSync(join(machine.paths.etcDir, 'conf.yml'), sample);
  machine.coordinator.offer(machine.desired());
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  const kept = join(machine.paths.stateDir, 'replaced');
  const [name = ''] = readdirSync(kept);
  t.equal(readFileSync(join(kept, name), 'utf8'), sample);
  t.match(readFileSync(join(machine.paths.etcDir, 'conf.yml'), 'utf8'), /Written by Picket/);
});

t.test('an etcd that runs and does not serve: what its log shows is reported, until it serves', async (t) => {
  const { machine, agent } = await settled(t);
  const { clock, init, etcd } = machine;
  let readings = 0;
  let lines: string[] = [];
  const refused = (address: string) => {
    const ts = new Date(clock.now()).toISOString();
    return `{"level":"warn","ts":"${ts}","msg":"failed to reach the peer URL","address":"https://ada:canary@${address}:2380/version","error":"connect: connection refused"}`;
  };
  init.lastLog = async () => {
    readings += 1;
    return lines;
  };
  const facts = async () => (await reconcileOnce(agent)).status.service.logFacts?.map(({ reason }) => reason.facts);
  lines = [refused('192.168.7.12')];
  clock.advance(60_000);
  t.strictSame([await facts(), readings], [undefined, 0], 'it serves: its log is not read');

  etcd.answer = { ...report, leader: '0', healthy: false, linearizableRead: false };
  t.equal(await facts(), undefined);
  clock.advance(15_000);
  t.strictSame([await facts(), readings], [undefined, 0], 'a start takes as long');
  clock.advance(10_000);
  lines = [refused('192.168.7.12')];
  const remote = 'https://…@192.168.7.12:2380';
  t.strictSame([await facts(), readings], [[{ remote }], 1], 'R11: without secrets');
  clock.advance(5000);
  lines = [];
  t.strictSame([await facts(), readings], [[{ remote }], 1], 'the log is not read each time');
  clock.advance(20_000);
  t.strictSame([await facts(), readings], [[{ remote }], 2], 'its lines are gone, and it is not long ago');
  clock.advance(60_000);
  t.equal(await facts(), undefined);

  lines = [refused('192.168.7.13')];
  clock.advance(20_000);
  t.equal((await facts())?.length, 1);
  lines = [];
  init.service = { kind: 'running', pid: 77, restarts: 1 };
  t.equal(await facts(), undefined, 'a restarted etcd has its own start');
  clock.advance(25_000);
  lines = [refused('192.168.7.12')];
  t.strictSame(await facts(), [{ remote }]);
  etcd.answer = report;
  t.equal(await facts(), undefined, 'it serves');
  const before = readings;
  clock.advance(60_000);
  await facts();
  t.equal(readings, before);
});

t.test('a log that cannot be read shows nothing', async (t) => {
  const { machine, agent } = await settled(t);
  machine.etcd.answer = null;
  machine.init.lastLog = async () => {
    throw new Error('a folder is in its place');
  };
  await reconcileOnce(agent);
  machine.clock.advance(30_000);
  const { service } = (await reconcileOnce(agent)).status;
  t.match(service, { state: 'running', logFacts: undefined });
});
