import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import { startsAgent } from '@picket/shared/service-commands.ts';
import t, { type Test } from 'tap';
import { testCoordinator } from '../../packages/coordinator/test/support/coordinator.ts';
import { nodeWith } from '../../packages/coordinator/test/support/nodes.ts';
import { backedUp } from '../../packages/coordinator/test/support/restored.ts';
import { emptyEtcd, formed, joinMachine, memberOf, rounds } from '../golden/machines.ts';
import { type Coded, tellsOf } from '../support/told.ts';

/** Three members that serve, and what an operator reads of them. */
async function scene(t: Test) {
  const coordinator = await testCoordinator(t);
  const machines = await formed(coordinator, 3);
  const [, , third] = machines;
  if (third === undefined) throw new Error('three have joined');
  return {
    ...{ coordinator, machines, third },
    async orders(path: string, body: object) {
      const answer = await coordinator.admin.post(path, body);
      t.equal(answer.status < 300, true, answer.text);
    },
    async reads() {
      const status = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
      const { findings } = (await coordinator.admin.get('/v1/clusters/x-k3s/diagnosis')).json<DiagnosisView>();
      return {
        ...{ status, findings },
        causes: findings.map(({ cause }) => cause.code),
      };
    },
  };
}

const codeOf = ({ code }: Coded) => code;

const stopped = { etcd: null, service: { state: 'stopped' } } as const;

t.test('R19: a held member that does not come back is named as soon as its hold is over', async (t) => {
  for (const way of ['by its time', 'by a release'] as const) {
    const { coordinator, machines, third, orders, reads } = await scene(t);
    await orders('/v1/clusters/x-k3s/members/x-k3s-m-3/hold', { seconds: 300, stop: true });
    await rounds(coordinator, machines, { count: 2 });
    third.changes = stopped;
    await rounds(coordinator, machines);
    const during = await reads();
    const headline = { code: 'held_fails', facts: { member: 'x-k3s-m-3' } };
    t.match(during.status, { state: 'at-risk', headline }, way);
    t.strictSame(during.causes, ['cause_held'], way);
    third.silent = true;
    if (way === 'by a release') await orders('/v1/clusters/x-k3s/members/x-k3s-m-3/release', {});
    const tens = way === 'by its time' ? 30 : 4;
    await rounds(coordinator, machines, { count: tens, seconds: 10 });
    const { status, causes, findings } = await reads();
    t.match(status, { state: 'at-risk', headline: { code: 'some_fail' } }, way);
    t.strictSame((status.headline.facts as { readonly failing: unknown }).failing, ['x-k3s-m-3'], way);
    t.strictSame(causes, ['cause_silent'], way);
    t.strictSame(findings[0]?.members, ['x-k3s-m-3'], way);
    for (const code of ['held', 'held_now', 'held_fails', 'cause_held'] as const)
      t.notOk(tellsOf(code)([status.headline, status.waitsFor, status.notices, findings]), way);
  }
});

t.test('R19: two of three voters after an eviction as compromised lack a machine', async (t) => {
  const { coordinator, machines, third, orders, reads } = await scene(t);
  await orders(`/v1/nodes/${third.node.id}/evict`, { compromised: true });
  t.strictSame((await reads()).causes, ['cause_compromised']);
  await rounds(coordinator, machines.slice(0, 2), { count: 4 });
  const { status, findings } = await reads();
  t.match(status, { state: 'forming', headline: reason('members_missing', { voters: 2, declared: 3 }) });
  const next = { command: 'picket token create x-k3s --member x-k3s-m-3', on: null };
  t.match(findings, [{ cause: { code: 'cause_machine_missing' }, members: ['x-k3s-m-3'], next }]);
});

t.test('R19: a rollout that an operator has paused is a cause, with the command that resumes it', async (t) => {
  const { orders, reads } = await scene(t);
  await orders('/v1/clusters/x-k3s/rollout', { order: 'pause' });
  const next = { command: 'picket rollout resume x-k3s' };
  t.match((await reads()).findings, [{ cause: { code: 'cause_rollout_paused' }, next }]);
  await orders('/v1/clusters/x-k3s/rollout', { order: 'resume' });
  t.strictSame((await reads()).causes, []);
});

t.test('R19: a restored coordinator says nothing of etcd, and sends nobody to unfreeze', async (t) => {
  const { coordinator, machines, reads } = await scene(t);
  const restore = await backedUp(coordinator);
  await restore();
  for (const machine of machines) {
    machine.node = nodeWith(coordinator, machine.node);
    await machine.report();
  }
  const { status, causes, findings } = await reads();
  t.match(status, { state: 'frozen', next: { command: /^picket node readopt / } });
  t.strictSame(causes, ['cause_awaits_readoption']);
  const [finding] = findings;
  t.strictSame(finding?.proof.map(codeOf), ['node_to_readopt', 'node_to_readopt', 'node_to_readopt'], 'each node once');
  t.match(finding?.next, { command: /^picket node readopt / });
  t.strictSame(finding?.effects.map(codeOf), ['cause_restored']);
  t.strictSame(finding?.otherwise, []);
});

