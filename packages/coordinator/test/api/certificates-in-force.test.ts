import type { InForce } from '@picket/shared/problems/problem-kind.ts';
import type { CertificateInForce } from '@picket/shared/protocol/certificates-in-force.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { OperatorView } from '@picket/shared/protocol/operators.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { HeldCertificate } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { certificateWarning } from '../../src/status/certificates-in-force.ts';
import { day } from '../inventory/samples.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { seriesOf } from '../support/metrics.ts';
import { createCluster, joinNode } from '../support/nodes.ts';
import { reasonsOf } from '../support/said.ts';

const now = Date.parse('2027-03-01T12:00:00Z');

const listOf = async ({ admin }: TestCoordinator, query = '') =>
  (await admin.get(`/v1/certificates/in-force${query}`)).json<Page<CertificateInForce>>();
const noticesOf = async ({ admin }: TestCoordinator) => {
  const { notices } = (await admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  return reasonsOf(notices);
};

t.test('every certificate in force is listed once, with its renewer', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  await createCluster(coordinator, { name: 'other' });
  const node = await joinNode(coordinator, 1);
  await node.report();
  const evicted = await joinNode(coordinator, 2);
  t.equal((await coordinator.admin.post(`/v1/nodes/${evicted.id}/evict`)).status, 204);
  const { items } = await listOf(coordinator);
  const told = items.map(({ cluster, holder, purpose, renewedBy }) => `${cluster} ${holder} ${purpose} ${renewedBy}`);
  t.strictSame(told, [
    'null the coordinator control-ca nobody',
    'null the coordinator coordinator coordinator',
    'null ada operator operator',
    'other the coordinator client-ca nobody',
    'other the coordinator peer-ca nobody',
    'x-k3s the coordinator client-ca nobody',
    'x-k3s the coordinator peer-ca nobody',
    'x-k3s x-k3s-m-1 identity agent',
    'x-k3s x-k3s-m-1 server agent',
    'x-k3s x-k3s-m-1 peer agent',
    'x-k3s x-k3s-m-1 client agent',
  ]);
  t.strictSame(
    items.filter(({ renewalDue }) => renewalDue === null).map(({ renewedBy }) => renewedBy),
    ['nobody', 'operator', 'nobody', 'nobody', 'nobody', 'nobody'],
  );
  t.ok(items.every(({ warning }) => warning === null));

  const first = await listOf(coordinator, '?limit=7');
  const second = await listOf(coordinator, `?limit=7&after=${first.next}`);
  t.strictSame([...first.items, ...second.items], items, 'the same page by page');
  t.equal(second.next, null);
  const ofOne = await listOf(coordinator, '?cluster=other');
  t.equal(ofOne.items.length, 2);
  t.equal((await coordinator.admin.get('/v1/certificates/in-force?cluster=nope')).status, 404);
});

t.test('a renewal that is long overdue appears in the list and in the status', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const held = (age: number): HeldCertificate[] => [
    {
      purpose: 'peer',
      serial: 'ffffffff',
      notBefore: new Date(coordinator.clock.now - age * day).toISOString(),
      notAfter: new Date(coordinator.clock.now + (365 - age) * day).toISOString(),
    },
  ];
  await node.report({ certificates: held(62) });
  t.strictSame(await noticesOf(coordinator), [], 'it may be in progress');
  await node.report({ certificates: held(91) });
  const [notice] = await noticesOf(coordinator);
  t.match(notice, {
    code: 'certificate_overdue',
    facts: { holder: 'x-k3s-m-1', purpose: 'peer', until: held(91)[0]?.notAfter, due: String, isOver: false },
  });
  const { items } = await listOf(coordinator);
  const warnings = items.flatMap(({ purpose, warning }) => (purpose === 'peer' && warning !== null ? [warning] : []));
  t.strictSame(reasonsOf(warnings), [notice]);
  await node.report({ certificates: held(366) });
  t.match((await noticesOf(coordinator))[0], {
    code: 'certificate_overdue',
    facts: { purpose: 'peer', isOver: true },
  });
});

