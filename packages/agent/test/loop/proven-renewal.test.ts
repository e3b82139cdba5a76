import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readCredential } from '@picket/shared/pki/credential.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { said } from '../../../../test/support/said.ts';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { openAgent } from '../../src/loop/agent.ts';
import { reconcileOnce } from '../../src/loop/reconcile-once.ts';
import type { AgentFailpoint } from '../../src/program/failpoints.ts';
import { type TestMachine, testMachine } from '../machine.ts';
import { kinds } from '../reconcile/samples.ts';
import { failedWith } from '../support.ts';

const day = 86_400_000;
const refuted = { kind: 'refuted', why: said('etcd shows another certificate') } as const;

/** A member that has just founded; its certificates are young. */
async function member(t: Test) {
  const machine = await testMachine(t);
  machine.coordinator.offer(machine.desired());
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  t.strictSame(machine.init.acts, ['start']);
  return { machine, agent };
}

const serialOf = ({ paths }: TestMachine, purpose: LeafPurpose): string =>
  readCredential(readFileSync(join(paths.etcDir, `${purpose}.pem`), 'utf8')).certificate.serial;
const formerFolder = ({ paths }: TestMachine): string => join(paths.stateDir, 'former');
const unproven = (machine: TestMachine): readonly string[] =>
  existsSync(formerFolder(machine)) ? readdirSync(formerFolder(machine)) : [];

t.test('each certificate is proven in etcd before the next is renewed, and etcd is not restarted', async (t) => {
  const { machine, agent } = await member(t);
  machine.clock.advance(61 * day);
  const { applied, complete } = await reconcileOnce(agent);
  const steps = applied.done.map((step) => ('purpose' in step ? `${step.kind} ${step.purpose}` : step.kind));
  t.strictSame(steps, [
    'obtain-credential server',
    'prove-credential server',
    'obtain-credential peer',
    'prove-credential peer',
    'obtain-credential client',
    'prove-credential client',
    'obtain-credential admin',
    'prove-credential admin',
  ]);
  t.strictSame([complete, unproven(machine), machine.init.acts], [true, [], ['start']]);
});

t.test('R9: a refused certificate is put back whole, reported, and retried after a pause', async (t) => {
  const { machine, agent } = await member(t);
  const before = readFileSync(join(machine.paths.etcDir, 'server.pem'), 'utf8');
  machine.verdicts.set('server', refuted);
  machine.clock.advance(61 * day);
  const why = reason('step_failed', {
    step: 'prove-credential',
    purpose: 'server',
    why: reason('picket_error', {
      error: 'certificate_put_back',
      details: { purpose: 'server', problem: said('etcd shows another certificate') },
    }),
  });
  t.strictSame((await reconcileOnce(agent)).status.agent.waits[0], why);
  const path = join(machine.paths.etcDir, 'server.pem');
  t.equal(readFileSync(path, 'utf8'), before);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.strictSame(unproven(machine), []);

  const asked = machine.coordinator.certificates;
  const { applied, status } = await reconcileOnce(agent);
  t.strictSame([applied.failed, machine.coordinator.certificates - asked], [null, 3], 'the others are renewed');
  t.strictSame(status.agent.waits, [reason('certificate_pauses', { purpose: 'server', why })]);

  machine.verdicts.clear();
  machine.clock.advance(5000);
  t.ok((await reconcileOnce(agent)).complete);
  t.not(readFileSync(path, 'utf8'), before);
  t.strictSame(machine.init.acts, ['start']);
});

t.test('repeated refusals cost the coordinator fewer and fewer certificates', async (t) => {
  const { machine, agent } = await member(t);
  machine.verdicts.set('client', refuted);
  machine.clock.advance(61 * day);
  const asked = machine.coordinator.certificates;
  for (let minute = 0; minute < 60; minute += 1) {
    await reconcileOnce(agent);
    machine.clock.advance(60_000);
  }
  const tries = machine.coordinator.certificates - asked - 3;
  t.ok(tries > 3 && tries < 12, `${tries} in an hour`);
});

