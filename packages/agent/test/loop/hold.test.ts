import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { said } from '../../../../test/support/said.ts';
import { whyNeeded } from '../../src/commands/hold.ts';
import { lookOnly } from '../../src/commands/look-only.ts';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { writeLocalRelease } from '../../src/journal/local-release.ts';
import { openAgent } from '../../src/loop/agent.ts';
import { type Outcome, reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { type TestMachine, testMachine } from '../machine.ts';
import { kinds, listed, report } from '../reconcile/samples.ts';

const id = 'permit000001';
const permit = { id, act: 'hold', stop: true, forSeconds: 600, validForSeconds: 90 } as const;
const leads = { ...report, memberId: 'a1', leader: 'a1' };

/** A leader of three voters. */
async function leader(t: Test) {
  const machine = await testMachine(t);
  const { deps, init, coordinator, etcd, paths } = machine;
  init.onStart = () => writeMember(machine);
  coordinator.offer(machine.desired());
  const agent = await openAgent(deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  etcd.answer = leads;
  etcd.members = [listed('a1'), listed('b2'), listed('c3')];
  /** Another desired state from the coordinator. */
  const hears = async (change: object): Promise<Outcome> => {
    coordinator.offer(machine.desired(change));
    await fetchDesiredState(agent, 0);
    return reconcileOnce(agent);
  };
  const releases = (of: string) =>
    writeLocalRelease(deps.host.files, paths.stateDir, { id: of, boot: deps.host.boot, hold: null });
  return { machine, agent, hears, releases };
}

/** The output of etcd at its start. */
function writeMember({ paths }: TestMachine): void {
  const folder = join(paths.dataRoot, 'incarnation1');
  if (!existsSync(folder)) return;
  mkdirSync(join(folder, 'member/wal'), { recursive: true });
  writeFileSync(join(folder, 'member/wal/0000000000000000-0000000000000000.wal'), '');
}

const done = ({ applied }: Outcome): string[] => kinds(applied.done);

t.test('R2: a hold begins once all other voters answer: the leader hands over, and etcd stops', async (t) => {
  const { machine, hears } = await leader(t);
  const held = await hears({ generation: 8, permit });
  t.strictSame(done(held), ['take-hold'], JSON.stringify(held.status.agent.waits));
  t.strictSame(machine.probed, ['https://10.0.0.1:b2', 'https://10.0.0.1:c3']);
  t.strictSame(machine.etcd.calls, ['lead b2']);
  t.strictSame(machine.init.acts, ['start', 'stop']);
  t.strictSame(held.status.service.held, { permit: id, rebooted: false, order: { seconds: 600, stop: true } });
  const next = await openAgent(machine.deps);
  t.strictSame(done(await reconcileOnce(next)), [], 'another agent of this boot keeps it down');
  machine.clock.advance(600_000);
  t.strictSame(done(await reconcileOnce(next)), ['start-etcd'], 'its time is over');
});

t.test('R2 R10: a hold gets another end without a second check, and etcd stays down until then', async (t) => {
  const { machine, agent, hears } = await leader(t);
  await hears({ generation: 8, permit });
  machine.clock.advance(500_000);
  const { length } = machine.probed;
  const extended = await hears({ generation: 9, permit: { ...permit, forSeconds: 1200 } });
  t.strictSame(done(extended), []);
  t.match(extended.status.service.held, { permit: id, order: { seconds: 1200 } });
  machine.clock.advance(699_000);
  t.strictSame([done(await reconcileOnce(agent)), machine.probed.length], [[], length]);
  machine.clock.advance(1000);
  t.strictSame(done(await reconcileOnce(agent)), ['start-etcd']);

  const other = await leader(t);
  await other.hears({ generation: 8, permit });
  other.machine.clock.advance(100_000);
  const shortened = await other.hears({ generation: 9, permit: { ...permit, forSeconds: 90 } });
  t.strictSame(done(shortened), ['start-etcd'], 'a time that is over already');
});

const c3IsDown = reason('voters_absent', { absent: [{ member: 'member-c3', why: said('it is down') }] });

t.test('R2: if another voter does not answer, the hold is refused once, with the reason', async (t) => {
  const { machine, agent, hears } = await leader(t);
  machine.ailing.set('https://10.0.0.1:c3', 'it is down');
  const refused = await hears({ generation: 8, permit });
  t.strictSame([done(refused), refused.status.service.held, machine.init.acts], [[], undefined, ['start']]);
  const { holdRefused } = agent.journal.current();
  t.equal(holdRefused?.permit, id);
  t.strictSame(holdRefused?.reason, c3IsDown);
  machine.ailing.clear();
  t.strictSame(done(await reconcileOnce(agent)), [], 'who ordered it decides whether to try again');
});

t.test('R10: what root releases is over, and etcd starts', async (t) => {
  const { agent, hears, releases } = await leader(t);
  await hears({ generation: 8, permit });
  await releases('permit000002');
  t.strictSame(done(await reconcileOnce(agent)), [], 'another one');
  await releases(id);
  const started = await reconcileOnce(agent);
  t.strictSame(done(started), ['start-etcd']);
  t.match(started.status.service.held, { permit: id, rebooted: false });
});

t.test('R2: an order to hold that an earlier agent has left behind is neither a hold nor a release', async (t) => {
  const { machine, agent, hears } = await leader(t);
  const { boot } = machine.deps.host;
  for (const order of [{ id, boot, at: 0, hold: { seconds: 600, stop: true, why: null } }, { id }, '{']) {
    writeFileSync(join(machine.paths.stateDir, 'local-order.json'), JSON.stringify(order));
    t.strictSame(done(await reconcileOnce(agent)), []);
  }
  await hears({ generation: 8, permit });
  writeFileSync(
    join(machine.paths.stateDir, 'local-order.json'),
    JSON.stringify({ id, boot, at: 0, hold: { seconds: 600, stop: true, why: null } }),
  );
  t.strictSame(done(await reconcileOnce(agent)), []);
});

/** As an earlier agent left it, on root's order and without a coordinator. */
async function heldByEarlierAgent(t: Test) {
  const { machine, agent, releases } = await leader(t);
  const held = { permit: id, boot: machine.deps.host.boot, since: machine.clock.monotonic(), stopped: true };
  await agent.journal.update((before) => ({ ...before, ranIn: null, held: { ...held, alone: { seconds: 600 } } }));
  await machine.init.stop();
  return { machine, releases, upgraded: await openAgent(machine.deps) };
}

t.test('R10: a member that an earlier agent held alone stays down until root releases it', async (t) => {
  const { upgraded, releases } = await heldByEarlierAgent(t);
  t.strictSame(done(await reconcileOnce(upgraded)), []);
  await releases(id);
  t.strictSame(done(await reconcileOnce(upgraded)), ['start-etcd']);
});

t.test('R10: it also ends with its time, and with a boot', async (t) => {
  const { machine, upgraded } = await heldByEarlierAgent(t);
  machine.clock.advance(599_999);
  t.strictSame(done(await reconcileOnce(upgraded)), []);
  const host = { ...machine.deps.host, boot: 'another boot' };
  t.strictSame(done(await reconcileOnce(await openAgent({ ...machine.deps, host }))), ['start-etcd']);

  const other = await heldByEarlierAgent(t);
  other.machine.clock.advance(600_000);
  t.strictSame(done(await reconcileOnce(other.upgraded)), ['start-etcd']);
});

t.test('R2: whether the cluster needs this member is checked without a permit, and changes nothing', async (t) => {
  const { machine, agent } = await leader(t);
  const { deps, etcd, ailing, init } = machine;
  const needed = async () => whyNeeded(await lookOnly(deps, null, null), deps);
  const before = agent.journal.current();
  t.equal(await needed(), null);
  t.strictSame(machine.probed, ['https://10.0.0.1:b2', 'https://10.0.0.1:c3']);

  ailing.set('https://10.0.0.1:c3', 'it is down');
  t.strictSame(await needed(), c3IsDown);
  ailing.clear();

  etcd.members = [listed('a1'), listed('b2'), { ...listed('c3'), isLearner: true }];
  t.strictSame(await needed(), reason('reboots_without_hold', { voters: 2 }), 'a learner counts in no quorum');
  etcd.members = [listed('b2'), listed('c3'), { ...listed('a1'), isLearner: true }];
  etcd.answer = { ...leads, isLearner: true, leader: 'b2' };
  t.equal(await needed(), null, 'nobody needs a learner');

  etcd.answer = { ...leads, leader: '0' };
  t.strictSame(await needed(), reason('etcd_without_leader'));
  t.strictSame(etcd.calls, [], 'nobody hands over');
  t.strictSame(init.acts, ['start']);
  t.strictSame(agent.journal.current(), before);
});
