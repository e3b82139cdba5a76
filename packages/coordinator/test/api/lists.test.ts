import { failure, type WireError } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import type { CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { ClusterView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { TokenView } from '@picket/shared/protocol/tokens.ts';
import fastify from 'fastify';
import t from 'tap';
import { answerErrors } from '../../src/api/errors.ts';
import type { App } from '../../src/api/route.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, createToken, joinNode } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';

t.test('a list is read page by page, each item once', async (t) => {
  const coordinator = await testCoordinator(t);
  for (const name of ['c', 'a', 'b']) await createCluster(coordinator, { name });
  const first = (await coordinator.admin.get('/v1/clusters?limit=2')).json<Page<ClusterView>>();
  const second = (await coordinator.admin.get(`/v1/clusters?limit=2&after=${first.next}`)).json<Page<ClusterView>>();
  t.same(
    [first, second].map(({ items }) => items.map(({ spec }) => spec.name)),
    [['a', 'b'], ['c']],
  );
  t.equal(second.next, null);
});

t.test('the largest page has the size that the store gives', async (t) => {
  const { admin } = await testCoordinator(t);
  t.equal((await admin.get('/v1/events?limit=500')).status, 200);
});

for (const limit of ['0', '501']) {
  t.test(`a page of ${limit} is refused`, async (t) => {
    const { admin } = await testCoordinator(t);
    t.strictSame(
      (await admin.get(`/v1/events?limit=${limit}`)).json(),
      failure('invalid_request', { problem: 'querystring/limit must be from 1 to 500' }).toWire(),
    );
  });
}

t.test('a limit that is not a number is refused', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.get('/v1/events?limit=many');
  t.strictSame(
    answer.json(),
    failure('invalid_request', { problem: 'querystring/limit must match pattern "^[0-9]{1,4}$"' }).toWire(),
  );
});

t.test('a cursor of another list is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  for (const name of ['a', 'b']) await createCluster(coordinator, { name });
  const { next } = (await coordinator.admin.get('/v1/clusters?limit=1')).json<Page<ClusterView>>();
  const answer = await coordinator.admin.get(`/v1/events?after=${next}`);
  t.strictSame(
    answer.json(),
    failure('invalid_request', { problem: '"after" must be the "next" of a page of this list' }).toWire(),
  );
});

t.test('an unknown parameter of a list is refused', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.get('/v1/clusters?cluster=x-k3s');
  t.strictSame(
    answer.json(),
    failure('invalid_request', { problem: 'querystring has the unknown field "cluster"' }).toWire(),
  );
});

t.test('a list of one cluster has nothing of another', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  await createCluster(coordinator, { name: 'other' });
  await createToken(coordinator);
  await createToken(coordinator, { cluster: 'other' });
  const { items } = (await coordinator.admin.get('/v1/tokens?cluster=other')).json<Page<TokenView>>();
  t.same(
    items.map(({ cluster }) => cluster),
    ['other'],
  );
});

t.test('a node is listed with its last report', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.report();
  const { items } = (await coordinator.admin.get('/v1/nodes')).json<Page<NodeView>>();
  const now = new Date(coordinator.clock.now).toISOString();
  t.same(items, [
    {
      id: node.id,
      cluster: 'x-k3s',
      member: 'x-k3s-m-1',
      client: null,
      address: '192.168.7.11',
      certificatesExpireAt: '2099-01-01T00:00:00Z',
      joinedAt: now,
      agentVersion: '0.1.0',
      generation: 2,
      reportedAt: now,
      identityExpiresAt: parseCertificate(node.certificate).notAfter.toISOString(),
      identityFrozen: null,
      evictedAt: null,
    },
  ]);
});

t.test('certificates are listed newest first, including those of the coordinator', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  await joinNode(coordinator, 1);
  const { items } = (await coordinator.admin.get('/v1/certificates')).json<Page<CertificateView>>();
  t.same(
    items.map(({ purpose, revokedAt }) => [purpose, revokedAt]),
    [
      ['node', null],
      ['operator', null],
      ['coordinator', null],
    ],
  );
});

/** The kinds of the events that fit this query, the newest first. */
async function kindsOf({ admin }: TestCoordinator, query: string): Promise<readonly string[]> {
  const answer = await admin.get(`/v1/events?${query}`);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json<Page<EventView>>().items.map(({ kind }) => kind);
}

t.test('events are found by node, member, kind and time, and by all of them together', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const [one, two] = [await joinNode(coordinator, 1), await joinNode(coordinator, 2)];
  const joined = new Date(coordinator.clock.now).toISOString();
  coordinator.clock.now += 60_000;
  await one.report();
  t.same(await kindsOf(coordinator, `node=${one.name}`), ['found', 'node-joined']);
  t.same(await kindsOf(coordinator, `node=${one.id}`), ['node-joined']);
  t.same(await kindsOf(coordinator, `node=${two.name}`), ['node-joined']);
  t.same(await kindsOf(coordinator, 'kind=found,create'), ['found', 'create']);
  const later = new Date(coordinator.clock.now).toISOString();
  t.same(await kindsOf(coordinator, `since=${later}`), ['found']);
  t.same(await kindsOf(coordinator, `since=${joined}&until=${later}&kind=node-joined&node=${two.id}`), ['node-joined']);
  t.same(await kindsOf(coordinator, `since=${later}&node=x-k3s-m-3`), [], 'no machine has joined as this member');
  t.same(await kindsOf(coordinator, `internal=false&node=${one.name}`), ['node-joined'], 'no internal step');
  t.same(await kindsOf(coordinator, 'internal=false&kind=found,create'), ['create']);
});

