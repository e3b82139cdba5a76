import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import type { TestCoordinator } from '../support/coordinator.ts';
import { nodeWith, type TestNode } from '../support/nodes.ts';
import { formed, reportAll } from '../support/voters.ts';

/** Three voters; the coordinator was off for 510 s, and has just been started. */
async function afterOutage(t: Test) {
  const { coordinator, nodes } = await formed(t);
  await coordinator.restart(async () => {
    coordinator.clock.now += 510_000;
  });
  await coordinator.running.tick();
  return { coordinator, nodes: nodes.map((node) => nodeWith(coordinator, node)) };
}

/** Each reason in this, also within another. */
function reasonsIn(value: unknown): readonly AnyReason[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(reasonsIn);
  return 'code' in value && 'facts' in value ? [value as AnyReason, ...inner] : inner;
}

async function seen({ admin }: TestCoordinator) {
  const status = (await admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  const diagnosis = (await admin.get('/v1/clusters/x-k3s/diagnosis')).json<DiagnosisView>();
  return { status, diagnosis, reasons: reasonsIn({ status, diagnosis }) };
}

/** These report every 20 s. */
async function pass(coordinator: TestCoordinator, seconds: number, nodes: readonly TestNode[]) {
  for (let passed = 0; passed < seconds; passed += 20) {
    coordinator.clock.now += 20_000;
    await reportAll(nodes);
    await coordinator.running.tick();
  }
}

t.test('R19: after an outage of the coordinator, neither status nor diagnosis calls a node silent', async (t) => {
  const { coordinator, nodes } = await afterOutage(t);
  await reportAll(nodes.slice(0, 1));
  const { status, reasons } = await seen(coordinator);
  t.equal(status.headline.code, 'still_listening');
  const codes = reasons.map(({ code }) => code);
  t.notOk(
    codes.some((code) => ['silent', 'cause_silent', 'silent_may_serve'].includes(code)),
    codes.join(),
  );
});

t.test('R19: silence counts from the start of the coordinator', async (t) => {
  const { coordinator, nodes } = await afterOutage(t);
  await pass(coordinator, 120, nodes.slice(0, 2));
  const { diagnosis, reasons } = await seen(coordinator);
  const silences = reasons.filter(({ code }) => code === 'silent').map(({ facts }) => facts);
  t.not(silences.length, 0);
  for (const facts of silences) t.strictSame(facts, { seconds: 120 });
  t.match(diagnosis.findings, [{ cause: { code: 'cause_silent' }, members: ['x-k3s-m-3'] }]);
  const { items } = (await coordinator.admin.get('/v1/events?kind=node-silent')).json<Page<EventView>>();
  const began = new Date(coordinator.clock.now - 120_000).toISOString();
  t.match(items, [{ facts: { stops: null, since: began } }]);
});

t.test('R19: nor does a diagnosis call voters of a frozen cluster down that could not report yet', async (t) => {
  const { coordinator } = await formed(t);
  const { executor, inventory } = coordinator.running;
  const { progress, progressVersion } = executor.situation('x-k3s').record;
  const frozen = reason('just_started');
  await inventory.clusters.keepProgress('x-k3s', progressVersion, { ...progress, frozen });
  await coordinator.restart(async () => {
    coordinator.clock.now += 510_000;
  });
  const { status, diagnosis } = await seen(coordinator);
  t.equal(status.state, 'frozen');
  const causes = diagnosis.findings.map(({ cause }) => cause.code);
  t.notOk(causes.includes('cause_voter_down') || causes.includes('cause_silent'), causes.join());
});