t.test('if the former one has expired, the new one stays, and is checked again', async (t) => {
  const { machine, agent } = await member(t);
  const before = serialOf(machine, 'peer');
  machine.verdicts.set('peer', refuted);
  machine.clock.advance(366 * day);
  const { status } = await reconcileOnce(agent);
  t.match(status.agent.waits, [
    failedWith('certificate_unproven', { purpose: 'peer', problem: said('etcd shows another certificate') }),
  ]);
  const after = serialOf(machine, 'peer');
  t.not(after, before);
  t.strictSame(unproven(machine), ['peer.pem']);
  machine.verdicts.clear();
  machine.clock.advance(5000);
  t.ok((await reconcileOnce(agent)).complete);
  t.strictSame([unproven(machine), serialOf(machine, 'peer')], [[], after]);
});

t.test('an etcd that does not answer is no reason to put anything back; one that is down is not asked', async (t) => {
  const { machine, agent } = await member(t);
  const before = serialOf(machine, 'server');
  machine.verdicts.set('server', { kind: 'silent', why: said('etcd did not answer') });
  machine.verdicts.set('peer', { kind: 'down' });
  machine.clock.advance(61 * day);
  const { applied, complete } = await reconcileOnce(agent);
  t.equal(applied.failed?.step.kind, 'prove-credential');
  await reconcileOnce(agent);
  t.not(serialOf(machine, 'server'), before);
  t.strictSame([complete, unproven(machine).toSorted()], [false, ['peer.pem', 'server.pem']]);

  machine.init.service = { kind: 'crashed', restarts: 1, how: 'SIGKILL' };
  machine.etcd.answer = null;
  t.strictSame(kinds((await reconcileOnce(agent)).applied.done), ['start-etcd']);
});

for (const [failpoint, verdict, held] of [
  ['renew.after-former', null, 'new'],
  ['credential.after-write', null, 'new'],
  ['credential.after-write', refuted, 'former'],
  ['renew.after-put-back', refuted, 'former'],
] as const satisfies readonly (readonly [AgentFailpoint, typeof refuted | null, string])[]) {
  const how = verdict === null ? 'holds' : 'does not hold';
  t.test(`R9: after a crash at ${failpoint} of a renewal that ${how}, the next agent finishes it`, async (t) => {
    const { machine, agent } = await member(t);
    const before = serialOf(machine, 'server');
    machine.clock.advance(61 * day);
    machine.deadly.add(failpoint);
    if (verdict !== null) machine.verdicts.set('server', verdict);
    await reconcileOnce(agent);
    t.strictSame(unproven(machine), ['server.pem'], 'the credential in force is kept');
    const inPlace = serialOf(machine, 'server');
    machine.deadly.clear();
    // Without a coordinator the only possible steps are the proof and putting back.
    machine.coordinator.away = inPlace !== before;
    const next = await openAgent(machine.deps);
    await fetchDesiredState(next, 0).catch(() => undefined);
    await reconcileOnce(next);
    t.strictSame([unproven(machine), serialOf(machine, 'server') === before], [[], held === 'former']);
    t.strictSame(machine.init.acts, ['start']);
  });
}

t.test('R2: a certificate that was renewed and not proven does not allow a restart', async (t) => {
  const { machine, agent } = await member(t);
  machine.verdicts.set('peer', { kind: 'silent', why: said('etcd did not answer') });
  machine.clock.advance(61 * day);
  const permit = { id: 'permit000001', act: 'restart', validForSeconds: 90 } as const;
  machine.coordinator.offer(machine.desired({ generation: 8, permit, etcd: machine.etcdWanted('incarnation1', 700) }));
  await fetchDesiredState(agent, 0);
  machine.etcd.members = [{ id: 'a1', name: 'a', peerUrls: [], clientUrls: [], isLearner: false }];
  await reconcileOnce(agent);
  const { status } = await reconcileOnce(agent);
  t.match(status.agent.waits, [
    failedWith('restart_refused', { reason: reason('renewal_unproven', { purpose: 'peer' }) }),
  ]);
  machine.verdicts.clear();
  machine.clock.advance(5000);
  await reconcileOnce(agent);
  t.strictSame(machine.init.acts, ['start', 'stop', 'start'], 'then it continues');
});
