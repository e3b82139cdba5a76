import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { noConditions } from '../../src/model/conditions.ts';
import { emptyProgress } from '../../src/model/progress.ts';
import { said } from '../support/said.ts';
import {
  createCluster,
  day,
  hour,
  openSample,
  sampleCertificate,
  sampleDesired,
  sampleFacts,
  sampleNode,
  sampleSpec,
  sampleStatus,
  sampleToken,
  start,
} from './samples.ts';

async function prepared(t: Test): Promise<Inventory> {
  const inventory = await openSample(join(t.testdir(), 'picket.db'));
  t.teardown(() => inventory.close());
  await createCluster(inventory);
  await inventory.tokens.create(sampleToken());
  return inventory;
}

t.test('a cluster is read back as it was stored', async (t) => {
  const { clusters } = await prepared(t);
  t.same(await clusters.find('prod'), {
    id: 'prod00000000',
    spec: sampleSpec(),
    progress: emptyProgress,
    conditions: noConditions,
    progressVersion: 0,
    createdAt: start,
  });
});

t.test('fields of the progress that an earlier version did not store are empty', async (t) => {
  const { clusters } = await prepared(t);
  const { quarantined: _quarantined, ...withoutQuarantine } = emptyProgress;
  const earlier = { ...withoutQuarantine, snapshots: {} } as unknown as typeof emptyProgress;
  await clusters.keepProgress('prod', 0, earlier);
  t.same((await clusters.find('prod'))?.progress, emptyProgress);
});

t.test('conditions are kept with the progress, and stay if none are given', async (t) => {
  const { clusters } = await prepared(t);
  const leader = { clusterId: 'c1', memberId: 'a1', term: 2 };
  const conditions = { ...noConditions, cluster: { ...noConditions.cluster, leader } };
  await clusters.keepProgress('prod', 0, emptyProgress, conditions);
  await clusters.keepProgress('prod', 1, emptyProgress);
  t.same((await clusters.find('prod'))?.conditions, conditions);
});

t.test('a second cluster with the same name is refused', async (t) => {
  const inventory = await prepared(t);
  await t.rejects(createCluster(inventory), { code: 'cluster_exists', facts: { cluster: 'prod' } });
});

t.test('of two changes against one revision the second is refused', async (t) => {
  const { clusters } = await prepared(t);
  await clusters.keepSpec('prod', 1, sampleSpec({ revision: 2 }));
  await t.rejects(clusters.keepSpec('prod', 1, sampleSpec({ revision: 2 })), {
    code: 'revision_conflict',
    facts: { cluster: 'prod', actual: 2, expected: 1 },
  });
});

t.test('progress of an unknown cluster is refused', async (t) => {
  const { clusters } = await prepared(t);
  await t.rejects(clusters.keepProgress('dev', 0, emptyProgress), {
    code: 'not_found',
    facts: { what: 'cluster', name: 'dev' },
  });
});

t.test('progress is read back as it was stored', async (t) => {
  const { clusters } = await prepared(t);
  const progress = { ...emptyProgress, formations: 2, frozen: said('a higher generation was met') };
  await clusters.keepProgress('prod', 0, progress);
  const { progress: kept, progressVersion } = (await clusters.find('prod')) ?? {};
  t.same([kept, progressVersion], [progress, 1]);
});

t.test('R1: progress that was decided by an older version is refused', async (t) => {
  const { clusters } = await prepared(t);
  await clusters.keepProgress('prod', 0, { ...emptyProgress, formations: 1 });
  await t.rejects(clusters.keepProgress('prod', 0, { ...emptyProgress, formations: 2 }), {
    message: 'the progress of prod is at version 1, but this change is based on version 0',
  });
  t.equal((await clusters.find('prod'))?.progress.formations, 1);
});

