import { misfit } from '@picket/shared/protocol/check.ts';
import { ClusterStatusView, OwnMember } from '@picket/shared/protocol/clusters.ts';
import { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { ReportAnswer } from '@picket/shared/protocol/report.ts';
import t, { type Test } from 'tap';
import { changeTuning, nodeWith } from '../support/nodes.ts';
import { said } from '../support/said.ts';
import { formed, reportAll, voterStatus } from '../support/voters.ts';

const long = (word: string) => word.repeat(2000).slice(0, 2000);
type Lie = (told: ReturnType<typeof voterStatus>) => Partial<NodeStatus>;

/** Three voters, the third of which reports this; then the settings change. */
async function withLiar(t: Test, lie: Lie) {
  const { coordinator, nodes } = await formed(t, 3);
  const [honest, , liar] = nodes;
  if (honest === undefined || liar === undefined) throw new Error('nobody has joined');
  const told = voterStatus(liar, (await liar.desiredState()).generation);
  const taken = await liar.report({ ...told, ...lie(told) });
  t.equal(taken.status, 200, 'the report conforms to its schema');
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 450 });
  const report = async () => honest.report(voterStatus(honest, (await honest.desiredState()).generation));
  return { coordinator, honest, report };
}

const lies: Readonly<Record<string, Lie>> = {
  'service.reason': ({ service }) => ({
    etcd: null,
    service: { ...service, state: 'crashed', reason: said(long('reason ')) },
  }),
  'service.rejected': ({ service }) => ({ etcd: null, service: { ...service, rejected: said(long('rejected ')) } }),
  'agent.waits': ({ agent }) => ({
    etcd: null,
    agent: { ...agent, waits: Array.from({ length: 20 }, (_, index) => said(long(`wait ${index} `))) },
  }),
  'a reason of the largest size': ({ agent }) => ({
    etcd: null,
    agent: { ...agent, waits: [said('x'.repeat(3900))] },
  }),
  'etcd.version': ({ etcd }) => ({ etcd: etcd && { ...etcd, version: '9'.repeat(64) } }),
};

for (const [field, lie] of Object.entries(lies)) {
  t.test(`R18: a long text of one node in ${field} makes no answer that another must refuse`, async (t) => {
    const { coordinator, honest, report } = await withLiar(t, lie);
    const answer = await report();
    t.equal(answer.status, 200);
    t.equal(misfit(ReportAnswer, answer.json()), undefined, 'the answer to a report');
    const own = await honest.client.get('/v1/node/member');
    t.equal(misfit(OwnMember, own.json()), undefined, 'what a node gets about its member');
    const status = await coordinator.admin.get('/v1/clusters/x-k3s/status');
    t.equal(misfit(ClusterStatusView, status.json()), undefined, 'status');
    const { items } = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>();
    t.same(
      items.flatMap((event) => misfit(EventView, event) ?? []),
      [],
      'events',
    );
  });
}

t.test('R18: a sentence holds an excerpt of a node’s text, and its own words', async (t) => {
  const { coordinator, report } = await withLiar(t, ({ service }) => ({
    etcd: null,
    service: { ...service, state: 'crashed', reason: said(`etcd says ${long('x')}`.slice(0, 2000)) },
  }));
  const { waitsFor } = (await report()).json<ReportAnswer>();
  const wait = waitsFor.find(({ message }) => message.includes('etcd says'))?.message;
  t.match(wait, /etcd says x{500,590}…/);
  const status = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  t.equal(JSON.stringify(status.members[2]?.status?.service.reason).length > 2000, true, 'the member shows all of it');
});

t.test('R18: an excerpt of a node’s text is kept of why its settings were put back', async (t) => {
  const { coordinator, nodes } = await formed(t, 3);
  const third = nodes[2];
  if (third === undefined) throw new Error('the third has not joined');
  const { inventory } = coordinator.running;
  const found = await inventory.clusters.find('x-k3s');
  const settled = found?.progress.configuration.settled;
  if (!found || !settled) throw new Error('nothing is settled');
  const { progress, progressVersion } = found;
  const configuration = {
    ...progress.configuration,
    rolledOut: { [third.name]: { ...settled, revision: 2 } },
    trial: { member: third.name, before: settled, since: coordinator.clock.now },
  };
  await inventory.clusters.keepProgress('x-k3s', progressVersion, { ...progress, configuration });
  await coordinator.restart();

  const all = nodes.map((node) => nodeWith(coordinator, node));
  await reportAll(all);
  const [, , onTrial = third] = all;
  const told = voterStatus(onTrial, (await onTrial.desiredState()).generation);
  await onTrial.report({ ...told, service: { ...told.service, rejected: said(long('rejected ')) } });
  await reportAll(all.slice(0, 1));

  const { items } = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>();
  const event = items.find(({ kind }) => kind === 'put-back-configuration');
  t.match(JSON.stringify(event?.facts), /"(?:rejected ){50,70}[a-z ]*…"/);
});

t.test('R18: an earlier sentence that is longer than an answer allows is truncated', async (t) => {
  const { coordinator } = await withLiar(t, () => ({}));
  const event = {
    at: coordinator.clock.now,
    cluster: 'x-k3s',
    kind: 'freeze',
    facts: { reason: said(`before ${'x'.repeat(2500)}`) },
  };
  await coordinator.running.inventory.events.append(event);
  const { items } = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>();
  const told = items.find(({ kind }) => kind === 'freeze');
  t.equal(misfit(EventView, told), undefined);
  t.match(told?.message, /x…$/);
});

t.test('R18: many long sentences make an answer that an agent reads', async (t) => {
  const { report } = await withLiar(t, lies['agent.waits'] as Lie);
  t.ok((await report()).text.length < 128 * 1024);
});