t.test('an unknown cluster, node or member in a filter is an error, which names the one that was meant', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  await createCluster(coordinator, { name: 'other' });
  const { id } = await joinNode(coordinator, 1);
  const refused = async (path: string) => (await coordinator.admin.get(path)).json();
  const cluster = failure('not_found', { what: 'cluster', name: 'x-ks3', near: 'x-k3s' }).toWire();
  t.equal(cluster.message, 'The cluster x-ks3 does not exist. Did you mean x-k3s?');
  for (const list of [
    'events',
    'events/stream',
    'nodes',
    'tokens',
    'snapshots',
    'certificates',
    'certificates/in-force',
  ])
    t.strictSame(await refused(`/v1/${list}?cluster=x-ks3`), cluster, list);
  const node = (name: string, near?: string) => failure('not_found', { what: 'node', name, near }).toWire();
  for (const path of [
    '/v1/events?',
    '/v1/events/stream?',
    '/v1/events?cluster=x-k3s&',
    '/v1/events?since=2026-01-01T00:00:00Z&',
  ])
    t.strictSame(await refused(`${path}node=x-k3s-n-1`), node('x-k3s-n-1', 'x-k3s-m-1'), path);
  t.strictSame(await refused('/v1/events?node=nobody'), node('nobody'));
  t.strictSame(await refused(`/v1/events?node=${id}x`), node(`${id}x`, id));
});

t.test('an error about an unknown name names the one that was meant', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { id: token } = await createToken(coordinator);
  const { admin } = coordinator;
  const near = async (path: string, method: 'GET' | 'DELETE' = 'GET') => {
    const answer = (await admin.request(method, path)).json<{ details: object }>();
    return (answer.details as { near?: string }).near;
  };
  t.equal(await near('/v1/clusters/x-k3'), 'x-k3s');
  t.equal(await near('/v1/clusters/unlike'), undefined);
  t.equal(await near('/v1/operators/adaa', 'DELETE'), 'ada');
  t.equal(await near(`/v1/tokens/${token.slice(0, -1)}`, 'DELETE'), token);
});

t.test('R8: no error tells a stranger or a node the name that was meant', async (t) => {
  const app = fastify();
  app.decorateRequest('principal', null);
  answerErrors(
    app as unknown as App,
    () => undefined,
    async () => failure('not_found', { what: 'cluster', name: 'x-k3', near: 'x-k3s' }),
  );
  const missing = failure('not_found', { what: 'cluster', name: 'x-k3' });
  for (const kind of ['stranger', 'node', 'operator']) {
    app.get(`/${kind}`, async (request) => {
      Object.assign(request, { principal: kind === 'stranger' ? null : { kind } });
      throw missing;
    });
  }
  const near = async (kind: string) => (await app.inject(`/${kind}`)).json<WireError>().details.near;
  t.strictSame([await near('stranger'), await near('node'), await near('operator')], [undefined, undefined, 'x-k3s']);
});

t.test('pages stay whole under a filter, and what is newer than an event is found by its ID', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  for (let count = 0; count < 5; count += 1) await createToken(coordinator);
  const seen: number[] = [];
  let after: string | null = '';
  while (after !== null) {
    const answer = await coordinator.admin.get(`/v1/events?kind=token-created&limit=2${after && `&after=${after}`}`);
    const page = answer.json<Page<EventView>>();
    seen.push(...page.items.map(({ id }) => id));
    after = page.next;
  }
  t.equal(new Set(seen).size, 5);
  t.same(
    seen,
    seen.toSorted((one, other) => other - one),
  );
  const [newest = 0, before = 0] = seen;
  t.same(await kindsOf(coordinator, `newer=${before}`), ['token-created']);
  t.same(await kindsOf(coordinator, `newer=${newest}`), []);
});

for (const [query, problem] of [
  ['kind=quorum-losst', 'querystring/kind has the unknown kind quorum-losst; did you mean quorum-lost?'],
  ['kind=everything', 'querystring/kind has the unknown kind everything; `picket explain` lists the kinds'],
  [`kind=${Array.from({ length: 21 }, () => 'found').join()}`, 'querystring/kind must match pattern'],
  ['since=yesterday', 'querystring/since must match pattern'],
  ['node=A%20B', 'querystring/node must match pattern'],
] as const) {
  t.test(`R18: the query ${query.slice(0, 20)} is refused`, async (t) => {
    const { admin } = await testCoordinator(t);
    t.match((await admin.get(`/v1/events?${query}`)).json(), wireRefusal('invalid_request', { problem }));
  });
}

t.test('events are listed newest first', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.report();
  const { items } = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>();
  const { token } = (items[1]?.facts ?? {}) as { readonly token: string };
  const expiresAt = new Date(coordinator.clock.now + 3_600_000).toISOString();
  t.strictSame(
    items.map(({ kind, facts }) => ({ kind, facts })),
    [
      { kind: 'found', facts: { member: 'x-k3s-m-1', installed: '3.5' } },
      happening('node-joined', {
        nodeId: node.id,
        kind: 'member',
        name: 'x-k3s-m-1',
        address: '192.168.7.11',
        token,
      }),
      happening('token-created', {
        by: 'urn:picket:operator:ada',
        id: token,
        kind: 'member',
        name: null,
        expiresAt,
      }),
      happening('create', { by: 'operator ada', members: 3 }),
    ],
  );
});
