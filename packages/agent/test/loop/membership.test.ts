import type { MembershipStep } from '@picket/shared/protocol/desired-state.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { said } from '../../../../test/support/said.ts';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { EtcdError } from '../../src/etcd/etcd.ts';
import { type Agent, openAgent } from '../../src/loop/agent.ts';
import { reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { type TestMachine, testMachine } from '../machine.ts';
import { listed } from '../reconcile/samples.ts';

const base = { id: 'step00000001', member: 'x-k3s-m-2', validForSeconds: 90 };
const add: MembershipStep = { ...base, kind: 'add-learner', peerUrl: 'https://192.168.7.12:2380' };
const promote: MembershipStep = { ...base, kind: 'promote', memberId: 'b2' };
const remove: MembershipStep = { ...base, kind: 'remove-learner', memberId: 'b2' };
const removeVoter: MembershipStep = { ...base, kind: 'remove-voter', memberId: 'b2', force: false };

async function given(t: Test, membershipStep: MembershipStep): Promise<{ machine: TestMachine; agent: Agent }> {
  const machine = await testMachine(t);
  machine.coordinator.offer(machine.desired({ membershipStep }));
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  machine.etcd.members = [listed('a1')];
  return { machine, agent };
}

/** The first reconcile starts etcd; the second is the first that can ask it. */
async function outcomeOf(agent: Agent) {
  await reconcileOnce(agent);
  return (await reconcileOnce(agent)).status.lastStep;
}

t.test('a change that has not happened is made, once, and recorded', async (t) => {
  const { machine, agent } = await given(t, add);
  t.match(await outcomeOf(agent), {
    id: base.id,
    member: 'x-k3s-m-2',
    outcome: 'done',
    reason: reason('added_as', { memberId: 'c3' }),
  });
  await reconcileOnce(agent);
  const next = await openAgent(machine.deps);
  await fetchDesiredState(next, 0);
  await reconcileOnce(next);
  t.strictSame(machine.etcd.calls, ['add https://192.168.7.12:2380'], 'the next agent knows it as well');
});

for (const [what, step, member] of [
  ['a learner that is there', add, listed('b2', { peerUrls: [add.peerUrl], isLearner: true })],
  ['a voter that is one', promote, listed('b2')],
  ['a member that is gone', remove, listed('c3')],
  ['a voter that is gone', removeVoter, listed('c3')],
] as const) {
  t.test(`a change that has already happened counts as done: ${what}`, async (t) => {
    const { machine, agent } = await given(t, step);
    machine.etcd.members = [listed('a1'), member];
    t.match(await outcomeOf(agent), { outcome: 'done' });
    t.strictSame(machine.etcd.calls, []);
  });
}

t.test(
  'R3: for a learner that is not in sync, etcd’s refusal is reported, and the promotion is retried while the lease holds',
  async (t) => {
    const { machine, agent } = await given(t, promote);
    machine.etcd.members = [listed('a1'), listed('b2', { isLearner: true })];
    machine.etcd.refuse = new EtcdError(
      9,
      'etcdserver: can only promote a learner member which is in sync with leader',
    );
    t.match(await outcomeOf(agent), { outcome: 'refused', reason: { code: 'error_says', facts: { text: /in sync/ } } });
    machine.etcd.refuse = null;
    t.match((await reconcileOnce(agent)).status.lastStep, { outcome: 'done' });
    t.strictSame(machine.etcd.calls, ['promote b2', 'promote b2']);
  },
);

t.test('a refusal before the voters are connected says what etcd waits for', async (t) => {
  const { machine, agent } = await given(t, promote);
  machine.etcd.members = [listed('a1'), listed('b2', { isLearner: true })];
  machine.etcd.refuse = new EtcdError(14, 'etcdserver: unhealthy cluster');
  t.match(await outcomeOf(agent), { reason: reason('voters_just_connected') });
});

t.test('R3: a removal finds only learners', async (t) => {
  const { machine, agent } = await given(t, remove);
  machine.etcd.members = [listed('a1'), listed('b2')];
  t.match(await outcomeOf(agent), { outcome: 'refused', reason: reason('voter_kept', { memberId: 'b2' }) });
  machine.etcd.members = [listed('a1'), listed('b2', { isLearner: true })];
  t.match((await reconcileOnce(agent)).status.lastStep, { outcome: 'done' });
  t.strictSame(machine.etcd.calls, ['remove b2']);
});

t.test('R3: a voter is removed while others stay, one of two only with force, and the last one never', async (t) => {
  const { machine, agent } = await given(t, removeVoter);
  machine.etcd.members = [listed('b2'), listed('c3', { isLearner: true })];
  t.match(await outcomeOf(agent), { outcome: 'refused', reason: reason('last_voter', { memberId: 'b2' }) });
  machine.etcd.members = [listed('a1'), listed('b2')];
  t.match((await reconcileOnce(agent)).status.lastStep, {
    outcome: 'refused',
    reason: reason('one_of_two_unforced', { memberId: 'b2' }),
  });
  t.strictSame(machine.etcd.calls, []);
  machine.etcd.members = [listed('a1'), listed('b2'), listed('c3')];
  t.match((await reconcileOnce(agent)).status.lastStep, {
    outcome: 'done',
    reason: reason('removed', { memberId: 'b2' }),
  });
  t.strictSame(machine.etcd.calls, ['remove b2']);

  const forced = await given(t, { ...removeVoter, force: true });
  forced.machine.etcd.members = [listed('a1'), listed('b2')];
  t.match(await outcomeOf(forced.agent), { outcome: 'done' });
});

t.test('R3: before a voter is removed, the remaining ones are asked over new connections', async (t) => {
  const { machine } = await given(t, removeVoter);
  let absent = 1;
  const probe = async () => (absent-- > 0 ? said('it does not answer') : null);
  const agent = await openAgent({ ...machine.deps, probe });
  await fetchDesiredState(agent, 0);
  machine.etcd.members = [listed('a1'), listed('b2'), listed('c3')];
  t.match(await outcomeOf(agent), {
    outcome: 'refused',
    reason: { code: 'too_few_would_stay', facts: { stay: 2, able: 1, absent: [{ why: said('it does not answer') }] } },
  });
  t.strictSame(machine.etcd.calls, []);
  t.match((await reconcileOnce(agent)).status.lastStep, { outcome: 'done' });
});

for (const [what, step, path] of [
  [
    'whose data differs: the alarm CORRUPT does not count',
    { ...removeVoter, differs: true },
    '/health?exclude=CORRUPT',
  ],
  ['of which that is not known: it counts', removeVoter, '/health'],
] as const) {
  t.test(`R3: the remaining voters are asked for their health, without the voter ${what}`, async (t) => {
    const { machine } = await given(t, step);
    const asked: (string | undefined)[] = [];
    const probe: typeof machine.deps.probe = async ({ healthPath }) => {
      asked.push(healthPath);
      return null;
    };
    const agent = await openAgent({ ...machine.deps, probe });
    await fetchDesiredState(agent, 0);
    machine.etcd.answer = { ...machine.etcd.answer!, alarms: ['CORRUPT on 0'], healthy: false };
    machine.etcd.members = [listed('a1'), listed('b2'), listed('c3')];
    await outcomeOf(agent);
    t.strictSame(asked, [path, path]);
  });
}

t.test('an etcd that cannot answer is a failure, not a refusal, and delays nothing else', async (t) => {
  const { machine, agent } = await given(t, promote);
  machine.etcd.memberList = async () => Promise.reject(new EtcdError(14, 'etcdserver: request timed out'));
  t.match(await outcomeOf(agent), { outcome: 'failed', reason: { code: 'error_says', facts: { text: /timed out/ } } });
  t.equal((await reconcileOnce(agent)).applied.failed, null);
});

t.test('R2: a change does not begin if its lease expires while the list arrives', async (t) => {
  const { machine, agent } = await given(t, promote);
  await reconcileOnce(agent);
  machine.etcd.memberList = async () => {
    machine.clock.advance(90_000);
    return [listed('a1'), listed('b2', { isLearner: true })];
  };
  t.match((await reconcileOnce(agent)).status.lastStep, {
    outcome: 'failed',
    reason: reason('begun_too_late'),
  });
  t.strictSame(machine.etcd.calls, []);
});