/** Stops the rollout at the member that tries new settings, for this reason; then every voter serves again. */
async function stoppedRollout(t: Test, why: AnyReason) {
  const all = await scene(t);
  const { coordinator, machines, reads } = all;
  const headers = { 'if-match': '"1"' };
  const tuning = { snapshotCount: 20_000 };
  const changed = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', { headers, body: { tuning } });
  t.equal(changed.status, 200, changed.text);
  await rounds(coordinator, machines);
  const { rollout } = (await reads()).status;
  const trial = machines.find(({ number }) => rollout?.members[number - 1]?.onTrial === true);
  if (trial === undefined) throw new Error('a member tries the settings');
  trial.changes = { service: { rejected: why } };
  await rounds(coordinator, machines, { count: 2 });
  trial.changes = {};
  await rounds(coordinator, machines, { count: 3 });
  return { ...all, member: `x-k3s-m-${trial.number}`, address: `192.168.7.1${trial.number}` };
}

t.test('R19: a rollout that stopped at a member does not prove that its settings are wrong', async (t) => {
  const { member, reads } = await stoppedRollout(t, reason('conf_silent', { proving: 10, within: 90 }));
  const { status, causes, findings } = await reads();
  const headline = reason('serve_rollout_stopped', { count: 3, late: [], member, revision: 2 });
  const next = { command: 'picket rollout resume x-k3s', on: null };
  t.match(status, { state: 'healthy', headline, next });
  t.match(findings, [{ cause: { code: 'cause_rollout_stopped' }, members: [member], next }]);
  t.ok(tellsOf('conf_silent', { proving: 10 })(findings));
  t.ok(tellsOf('way_abort_rollout', { cluster: 'x-k3s' })(findings));
  t.strictSame(causes, ['cause_rollout_stopped'], 'not that the settings are wrong');
});

t.test('R19: a rollout that another program stopped by its port names the port, and the way to resume', async (t) => {
  const lastWords = 'discovery failed: listen tcp 127.0.0.1:2391: bind: address already in use';
  for (const why of [
    reason('conf_crashed', { how: 'exit status 1', lastWords }),
    reason('conf_not_started', {
      why: reason('port_to_be_free', {
        purpose: 'metrics',
        port: 2391,
        host: '127.0.0.1',
        by: 'nginx (pid 7) uses it',
      }),
    }),
  ]) {
    const { member, address, reads } = await stoppedRollout(t, why);
    const { status, causes, findings } = await reads();
    const command = "ss -ltnp 'sport = :2391' 2>/dev/null || netstat -ltnp";
    const next = { command, on: { member, address } };
    t.match(status, { state: 'healthy', headline: { code: 'serve_rollout_stopped' }, next }, why.code);
    t.match(findings, [{ cause: { code: 'cause_rollout_port_taken' }, members: [member], next }], why.code);
    t.ok(tellsOf('way_resume_rollout', { cluster: 'x-k3s' })(findings));
    t.strictSame(causes, ['cause_rollout_port_taken'], 'not that the settings are wrong');
  }
});

t.test('R19: settings that etcd refuses by its own words are the cause', async (t) => {
  const lastWords =
    'failed to verify flags: --election-timeout[1000ms] should be at least as 5 times as --heartbeat-interval[900ms]';
  const { member, reads } = await stoppedRollout(t, reason('conf_crashed', { how: 'exit status 1', lastWords }));
  const { status, findings } = await reads();
  const next = { command: 'picket cluster history x-k3s', on: null };
  t.match(status, { state: 'healthy', headline: { code: 'serve_rollout_stopped' }, next });
  t.match(findings, [{ cause: { code: 'cause_settings_refused' }, members: [member], next }]);
  t.ok(tellsOf('way_abort_rollout', { cluster: 'x-k3s' })(findings));
});

t.test(
  'R19: a node that has joined and whose agent was never started: status and diagnosis say to start it',
  async (t) => {
    const coordinator = await testCoordinator(t);
    const body = { name: 'one', members: [memberOf(4)], domain: 'edge.huatai.me' };
    const made = await coordinator.admin.post('/v1/clusters', body);
    t.equal(made.status, 201, made.text);
    const etcd = emptyEtcd('c2');
    await joinMachine(coordinator, { cluster: 'one', name: 'x-k3s-m-4', number: 4, etcd });
    const machines = await formed(coordinator, 3);
    const changed = { headers: { 'if-match': '"1"' }, body: { members: [1, 2, 3, 5].map(memberOf) } };
    const declared = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', changed);
    t.equal(declared.status, 200, declared.text);
    const [machine] = machines;
    if (machine === undefined) throw new Error('three have joined');
    await joinMachine(coordinator, { cluster: 'x-k3s', name: 'x-k3s-m-5', number: 5, etcd: machine.etcd });
    await rounds(coordinator, machines, { count: 3 });
    for (const [cluster, { name: member, address }] of [
      ['one', memberOf(4)],
      ['x-k3s', memberOf(5)],
    ] as const) {
      const next = { command: startsAgent, on: { member, address } };
      const status = (await coordinator.admin.get(`/v1/clusters/${cluster}/status`)).json<ClusterStatusView>();
      t.match(status, { state: 'forming', next }, cluster);
      const { findings } = (await coordinator.admin.get(`/v1/clusters/${cluster}/diagnosis`)).json<DiagnosisView>();
      t.match(findings, [{ cause: { code: 'cause_never_reported' }, members: [member], next }], cluster);
      t.equal(findings.length, 1, cluster);
      const { proof = [], effects = [], otherwise = [] } = findings[0] ?? {};
      t.strictSame([...proof, ...effects, ...otherwise].map(codeOf), ['not_reported'], cluster);
    }
  },
);
