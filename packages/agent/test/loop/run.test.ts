import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../../../test/support/said.ts';
import { until } from '../../../../test/support/until.ts';
import { EtcdError } from '../../src/etcd/etcd.ts';
import { type Agent, openAgent } from '../../src/loop/agent.ts';
import { reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { sendReport } from '../../src/loop/report-loop.ts';
import { type TestMachine, tooMany } from '../machine.ts';
import { report } from '../reconcile/samples.ts';
import { idle, passing, running } from '../running-agent.ts';

const held = '2026-01-01T00:00:00Z';

const applied = ({ journal }: Agent) => journal.current().generationApplied;

t.test('news takes effect at once, and is reported at once', async (t) => {
  const { machine, agent } = await running(t);
  const { coordinator, init, clock } = machine;
  await idle(machine);
  t.equal(coordinator.reports.length, 1, 'the first report');
  t.strictSame(coordinator.reports[0]?.basis, null, 'a new run begins with a whole status');
  const before = clock.up;
  coordinator.offer(machine.desired());
  await idle(machine);
  t.equal(init.service.kind, 'running');
  t.equal(applied(agent), 7);
  t.equal(clock.up, before);
  await passing(t, machine, 1000, 'it is reported', () => coordinator.status?.agent.generationApplied === 7);
  t.equal(coordinator.status?.service.state, 'running');
  t.ok(
    coordinator.reports.slice(1).every(({ basis }) => basis !== null),
    'the others are deltas',
  );
});

t.test('an etcd whose end is reported is restarted at once, without polling', async (t) => {
  let tell: (() => void) | undefined;
  const { machine, agent } = await running(t, ({ coordinator, desired, init }) => {
    init.onEnd = (told) => {
      tell = told;
    };
    coordinator.offer(desired());
  });
  const { init, clock } = machine;
  await passing(
    t,
    machine,
    5000,
    'carried out',
    () => applied(agent) === 7 && agent.memory.current.pauses.start.failures === 0,
  );
  await idle(machine);
  const before = clock.up;
  init.service = { kind: 'crashed', restarts: 0, how: 'SIGKILL' };
  tell?.();
  await idle(machine);
  t.strictSame(init.acts, ['start', 'start']);
  t.equal(clock.up, before);
});

t.test('a slow etcd is seen to serve after a quarter more of its time', async (t) => {
  for (const startMs of [200, 800, 3000]) {
    const { machine } = await running(t, ({ coordinator, desired, etcd }) => {
      etcd.answer = null;
      coordinator.offer(desired());
    });
    const { coordinator, etcd, init, clock } = machine;
    await passing(t, machine, 1000, 'it is started', () => init.acts.length === 1);
    const began = clock.up;
    await passing(t, machine, startMs, 'it starts', () => clock.up - began >= startMs);
    etcd.answer = report;
    await passing(t, machine, 500, 'it is reported', () => coordinator.status?.etcd?.healthy === true);
    // The clock of this test goes in steps of 50 ms, and a report may have to wait for one.
    t.ok(clock.up - began <= startMs + Math.min(250, startMs / 4) + 100, `${clock.up - began} ms after its start`);
  }
});

t.test('an order that etcd refuses is repeated in its first seconds, longer than etcd’s own wait', async (t) => {
  const { machine } = await running(t, ({ coordinator, desired, etcd }) => {
    etcd.refuse = new EtcdError(14, 'etcdserver: unhealthy cluster');
    const order = { id: 'step1', kind: 'add-learner', member: 'b', peerUrl: 'https://192.168.7.12:2380' } as const;
    coordinator.offer(desired({ membershipStep: { ...order, validForSeconds: 90 } }));
  });
  const { etcd, clock } = machine;
  await passing(t, machine, 5000, 'it is asked', () => etcd.calls.length === 1);
  const began = clock.up;
  await passing(t, machine, 5000, 'five seconds go by', () => clock.up - began >= 5000);
  t.ok(etcd.calls.length > 15, `${etcd.calls.length} times in five seconds`);
  await passing(t, machine, 10_000, 'it becomes patient', () => clock.up - began >= 9000);
  const asked = etcd.calls.length;
  await passing(t, machine, 30_000, 'half a minute goes by', () => clock.up - began >= 39_000);
  t.ok(etcd.calls.length - asked <= 31, `${etcd.calls.length - asked} times in half a minute`);
});

t.test('when nothing happens it reports as often as it should, and only changes', async (t) => {
  const { machine, agent } = await running(t, ({ coordinator, desired, etcd }) => {
    etcd.answer = { ...report, membersAsOf: report.raftAppliedIndex };
    coordinator.offer(desired());
  });
  const { coordinator, etcd } = machine;
  await passing(
    t,
    machine,
    5000,
    'it is applied and reported',
    () => applied(agent) === 7 && coordinator.status?.agent.generationApplied === 7,
  );
  await passing(t, machine, 30_000, 'a quiet report', () => coordinator.reports.length > 3);
  const count = coordinator.reports.length;
  const began = machine.clock.up;
  etcd.answer = { ...etcd.answer!, raftIndex: 500, raftAppliedIndex: 500, membersAsOf: 499, dbSizeBytes: 99_999 };
  await passing(t, machine, 60_000, 'another', () => coordinator.reports.length === count + 1);
  t.ok(machine.clock.up - began > 4000, 'numbers that always change wait for the period');
  t.strictSame(Object.keys(coordinator.reports.at(-1)!.changed), ['etcd']);
  etcd.answer = { ...etcd.answer, healthy: false };
  await passing(
    t,
    machine,
    5500,
    'bad health is reported after the next observation',
    () => coordinator.status?.etcd?.healthy === false,
  );
});

t.test('a coordinator that lost its memory gets everything', async (t) => {
  const { machine } = await running(t, ({ coordinator, desired }) => coordinator.offer(desired()));
  const { coordinator } = machine;
  await passing(t, machine, 5000, 'told', () => coordinator.status?.agent.generationApplied === 7);
  coordinator.held = -1;
  coordinator.status = null;
  await passing(t, machine, 60_000, 'told again', () => coordinator.status !== null);
  t.equal(coordinator.reports.at(-1)?.basis, null);
  t.equal(coordinator.status!.agent.generationApplied, 7);
});

t.test(
  'R10: while the coordinator is unreachable the agent restarts etcd, asks rarely, and returns without help',
  async (t) => {
    const { machine, agent } = await running(t, ({ coordinator, desired }) => coordinator.offer(desired()));
    const { coordinator, init } = machine;
    await passing(t, machine, 5000, 'carried out', () => applied(agent) === 7);
    coordinator.away = true;
    await passing(t, machine, 60_000, 'the poll has failed', () => coordinator.asked > 2);
    const asked = coordinator.asked;
    init.service = { kind: 'crashed', restarts: 0, how: 'SIGKILL' };
    await passing(t, machine, 6000, 'etcd is started again', () => init.acts.length === 2);
    const later = machine.clock.up + 600_000;
    await passing(t, machine, 600_000, 'ten minutes go by', () => machine.clock.up >= later);
    t.ok(coordinator.asked - asked < 20, `it asked ${coordinator.asked - asked} times`);
    coordinator.away = false;
    coordinator.offer(machine.desired({ generation: 8 }));
    await passing(t, machine, 61_000, 'it continues', () => applied(agent) === 8);
  },
);

t.test('R18: an agent that must wait asks no sooner, in no loop', async (t) => {
  const { machine, agent } = await running(t, ({ coordinator, desired }) => {
    coordinator.offer(desired());
    coordinator.busySeconds = 600;
  });
  const { coordinator, clock } = machine;
  await passing(t, machine, 5000, 'it has asked and reported', () => coordinator.refused === 2);
  const later = clock.up + 590_000;
  await passing(t, machine, 600_000, 'nearly ten minutes go by', () => clock.up >= later);
  t.equal(coordinator.refused, 2);
  coordinator.busySeconds = null;
  await passing(t, machine, 20_000, 'then it continues', () => applied(agent) === 7);
});

t.test('R18: an agent that must wait for a certificate asks no sooner', async (t) => {
  const { machine } = await running(t, ({ coordinator, desired }) => {
    coordinator.offer(desired());
    coordinator.issuer = () => {
      coordinator.refused += 1;
      throw tooMany(400);
    };
  });
  const { coordinator, clock } = machine;
  await passing(t, machine, 5000, 'it has asked', () => coordinator.refused === 1);
  const later = clock.up + 390_000;
  await passing(t, machine, 400_000, 'time goes by', () => clock.up >= later);
  t.equal(coordinator.refused, 1);
});

/** What the agent reports to wait for, as JSON. */
const waitsText = ({ coordinator }: TestMachine) => JSON.stringify(coordinator.status?.agent.waits);

/** Why a machine without room for its record cannot note what it does. */
function fullDisk({ paths }: TestMachine) {
  const details = { path: join(paths.stateDir, 'journal.json'), problem: 'its file system is full' };
  return reason('picket_error', { error: 'disk_full', details });
}

t.test('a full disk: an agent that cannot record its acts reports why, and continues once there is room', async (t) => {
  const { machine, agent } = await running(t, ({ coordinator, desired }) => coordinator.offer(desired()));
  const { coordinator, init, noRoomFor } = machine;
  await passing(t, machine, 5000, 'applied and reported', () => coordinator.status?.agent.generationApplied === 7);
  noRoomFor.add('journal.json');
  coordinator.offer(machine.desired({ generation: 8 }));
  const notKept = reason('generation_not_kept', { generation: 8, why: fullDisk(machine) });
  await passing(t, machine, 20_000, 'it is reported', () => waitsText(machine).includes(JSON.stringify(notKept)));
  noRoomFor.clear();
  await passing(t, machine, 61_000, 'it continues', () => applied(agent) === 8 && waitsText(machine) === '[]');
  t.strictSame(init.acts, ['start'], 'etcd kept running');
});

t.test('a full disk from the first start on: the obstacle is reported', async (t) => {
  const { machine, agent } = await running(t, ({ coordinator, desired, noRoomFor, init }) => {
    init.onStart = () => noRoomFor.add('journal.json');
    coordinator.offer(desired());
  });
  const { noRoomFor } = machine;
  const full = JSON.stringify(fullDisk(machine));
  await passing(t, machine, 20_000, 'it is reported', () => waitsText(machine).includes(full));
  noRoomFor.clear();
  await passing(t, machine, 61_000, 'it continues', () => applied(agent) === 7 && waitsText(machine) === '[]');
});

t.test('R4, R5: a node is observed and reported even if the disk takes no records', async (t) => {
  const { machine } = await running(t, ({ coordinator, desired, noRoomFor, init }) => {
    init.onStart = () => noRoomFor.add('journal.json');
    coordinator.offer(desired());
  });
  const { coordinator, etcd, init } = machine;
  await passing(t, machine, 20_000, 'its etcd is reported', () => coordinator.status?.etcd?.healthy === true);
  etcd.answer = null;
  init.service = { kind: 'crashed', restarts: 3, how: 'SIGKILL' };
  init.onStart = () => {
    init.service = { kind: 'crashed', restarts: 4, how: 'SIGKILL' };
  };
  await passing(t, machine, 10_000, 'its end is reported', () => coordinator.status?.service.state === 'crashed');
  t.equal(coordinator.status?.etcd, null);
});

t.test('R2: a node that can no longer be observed is not reported as healthy', async (t) => {
  const { machine, agent } = await running(t, ({ coordinator, desired }) => coordinator.offer(desired()));
  const { coordinator, init } = machine;
  await passing(t, machine, 5000, 'healthy', () => coordinator.status?.agent.generationApplied === 7);
  t.equal(coordinator.status?.etcd?.healthy, true);
  init.state = () => Promise.reject(new Error('EROFS'));
  await passing(t, machine, 10_000, 'it is reported', () => coordinator.status?.etcd === null);
  t.match(coordinator.status, {
    agent: { waits: [reason('not_looked_at', { why: said('EROFS') })] },
    service: { state: 'running', reason: reason('not_looked_at', { why: said('EROFS') }) },
  });
  init.state = async () => ({ kind: 'running', pid: 1, restarts: 0 });
  await passing(t, machine, 61_000, 'it is reported again', () => coordinator.status?.etcd?.healthy === true);
  t.strictSame(agent.memory.current.status?.agent.waits, []);
});

t.test('R2: if an observation fails after the service was read, a crash of etcd is reported', async (t) => {
  const { machine } = await running(t, ({ coordinator, desired }) => coordinator.offer(desired()));
  const { coordinator, init } = machine;
  await passing(t, machine, 5000, 'healthy', () => coordinator.status?.agent.generationApplied === 7);
  init.service = { kind: 'crashed', restarts: 1, how: 'SIGKILL' };
  init.altered = () => Promise.reject(new Error('EIO'));
  await passing(t, machine, 10_000, 'it is reported', () => coordinator.status?.service.state === 'crashed');
  t.strictSame(
    coordinator.status?.service.reason,
    reason('ended_unobserved', { how: 'SIGKILL', why: reason('not_looked_at', { why: said('EIO') }) }),
  );
  t.equal(coordinator.status?.etcd, null);
});

t.test('R2: an observation that hangs is not covered by the former one', async (t) => {
  const { machine } = await running(t, ({ coordinator, desired }) => coordinator.offer(desired()));
  const { coordinator, init, clock } = machine;
  await passing(t, machine, 5000, 'healthy', () => coordinator.status?.agent.generationApplied === 7);
  let release: () => void = () => {};
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  t.teardown(release);
  init.state = () => hanging.then(() => ({ kind: 'running', pid: 1, restarts: 0 }));
  const end = clock.up + 40_000;
  while (coordinator.status?.etcd !== null && clock.up < end) {
    clock.advance(250);
    await sleep(2);
  }
  t.equal(coordinator.status?.etcd, null);
  t.strictSame(coordinator.status?.agent.waits, [reason('look_hangs')]);
  release();
});

t.test('R10: when it is stopped, it leaves etcd running', async (t) => {
  const { machine, agent, stopping, ended } = await running(t, ({ coordinator, desired }) =>
    coordinator.offer(desired()),
  );
  await passing(t, machine, 5000, 'carried out', () => applied(agent) === 7);
  stopping.abort();
  await ended;
  t.strictSame(machine.init.acts, ['start']);
});

t.test('its last report says what stops, and the first one of the next run says nothing of it', async (t) => {
  for (const [isShuttingDown, stops] of [
    [false, 'agent'],
    [true, 'machine'],
  ] as const) {
    const { machine, stop } = await running(t, ({ coordinator, deps, desired }) => {
      Object.assign(deps.host, { isShuttingDown: async () => isShuttingDown });
      coordinator.offer(desired());
    });
    const { coordinator } = machine;
    await passing(t, machine, 5000, 'reported', () => coordinator.status?.agent.generationApplied === 7);
    t.notOk(coordinator.status?.agent.stops, 'while it runs');
    await stop();
    t.match(coordinator.status, { agent: { stops, generationApplied: 7 }, etcd: { healthy: true } });
    t.strictSame(Object.keys(coordinator.reports.at(-1)?.changed ?? {}), ['agent']);

    const next = await openAgent(machine.deps);
    await sendReport(next, (await reconcileOnce(next)).status);
    t.notOk(coordinator.status?.agent.stops, 'the next run');
  }
});

t.test('R10: its end waits at most three seconds for a coordinator that is silent', async (t) => {
  const { machine, stopping, ended } = await running(t, ({ coordinator, desired }) => coordinator.offer(desired()));
  const { clock, coordinator } = machine;
  await passing(t, machine, 5000, 'reported', () => coordinator.status?.agent.generationApplied === 7);
  let asked = 0;
  coordinator.report = () => {
    asked += 1;
    return new Promise(() => undefined);
  };
  stopping.abort();
  const lastSeen = () => `${asked} reports were sent, ${clock.sleeping} loops sleep`;
  await until('it waits for its last report', () => asked > 0 && clock.sleeping > 0, { every: 0, lastSeen });
  clock.advance(3000);
  await ended;
  t.equal(asked, 1);
});

t.test(
  'R10: its end waits neither for a coordinator that was away already, nor for a step that takes long',
  async (t) => {
    const away = await running(t, ({ coordinator, desired }) => coordinator.offer(desired()));
    await passing(t, away.machine, 5000, 'reported', () => away.machine.coordinator.status?.etcd?.healthy === true);
    away.machine.coordinator.away = true;
    away.machine.etcd.answer = null;
    await passing(t, away.machine, 10_000, 'no report', () => !away.agent.reporter.isAnswered());
    away.machine.coordinator.away = false;
    const { length } = away.machine.coordinator.reports;
    await away.stop();
    t.equal(away.machine.coordinator.reports.length, length);

    const late = await running(t, ({ coordinator, desired }) => coordinator.offer(desired()));
    const { clock, coordinator, init } = late.machine;
    await passing(t, late.machine, 5000, 'reported', () => coordinator.status?.agent.generationApplied === 7);
    let release: () => void = () => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    init.state = async () => {
      asked += 1;
      await hanging;
      return init.service;
    };
    coordinator.offer(late.machine.desired({ generation: 8 }));
    await until('it has asked', () => asked > 0, { every: 0 });
    late.stopping.abort();
    clock.advance(3000);
    release();
    await late.ended;
    t.notOk(coordinator.status?.agent.stops);
  },
);

t.test('R10, R15: a renewal that fails is tried again and again, and then left alone', async (t) => {
  const looks: (AnyReason | null)[] = [];
  let away = true;
  const { machine } = await running(t, (prepared) => {
    const identity: NonNullable<TestMachine['deps']['identity']> = {
      held: () => ({ purpose: 'identity', serial: '1', notBefore: held, notAfter: held }),
      dueAt: () => prepared.clock.now() + 86_400_000,
      async look(doubt) {
        looks.push(doubt);
        if (away) throw new Error('the coordinator is unreachable');
        return null;
      },
    };
    Object.assign(prepared.deps, { identity });
  });
  await passing(t, machine, 10_000, 'again', () => looks.length >= 3);
  await passing(t, machine, 10_000, 'it has reported', () => machine.coordinator.status !== null);
  const { status } = machine.coordinator;
  const tried = looks.length;
  t.strictSame(
    status?.certificates.map(({ purpose }) => purpose),
    ['identity'],
  );
  t.strictSame(status?.agent.waits, [reason('first_desired_state')], 'it keeps this node from nothing');
  away = false;
  await passing(t, machine, 60_000, 'done', () => looks.length === tried + 1);
  const { clock } = machine;
  const began = clock.up;
  await passing(t, machine, 30_000, 'half a minute goes by', () => clock.up - began >= 30_000);
  t.equal(looks.length, tried + 1);
  t.ok(looks.every((doubt) => doubt === null));
});

t.test(
  'R15: an identity is checked at the moment when it is due, and one that is always due is not checked too often',
  async (t) => {
    const looks: number[] = [];
    let due = 0;
    const { machine } = await running(t, (prepared) => {
      const { clock } = prepared;
      due = clock.now() + 20_000;
      const identity: NonNullable<TestMachine['deps']['identity']> = {
        held: () => ({ purpose: 'identity', serial: '1', notBefore: held, notAfter: held }),
        dueAt: () => due,
        async look() {
          looks.push(clock.now());
          return null;
        },
      };
      Object.assign(prepared.deps, { identity });
    });
    await passing(t, machine, 25_000, 'it is checked', () => looks.length === 2);
    const late = (looks[1] as number) - due;
    t.ok(late >= 0 && late < 100, 'when it is due');
    await passing(t, machine, 25_000, 'again and again', () => looks.length === 5);
    t.ok((looks[4] as number) - (looks[2] as number) >= 10_000, 'five seconds apart');
  },
);