t.test('an operator is warned in the last month, until there is another certificate', async (t) => {
  const coordinator = await testCoordinator(t, Date.now() - 340 * day);
  await createCluster(coordinator);
  t.strictSame(await noticesOf(coordinator), []);
  coordinator.clock.now += 336 * day;
  await coordinator.running.tick();
  t.match((await noticesOf(coordinator))[0], {
    code: 'operator_certificate_ends',
    facts: { operator: 'ada', isOver: false },
  });
});

t.test('an operator whose certificate has ended is warned of until there is another one', async (t) => {
  const coordinator = await testCoordinator(t, Date.now() - 370 * day);
  coordinator.clock.now += 370 * day;
  await coordinator.running.tick();
  // The certificate of ada has ended.
  const now = { ...coordinator, admin: await coordinator.operator('admin') };
  await createCluster(now);
  const expiryOf = async (holder: string) => {
    const series = seriesOf((await now.admin.get('/metrics')).text);
    const end = series[`picket_certificate_expiry_timestamp_seconds{cluster="",holder="${holder}",purpose="operator"}`];
    return end === undefined ? null : Math.round((end - coordinator.clock.now / 1000) / 86_400);
  };
  const ended = { code: 'operator_certificate_ends', facts: { operator: 'ada', isOver: true } };
  t.equal(await expiryOf('ada'), -5);
  t.match((await noticesOf(now))[0], ended);
  const { items } = await listOf(now);
  t.match(
    items.filter(({ purpose }) => purpose === 'operator'),
    [
      { holder: 'ada', renewedBy: 'operator', warning: ended },
      { holder: 'admin', warning: null },
    ],
  );
  const operators = (await now.admin.get('/v1/operators')).json<Page<OperatorView>>().items;
  t.match(
    operators.find(({ name }) => name === 'ada'),
    { certificateExpiresAt: null },
    'no certificate of ada is valid',
  );
  await coordinator.certify('ada');
  t.equal(await expiryOf('ada'), 365);
  t.strictSame(await noticesOf(now), []);
});

t.test('an operator who is revoked is not warned of', async (t) => {
  const coordinator = await testCoordinator(t, Date.now() - 370 * day);
  coordinator.clock.now += 370 * day;
  await coordinator.running.tick();
  const now = { ...coordinator, admin: await coordinator.operator('admin') };
  await createCluster(now);
  t.equal((await now.admin.request('DELETE', '/v1/operators/ada')).status, 204);
  t.strictSame(await noticesOf(now), []);
});

const one: InForce = {
  purpose: 'client-ca',
  cluster: 'x-k3s',
  holder: 'the coordinator',
  serial: '1',
  from: now - 9 * 365 * day,
  until: now + 366 * day,
  renewedBy: 'nobody',
  renewalDue: null,
};

t.test('there is a warning for a CA from its last year on', async (t) => {
  t.equal(certificateWarning(one, now), null);
  t.match(certificateWarning(one, now + 2 * day), {
    code: 'authority_ends',
    facts: { authority: 'client', cluster: 'x-k3s', isOver: false },
  });
  t.match(certificateWarning({ ...one, purpose: 'control-ca', cluster: null }, now + 2 * day), {
    code: 'authority_ends',
    facts: { authority: 'control', cluster: null, isOver: false },
  });
  t.match(certificateWarning(one, now + 400 * day), {
    code: 'authority_ends',
    facts: { authority: 'client', cluster: 'x-k3s', isOver: true },
  });
});

t.test('there is a warning for the coordinator’s own if it was not renewed', async (t) => {
  const until = now + 130 * day;
  const server: InForce = { ...one, purpose: 'coordinator', renewedBy: 'coordinator', renewalDue: now, until };
  t.equal(certificateWarning(server, now + 29 * day), null);
  t.match(certificateWarning(server, now + 31 * day), {
    code: 'certificate_overdue',
    facts: { holder: null, purpose: 'coordinator', isOver: false },
  });
});

t.test('a certificate that an operator has replaced needs nobody', async (t) => {
  t.equal(certificateWarning({ ...one, purpose: 'operator', cluster: null, holder: 'ada' }, now + 365 * day), null);
});
