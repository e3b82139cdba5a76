import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@picket/shared/etcd-config/parse.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { fetchDesiredState } from '../../../src/coordinator/poll.ts';
import { openAgent } from '../../../src/loop/agent.ts';
import { reconcileOnce } from '../../../src/loop/reconcile-once.ts';
import { lives, type TestNode } from '../../loop/lives.ts';
import { type TestMachine, testMachine } from '../../machine.ts';
import { listed, report } from '../samples.ts';

const serving = { ...report, memberId: 'a1' };
const permit = { id: 'permit000001', act: 'restart', validForSeconds: 90 } as const;

/** A member whose etcd serves with a heartbeat of 500 ms. */
async function given(t: Test): Promise<TestNode> {
  const machine = await testMachine(t);
  machine.etcd.answer = serving;
  machine.coordinator.offer(machine.desired());
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  machine.etcd.members = [listed('a1'), listed('b2'), listed('c3')];
  await reconcileOnce(agent);
  await reconcileOnce(agent);
  return { machine, agent };
}

/**
 * A member that was restarted with 700, with which it cannot run.
 *
 * @param ended how often it has ended before, by its supervisor's count
 */
async function onTrial(t: Test, how: 'crashes' | 'hangs', ended = 0): Promise<TestNode> {
  const { machine, agent } = await given(t);
  machine.init.onStart = () => {
    const runs = heartbeatOf(machine) !== 700;
    machine.init.service = { kind: 'running', pid: 2, restarts: ended };
    machine.etcd.answer = runs ? serving : null;
    if (!runs && how === 'crashes') machine.init.service = { kind: 'crashed', restarts: 1, how: 'exit status 1' };
  };
  machine.coordinator.offer(machine.desired({ generation: 8, etcd: machine.etcdWanted('incarnation1', 700), permit }));
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  t.equal(heartbeatOf(machine), 700, 'it was restarted with it');
  return { machine, agent };
}

function heartbeatOf({ paths }: TestMachine): number {
  return parse(readFileSync(join(paths.etcDir, 'conf.yml'), 'utf8')).heartbeatIntervalMs;
}

const crashed = reason('conf_crashed', { how: 'exit status 1', lastWords: 'panic: at the disco' });
const silent = reason('conf_silent', { proving: 10, within: 90 });

for (const [how, patience] of [
  ['crashes', 15],
  ['hangs', 90],
] as const) {
  t.test(`R6: an etcd that ${how} with its new conf.yml gets the last good one back, and serves`, async (t) => {
    const { machine, agent } = await onTrial(t, how);
    await lives({ machine, agent }, patience - 1);
    t.equal(heartbeatOf(machine), 700, `not before ${patience} s`);
    const { status } = await lives({ machine, agent }, 4);
    t.equal(heartbeatOf(machine), 500);
    t.match(status.service, { state: 'running', restartPending: false });
    t.strictSame(status.service.rejected, how === 'crashes' ? crashed : silent);
    t.strictSame(status.agent.waits, [
      reason('conf_put_back', { changed: 'conf', why: how === 'crashes' ? crashed : silent }),
    ]);
    t.equal(status.agent.generationApplied, 7, 'the wanted one is not in force');
  });
}

t.test('R6: without a coordinator too, and across a restart of the agent', async (t) => {
  const { machine, agent } = await onTrial(t, 'crashes');
  await lives({ machine, agent }, 5);
  machine.coordinator.away = true;
  const next = await openAgent(machine.deps);
  await lives({ machine, agent: next }, 18);
  t.equal(heartbeatOf(machine), 500);
  const last = await openAgent(machine.deps);
  t.match(
    (await lives({ machine, agent: last }, 2)).status.service.rejected,
    { code: 'conf_crashed', facts: { how: 'exit status 1' } },
    'and it is still reported',
  );
});

t.test('R6: a rejected one that is wanted again after another is tried once more', async (t) => {
  const { machine, agent } = await onTrial(t, 'crashes');
  await lives({ machine, agent }, 20);
  machine.coordinator.offer(machine.desired({ generation: 9, etcd: machine.etcdWanted('incarnation1', 500) }));
  await fetchDesiredState(agent, 0);
  const { status, complete } = await lives({ machine, agent }, 1);
  t.same([status.service.rejected, complete], [null, true]);
  const again = machine.desired({ generation: 10, etcd: machine.etcdWanted('incarnation1', 700), permit });
  machine.coordinator.offer(again);
  await fetchDesiredState(agent, 0);
  await lives({ machine, agent }, 1);
  t.equal(heartbeatOf(machine), 700);
});

