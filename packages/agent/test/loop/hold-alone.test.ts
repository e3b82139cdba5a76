import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import t, { type Test } from 'tap';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { type LocalOrder, writeLocalOrder } from '../../src/journal/local-order.ts';
import { type Agent, openAgent } from '../../src/loop/agent.ts';
import { type Outcome, reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { type TestMachine, testMachine } from '../machine.ts';
import { kinds, listed, report } from '../reconcile/samples.ts';

const id = 'alone0000001';
const leads = { ...report, memberId: 'a1', leader: 'a1' };

/** A leader of three voters, whose coordinator has not answered for `quiet` ms when root orders a hold. */
async function ordered(t: Test, { quiet = 165_000, stop = true } = {}) {
  const machine = await testMachine(t);
  const { deps, init, coordinator, etcd, clock, paths } = machine;
  init.onStart = () => writeMember(machine);
  coordinator.offer(machine.desired());
  const agent = await openAgent(deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  etcd.answer = leads;
  etcd.members = [listed('a1'), listed('b2'), listed('c3')];
  clock.advance(quiet);
  const order = (change: Partial<LocalOrder> = {}) =>
    writeLocalOrder(deps.host.files, paths.stateDir, {
      ...{ id, boot: deps.host.boot, at: clock.monotonic() },
      hold: { seconds: 600, stop, why: 'kernel update' },
      ...change,
    });
  await order();
  return { machine, agent, order };
}

/** The output of etcd at its start. */
function writeMember({ paths }: TestMachine): void {
  const folder = join(paths.dataRoot, 'incarnation1');
  if (!existsSync(folder)) return;
  mkdirSync(join(folder, 'member/wal'), { recursive: true });
  writeFileSync(join(folder, 'member/wal/0000000000000000-0000000000000000.wal'), '');
}

const done = ({ applied }: Outcome): string[] => kinds(applied.done);
const heldReport = {
  permit: id,
  rebooted: false,
  order: { seconds: 600, stop: true, alone: { why: 'kernel update' } },
};

/** Another desired state from the coordinator. */
async function hears({ machine, agent }: { machine: TestMachine; agent: Agent }, change: object): Promise<Outcome> {
  machine.coordinator.offer(machine.desired(change));
  await fetchDesiredState(agent, 0);
  return reconcileOnce(agent);
}

t.test(
  'R2: a hold that root orders alone begins like any: all answer, the leader hands over, etcd stops',
  async (t) => {
    const { machine, agent } = await ordered(t);
    const { applied, status } = await reconcileOnce(agent);
    t.strictSame(kinds(applied.done), ['take-hold'], status.agent.waits.map(inWords).join());
    t.strictSame(machine.probed, ['https://10.0.0.1:b2', 'https://10.0.0.1:c3']);
    t.strictSame(machine.etcd.calls, ['lead b2']);
    t.strictSame(machine.init.acts, ['start', 'stop']);
    t.strictSame(status.service.held, heldReport);
    const next = await openAgent(machine.deps);
    t.strictSame(done(await reconcileOnce(next)), [], 'another agent of this boot keeps it down');
    machine.clock.advance(600_000);
    t.strictSame(done(await reconcileOnce(next)), ['start-etcd'], 'its time is over');
  },
);

t.test('R10: it ends with a boot, and is not begun again', async (t) => {
  const { machine, agent } = await ordered(t);
  await reconcileOnce(agent);
  const host = { ...machine.deps.host, boot: 'another boot' };
  const booted = await openAgent({ ...machine.deps, host });
  machine.clock.advance(165_000);
  const back = await reconcileOnce(booted);
  t.strictSame(done(back), ['start-etcd']);
  t.equal(back.status.service.held, undefined);
  machine.etcd.answer = leads;
  t.strictSame(done(await reconcileOnce(booted)), []);
});

t.test('R2: while the coordinator may have given a lease to another member, it does not begin', async (t) => {
  const { machine, agent } = await ordered(t, { quiet: 164_999 });
  t.strictSame(done(await reconcileOnce(agent)), []);
  machine.clock.advance(1);
  t.strictSame(done(await reconcileOnce(agent)), ['take-hold']);
});

t.test('R2: the start of an agent counts as an answer, since it does not know the last one', async (t) => {
  const { machine } = await ordered(t);
  const next = await openAgent(machine.deps);
  t.strictSame(done(await reconcileOnce(next)), []);
  machine.clock.advance(165_000);
  t.strictSame(done(await reconcileOnce(next)), ['take-hold']);
});

t.test('an order counts for five minutes, and in its boot', async (t) => {
  const { machine, agent, order } = await ordered(t);
  machine.clock.advance(315_000);
  t.strictSame(done(await reconcileOnce(agent)), []);
  await order({ id: 'alone0000002', boot: 'another boot' });
  t.strictSame(done(await reconcileOnce(agent)), []);
  await order({ id: 'alone0000003' });
  t.strictSame(done(await reconcileOnce(agent)), ['take-hold']);
});

t.test('R2: if another voter does not answer, the order is refused once, with the reason', async (t) => {
  const { machine, agent, order } = await ordered(t);
  machine.ailing.set('https://10.0.0.1:c3', 'it is down');
  const refused = await reconcileOnce(agent);
  t.strictSame([done(refused), refused.status.service.held, machine.init.acts], [[], undefined, ['start']]);
  const { holdRefused } = agent.journal.current();
  t.equal(holdRefused?.permit, id);
  t.match(
    holdRefused === undefined ? '' : inWords(holdRefused.reason),
    /^not every other voter serves; .*member-c3: it is down/,
  );
  machine.ailing.clear();
  t.strictSame(done(await reconcileOnce(agent)), [], 'root decides whether to try again');
  await order({ id: 'alone0000002' });
  t.strictSame(done(await reconcileOnce(agent)), ['take-hold']);
});

t.test('R2: no other order of the coordinator gets a lease from it', async (t) => {
  const { machine, agent, order } = await ordered(t, { quiet: 0, stop: false });
  const maintenance = {
    ...({ id: 'maintain0001', kind: 'defragment', compactFirst: false } as const),
    ...{ validForSeconds: 90, deadlineSeconds: 1800 },
  } as const;
  const membershipStep = { id: 'step00000001', kind: 'remove-learner', member: 'd', memberId: 'd4' } as const;
  const change = { generation: 8, maintenance, membershipStep: { ...membershipStep, validForSeconds: 90 } };
  machine.coordinator.offer(machine.desired(change));
  await fetchDesiredState(agent, 0);
  machine.clock.advance(256_000);
  await order({ id: 'alone0000002' });
  t.strictSame(done(await reconcileOnce(agent)), ['take-hold']);
});

t.test('R2: while it is held, this node uses no permit to restart', async (t) => {
  const held = await ordered(t, { stop: false });
  await reconcileOnce(held.agent);
  const { machine } = held;
  const outcome = await hears(held, {
    generation: 8,
    etcd: machine.etcdWanted('incarnation1', 700),
    permit: { id: 'permit000001', act: 'restart', validForSeconds: 90 },
  });
  t.strictSame(done(outcome), []);
  t.match(outcome.status.service, { restartPending: true, held: { permit: id } });
});

t.test('a hold that the coordinator has learned of is the coordinator’s: it ends with its permit', async (t) => {
  const held = await ordered(t);
  await reconcileOnce(held.agent);
  const permit = { id, act: 'hold', stop: true, forSeconds: 600, validForSeconds: 90 } as const;
  t.strictSame(done(await hears(held, { generation: 8 })), [], 'it has not learned of it yet');
  const known = await hears(held, { generation: 9, permit });
  t.strictSame([done(known), held.machine.init.acts], [[], ['start', 'stop']]);
  t.strictSame(known.status.service.held, { permit: id, rebooted: false, order: { seconds: 600, stop: true } });
  t.strictSame(done(await hears(held, { generation: 10 })), ['start-etcd']);
});

t.test('what root releases is over, and etcd starts, also for a hold of the coordinator', async (t) => {
  const { machine, agent, order } = await ordered(t);
  await reconcileOnce(agent);
  await order({ id: 'alone0000002', hold: null });
  t.strictSame(done(await reconcileOnce(agent)), [], 'another one');
  await order({ hold: null });
  const released = await reconcileOnce(agent);
  t.strictSame([done(released), released.status.service.held], [['start-etcd'], undefined]);

  machine.etcd.answer = leads;
  const permit = { id: 'permit000001', act: 'hold', stop: true, forSeconds: 600, validForSeconds: 90 } as const;
  t.strictSame(done(await hears({ machine, agent }, { generation: 8, permit })), ['take-hold']);
  await order({ id: permit.id, hold: null });
  const started = await reconcileOnce(agent);
  t.strictSame(done(started), ['start-etcd']);
  t.match(started.status.service.held, { permit: permit.id, rebooted: false });
});

t.test('R2: of two voters, none is held without the coordinator', async (t) => {
  const { machine, agent, order } = await ordered(t);
  machine.etcd.members = [listed('a1'), listed('b2')];
  t.strictSame(done(await reconcileOnce(agent)), []);
  const { holdRefused } = agent.journal.current();
  t.match(
    holdRefused === undefined ? '' : inWords(holdRefused.reason),
    /cluster of 2 .* reboot the machine without a hold/,
  );
  t.strictSame(machine.init.acts, ['start']);
  machine.etcd.members = [listed('a1'), listed('b2'), { ...listed('c3'), isLearner: true }];
  await order({ id: 'alone0000002' });
  t.strictSame(done(await reconcileOnce(agent)), [], 'a learner counts in no quorum');
});

t.test('R2: a hold that the coordinator took over and ended before this node knew is over', async (t) => {
  const held = await ordered(t);
  await reconcileOnce(held.agent);
  t.strictSame(done(await hears(held, { generation: 8, endedHold: 'alone0000002' })), [], 'another one');
  const ended = await hears(held, { generation: 9, endedHold: id });
  t.strictSame([done(ended), ended.status.service.held], [['start-etcd'], undefined]);
});

t.test('once the hold of a coordinator has lasted its time, root can order another one', async (t) => {
  const held = await ordered(t, { quiet: 0, stop: false });
  const { machine, agent, order } = held;
  const permit = { id: 'permit000001', act: 'hold', stop: false, forSeconds: 600, validForSeconds: 90 } as const;
  t.strictSame(done(await hears(held, { generation: 8, permit })), ['take-hold']);
  machine.clock.advance(599_000);
  await order({ id: 'alone0000002' });
  t.strictSame(done(await reconcileOnce(agent)), [], 'it is held already');
  machine.clock.advance(1000);
  t.strictSame(done(await reconcileOnce(agent)), ['take-hold']);
  t.equal(agent.journal.current().held?.permit, 'alone0000002');
});

t.test('a file that is no order is none', async (t) => {
  const { machine, agent } = await ordered(t);
  for (const text of ['{', '{"id":"alone0000001"}']) {
    writeFileSync(join(machine.paths.stateDir, 'local-order.json'), text);
    t.strictSame(done(await reconcileOnce(agent)), []);
  }
});