t.test('R1: nodes are numbered in the order in which they joined', async (t) => {
  const { nodes } = await prepared(t);
  await nodes.create(sampleNode({ id: 'nodeb', member: 'pi-2', spkiHash: 'bb' }));
  await nodes.create(sampleNode({ id: 'nodea', member: 'pi-1', spkiHash: 'aa' }));
  t.same(
    (await nodes.ofCluster('prod')).map((node) => [node.joinOrder, node.id]),
    [
      [1, 'nodeb'],
      [2, 'nodea'],
    ],
  );
});

t.test('a node is found by id, key and member', async (t) => {
  const { nodes } = await prepared(t);
  const created = await nodes.create(sampleNode());
  t.same(
    [await nodes.find('node0001'), await nodes.findBySpki('11'.repeat(32)), await nodes.findByName('prod', 'pi-1')],
    [created, created, created],
  );
});

t.test('an evicted node no longer holds its member', async (t) => {
  const { nodes } = await prepared(t);
  await nodes.create(sampleNode());
  t.ok(await nodes.evict('node0001', start));
  t.equal(await nodes.findByName('prod', 'pi-1'), null);
  await nodes.create(sampleNode({ id: 'node0002', spkiHash: 'bb' }));
  t.equal((await nodes.findByName('prod', 'pi-1'))?.id, 'node0002');
});

t.test('the facts of a node are replaced', async (t) => {
  const { nodes } = await prepared(t);
  await nodes.create(sampleNode());
  await nodes.keepFacts('node0001', sampleFacts({ agentVersion: '0.2.0' }));
  t.equal((await nodes.find('node0001'))?.facts.agentVersion, '0.2.0');
});

t.test('a token is spent as often as it allows', async (t) => {
  const { tokens } = await prepared(t);
  await tokens.create(sampleToken({ id: 'twice000', usesAllowed: 2 }));
  t.same(
    [await tokens.spend('twice000'), await tokens.spend('twice000'), await tokens.spend('twice000')],
    [true, true, false],
  );
});

t.test('expiring a token never makes it last longer', async (t) => {
  const { tokens } = await prepared(t);
  await tokens.expire('token000', start + 2 * hour);
  t.equal((await tokens.find('token000'))?.expiresAt, start + hour);
  await tokens.expire('token000', start);
  t.equal((await tokens.find('token000'))?.expiresAt, start);
});

t.test('expiring an unknown token returns false', async (t) => {
  const { tokens } = await prepared(t);
  t.equal(await tokens.expire('nobodys0', start), false);
});

t.test('a certificate is revoked once, at the first time', async (t) => {
  const { certificates } = await prepared(t);
  await certificates.create(sampleCertificate());
  t.same([await certificates.revoke('4a01', start), await certificates.revoke('4a01', start + day)], [true, false]);
  t.same(await certificates.find('4a01'), { ...sampleCertificate(), revokedAt: start });
});

t.test('two certificates with the same serial are refused', async (t) => {
  const { certificates } = await prepared(t);
  await certificates.create(sampleCertificate());
  await t.rejects(certificates.create(sampleCertificate()));
});

t.test('identities are node and operator certificates', async (t) => {
  const { certificates } = await prepared(t);
  const purposes = ['server', 'peer', 'client', 'node', 'operator', 'coordinator'] as const;
  await certificates.createAll(purposes.map((purpose, index) => sampleCertificate({ serial: `4a0${index}`, purpose })));
  t.same(
    (await certificates.identities()).map((certificate) => certificate.purpose),
    ['node', 'operator'],
  );
});

t.test('R14: the last issuance is the newest of all', async (t) => {
  const { certificates } = await prepared(t);
  t.equal(await certificates.lastIssuance(), null);
  await certificates.create(sampleCertificate({ serial: '4a01', issuedAt: start + 5 }));
  await certificates.create(sampleCertificate({ serial: '4a02', issuedAt: start }));
  t.equal(await certificates.lastIssuance(), start + 5);
});

t.test('a second operator with the same name is refused', async (t) => {
  const { operators } = await prepared(t);
  const ada = { name: 'ada', role: 'admin', createdAt: start } as const;
  await operators.create(ada);
  await t.rejects(operators.create(ada), { code: 'operator_exists', facts: { name: 'ada' } });
});