t.test('R6: certificates and bundles are the current ones, whichever conf.yml is in force', async (t) => {
  const { machine, agent } = await onTrial(t, 'crashes');
  const trust = { ...machine.desired().trust, peer: `${machine.desired().trust.peer}\n` };
  const etcd = machine.etcdWanted('incarnation1', 700);
  machine.coordinator.offer(machine.desired({ generation: 9, etcd, permit, trust }));
  await fetchDesiredState(agent, 0);
  await lives({ machine, agent }, 20);
  t.equal(heartbeatOf(machine), 500);
  t.equal(readFileSync(join(machine.paths.etcDir, 'peer-ca.pem'), 'utf8'), trust.peer);
});

t.test('R6: an etcd that ended before it had its new conf.yml has as long to serve as any other', async (t) => {
  const { machine, agent } = await onTrial(t, 'hangs', 1);
  await lives({ machine, agent }, 89);
  t.equal(heartbeatOf(machine), 700);
});

t.test('R6: one that ends with its new conf.yml does not have that long, however often it ended before', async (t) => {
  const { machine, agent } = await onTrial(t, 'hangs', 1);
  machine.init.service = { kind: 'running', pid: 3, restarts: 2 };
  await lives({ machine, agent }, 18);
  t.equal(heartbeatOf(machine), 500);
});

t.test('R6: a crash that came before the new conf.yml does not count against it', async (t) => {
  const { machine, agent } = await given(t);
  machine.init.service = { kind: 'crashed', restarts: 0, how: 'SIGKILL' };
  machine.etcd.answer = null;
  machine.coordinator.offer(machine.desired({ generation: 8, etcd: machine.etcdWanted('incarnation1', 700) }));
  await fetchDesiredState(agent, 0);
  machine.init.onStart = () => {
    machine.init.service = { kind: 'running', pid: 2, restarts: 1 };
  };
  await lives({ machine, agent }, 89);
  t.equal(heartbeatOf(machine), 700, 'it has time to read its data');
});

t.test('R2: one that serves after all is not stopped', async (t) => {
  const { machine, agent } = await onTrial(t, 'hangs');
  await lives({ machine, agent }, 88);
  machine.etcd.answer = serving;
  const acts = machine.init.acts.length;
  const { status, complete } = await lives({ machine, agent }, 11);
  t.equal(heartbeatOf(machine), 700);
  t.same([status.service.rejected, complete, machine.init.acts.length], [null, true, acts]);
});

t.test(
  'R6: an etcd that serves sometimes, and never for ten seconds in a row, has not proven its conf.yml',
  async (t) => {
    const { machine, agent } = await onTrial(t, 'hangs');
    for (let times = 0; times < 9; times += 1) {
      machine.etcd.answer = serving;
      const { status } = await lives({ machine, agent }, 9);
      t.notSame(status.agent.generationApplied, 8);
      machine.etcd.answer = null;
      await lives({ machine, agent }, 1);
    }
    const { status } = await lives({ machine, agent }, 2);
    t.equal(heartbeatOf(machine), 500);
    t.strictSame(status.service.rejected, silent);
  },
);

t.test('R6: an agent that finds an unproven conf.yml waits for its proof, and reports that', async (t) => {
  const { machine, agent } = await onTrial(t, 'hangs');
  machine.etcd.answer = serving;
  await lives({ machine, agent }, 1);
  const next = await openAgent(machine.deps);
  const early = await lives({ machine, agent: next }, 9);
  t.match(early.status.agent, {
    generationApplied: 7,
    waits: [reason('conf_to_have_served', { changed: 'conf', proving: 10 })],
  });
  t.equal(early.settled, false, 'it keeps observing');
  t.match((await lives({ machine, agent: next }, 1)).status.agent, { generationApplied: 8, waits: [] });
});

for (const service of [
  { kind: 'running', pid: 1, restarts: 0 },
  { kind: 'crashed', restarts: 0, how: 'SIGKILL' },
] as const) {
  t.test(`R6: a refused conf.yml is reported as one that etcd cannot run with; etcd is ${service.kind}`, async (t) => {
    const { machine, agent } = await given(t);
    machine.init.service = service;
    const wanted = machine.etcdWanted('incarnation1', 700);
    const conf = `${wanted.conf}key-of-a-later-version: 1\n`;
    machine.coordinator.offer(machine.desired({ generation: 8, etcd: { ...wanted, conf } }));
    await fetchDesiredState(agent, 0);
    const { status } = await lives({ machine, agent }, 2);
    const why = {
      code: 'picket_error',
      facts: { error: 'etcd_config_unreadable', details: { problems: /key-of-a-later-version/ } },
    };
    const refused = { code: 'conf_refused', facts: { why } };
    t.match(status.service, { state: 'running', rejected: refused });
    const waits = [{ code: 'conf_put_back', facts: { changed: 'conf', why: refused } }];
    t.match(status.agent, { generationSeen: 8, generationApplied: 7, waits });
    t.equal(heartbeatOf(machine), 500);
  });
}

t.test('R6: a report shows no desired state that arrived during the observation', async (t) => {
  const { machine, agent } = await given(t);
  const { state } = machine.init;
  machine.init.state = async () => {
    machine.init.state = state;
    machine.coordinator.offer(machine.desired({ generation: 8, etcd: machine.etcdWanted('incarnation1', 700) }));
    await fetchDesiredState(agent, 0);
    return state.call(machine.init);
  };
  t.match((await reconcileOnce(agent)).status, { agent: { generationSeen: 7 }, service: { restartPending: false } });
  t.match((await reconcileOnce(agent)).status, { agent: { generationSeen: 8 }, service: { restartPending: true } });
});

/** A member that has proven itself with 700, and gets its former settings back, while its etcd is in this state. */
async function putBack(t: Test, answer: typeof serving | null) {
  const { machine, agent } = await onTrial(t, 'hangs');
  machine.etcd.answer = serving;
  t.equal((await lives({ machine, agent }, 11)).complete, true);
  machine.etcd.answer = answer;
  machine.coordinator.offer(machine.desired({ generation: 9, etcd: machine.etcdWanted('incarnation1', 500) }));
  await fetchDesiredState(agent, 0);
  return { machine, agent };
}

for (const [what, answer] of [
  ['does not answer', null],
  ['sees no leader', { ...serving, leader: '0', healthy: false }],
] as const) {
  t.test(`R2: an etcd that ${what} for long is restarted with other settings without a permit`, async (t) => {
    const { machine, agent } = await putBack(t, answer);
    await lives({ machine, agent }, 89);
    t.equal(heartbeatOf(machine), 700, 'not before 90 s');
    t.equal((await lives({ machine, agent }, 12)).complete, true);
    t.equal(heartbeatOf(machine), 500);
  });
}

t.test('R2: one that is unhealthy and follows a leader is not: a quorum may depend on it', async (t) => {
  const { machine, agent } = await putBack(t, { ...serving, healthy: false });
  const { acts } = machine.init;
  const before = acts.length;
  await lives({ machine, agent }, 300);
  t.equal(acts.length, before);
});

t.test('R16: nor one that refuses its agent, with authentication on, and answers reads', async (t) => {
  const { machine, agent } = await putBack(t, null);
  machine.etcd.answersReads = true;
  machine.etcd.authenticationOn = true;
  const { acts } = machine.init;
  const before = acts.length;
  const { status } = await lives({ machine, agent }, 300);
  t.equal(acts.length, before);
  t.match(status, { etcd: null, service: { quorumRead: true, reason: { code: 'authentication_on' } } });
});

t.test('one that answers reads and answers its agent slowly is not reported as having authentication on', async (t) => {
  const { machine, agent } = await putBack(t, null);
  machine.etcd.answersReads = true;
  const { status } = await lives({ machine, agent }, 30);
  t.match(status, { etcd: null, service: { quorumRead: true, authenticationOn: undefined, reason: null } });
});

t.test('R2: nor one that defragments its database, and answers nobody meanwhile', async (t) => {
  const { machine, agent } = await putBack(t, null);
  const { acts } = machine.init;
  const before = acts.length;
  const lastMaintenance = { id: 'order0000001', outcome: 'begun', reason: null } as const;
  await agent.journal.update((journal) => ({ ...journal, lastMaintenance }));
  await lives({ machine, agent }, 300);
  t.equal(acts.length, before);
});

t.test('R2: nor one that is silent only because its own certificate has expired', async (t) => {
  const { machine, agent } = await putBack(t, null);
  const { acts } = machine.init;
  const before = acts.length;
  machine.coordinator.away = true;
  machine.clock.advance(366 * 86_400_000);
  await lives({ machine, agent }, 120);
  t.equal(acts.length, before);
});

t.test('R2: nor one that follows a leader again before it would be stopped', async (t) => {
  const { machine, agent } = await putBack(t, null);
  await lives({ machine, agent }, 89);
  const { acts } = machine.init;
  const before = acts.length;
  let looks = 0;
  machine.etcd.report = async () => {
    looks += 1;
    return looks === 1 ? null : { ...serving, members: [...machine.etcd.members] };
  };
  machine.clock.advance(1000);
  const { applied } = await reconcileOnce(agent);
  t.match(applied.failed?.error, { code: 'restart_refused', facts: { reason: reason('follows_again') } });
  t.equal(acts.length, before);
});