t.test('R5: a generation that is not higher is refused, and the published one stays', async (t) => {
  const { nodes, publications } = await prepared(t);
  await nodes.create(sampleNode());
  await publications.publish({ nodeId: 'node0001', generation: 7, document: sampleDesired(7) });
  for (const generation of [6, 7]) {
    await t.rejects(publications.publish({ nodeId: 'node0001', generation, document: sampleDesired(generation) }), {
      code: 'generation_not_higher',
      facts: { generation, nodeId: 'node0001', published: 7 },
    });
  }
  t.same(await publications.all(), [{ nodeId: 'node0001', generation: 7, document: sampleDesired(7) }]);
});

t.test('R5: a higher generation follows', async (t) => {
  const { nodes, publications } = await prepared(t);
  await nodes.create(sampleNode());
  await publications.publish({ nodeId: 'node0001', generation: 7, document: sampleDesired(7) });
  await publications.publish({ nodeId: 'node0001', generation: 9, document: sampleDesired(9) });
  t.same(await publications.all(), [{ nodeId: 'node0001', generation: 9, document: sampleDesired(9) }]);
});

t.test('of the reports in a batch, the latest of each node is stored', async (t) => {
  const { nodes, reports } = await prepared(t);
  await nodes.create(sampleNode());
  await nodes.create(sampleNode({ id: 'node0002', member: 'pi-2', spkiHash: 'bb' }));
  await reports.keep([
    { nodeId: 'node0001', receivedAt: start + 2, status: sampleStatus(2) },
    { nodeId: 'node0001', receivedAt: start + 1, status: sampleStatus(1) },
    { nodeId: 'node0002', receivedAt: start, status: sampleStatus(0) },
  ]);
  t.same(await reports.all(), [
    { nodeId: 'node0001', receivedAt: start + 2, status: sampleStatus(2) },
    { nodeId: 'node0002', receivedAt: start, status: sampleStatus(0) },
  ]);
});

t.test('an older report does not replace a newer', async (t) => {
  const { nodes, reports } = await prepared(t);
  await nodes.create(sampleNode());
  await reports.keep([{ nodeId: 'node0001', receivedAt: start + 2, status: sampleStatus(2) }]);
  await reports.keep([{ nodeId: 'node0001', receivedAt: start + 1, status: sampleStatus(1) }]);
  t.equal((await reports.all())[0]?.receivedAt, start + 2);
});

t.test('a client is stored as one, under a name that no other node has', async (t) => {
  const { nodes } = await prepared(t);
  const { facts, member: _member, kind: _kind, ...base } = sampleNode({ id: 'node0007', spkiHash: '77' });
  const { etcdVersion: _version, layout: _layout, ...machine } = facts;
  const client = { ...base, kind: 'client', client: 'k3s-1', facts: { ...machine, name: 'k3s-1' } } as const;
  t.match(await nodes.create(client), client);
  t.same(await nodes.findByName('prod', 'k3s-1'), await nodes.find('node0007'));
  await t.rejects(nodes.create(sampleNode({ id: 'node0008', spkiHash: '88', member: 'k3s-1' })));
});

t.test('R18: of the requests with an idempotency key, the newest of each operator are kept', async (t) => {
  const { idempotentRequests } = await prepared(t);
  let number = 0;
  const sample = (operator: string, key: string) => {
    number += 1;
    return { number, operator, key, begunAt: start, fingerprint: 'f', answer: null };
  };
  for (const key of ['one', 'two', 'three']) await idempotentRequests.begin(sample('ada', key), 2);
  await idempotentRequests.begin(sample('grace', 'one'), 2);
  const kept = [];
  for (const operator of ['ada', 'grace'])
    for (const key of ['one', 'two', 'three'])
      if ((await idempotentRequests.find({ operator, key })) !== null) kept.push(`${operator} ${key}`);
  t.same(kept, ['ada two', 'ada three', 'grace one']);
  const later = start + 1;
  t.same([await idempotentRequests.removeBefore(later, 2), await idempotentRequests.removeBefore(later, 2)], [2, 1]);
});
