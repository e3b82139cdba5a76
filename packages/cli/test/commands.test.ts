import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import type { BackupsView } from '@picket/shared/protocol/backups.ts';
import type { ClusterStatusView, HoldView } from '@picket/shared/protocol/clusters.ts';
import { rendered } from '@picket/shared/protocol/messages.ts';
import type { EvictionView, NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Rendered } from '@picket/shared/protocol/rendered.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { nodeTable } from '../src/render/nodes.ts';
import { createdToken, tokenTable } from '../src/render/tokens.ts';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, runCli, writeFile } from './support/run-cli.ts';
import { isDryRun, isOrder, type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';
import { certificate, cluster, clusterStatus, event, inForce, node, secret, token } from './support/views.ts';
import { words } from './support/words.ts';

const pki = await makePki();
/** What the stub refuses with. */
const missing = failure('not_found', { what: 'cluster', name: 'x' });
const stub = await startStub(pki, answer);
const env = contextEnv(stub.url, pki);
const hostList = '主机IP,主机名\n192.168.7.11,x-k3s-m-1\n192.168.7.12,x-k3s-m-2\n192.168.7.13,x-k3s-m-3\n';
const hosts = writeFile('hosts.csv', hostList);
const members = cluster.spec.members;

t.teardown(() => stub.close());

const faster = { ...cluster.spec, revision: 4, tuning: { ...cluster.spec.tuning, heartbeatIntervalMs: 200 } };
const changed = { ...cluster, spec: faster };
const revisions = [cluster.spec, faster].map((spec) => ({
  revision: spec.revision,
  at: '2026-11-25T03:00:00Z',
  by: 'operator admin',
  spec,
}));

let nodes = [node];
const backups: BackupsView = { lastAt: null, schedule: null, targets: [] };
let installer: object | null = null;
let tokenWarnings: readonly Rendered[] = [];

/** The status of the cluster; null: no answer with it. */
let shown: ClusterStatusView | null = clusterStatus();

const eviction: EvictionView = {
  etcdAccess: { server: null, peer: '2027-11-25T12:00:00.000Z', client: '2027-11-26T12:00:00.000Z', admin: null },
  waitsFor: words('of the 2 voters that would remain, 1 serves, and 2 are needed'),
};

function isCompromised({ body }: Seen): boolean {
  return (body as { compromised?: boolean } | undefined)?.compromised === true;
}

/** What the coordinator would refuse each order with; null: it would not. */
let refusal: PicketError | null = null;

function answer(seen: Seen): StubAnswer {
  const { line } = seen;
  const [path = ''] = line.split('?');
  if (refusal !== null && isDryRun(seen)) return { status: refusal.status, body: refusal.toWire() };
  if (line.startsWith('GET /v1/events')) return eventPage(line);
  const page = (item: unknown): StubAnswer => ({
    body: { items: line.includes('nope') ? [] : [item], next: null },
  });
  const answers: Readonly<Record<string, StubAnswer>> = {
    'POST /v1/clusters': { status: 201, body: cluster },
    'GET /v1/clusters': page(cluster),
    'GET /v1/clusters/x-k3s': { body: cluster },
    ...(shown === null ? {} : { 'GET /v1/clusters/x-k3s/status': { body: shown } }),
    'GET /v1/backups': { body: backups },
    'POST /v1/clusters/x-k3s/reset': { body: cluster },
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/replace': { body: cluster },
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/restart': { body: cluster },
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/hold': { body: cluster },
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/release': { body: cluster },
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/move-leader': { body: cluster },
    'PATCH /v1/clusters/x-k3s': { body: changed },
    'POST /v1/clusters/x-k3s/revert': { body: changed },
    'POST /v1/clusters/x-k3s/rollout': { body: changed },
    'GET /v1/clusters/x-k3s/revisions': { body: { items: [...revisions].reverse(), next: null } },
    'GET /v1/clusters/x-k3s/revisions/3': { body: revisions[0] },
    'GET /v1/clusters/x-k3s/revisions/4': { body: revisions[1] },
    'POST /v1/clusters/x-k3s/unfreeze': { body: cluster },
    [`POST /v1/nodes/${node.id}/evict`]: isCompromised(seen) ? { body: eviction } : { status: 204 },
    'GET /v1/installer':
      installer === null ? { status: 404, body: failure('installer_missing', {}).toWire() } : { body: installer },
    [`POST /v1/nodes/${node.id}/unfreeze`]: { status: 204 },
    'POST /v1/tokens': { status: 201, body: { ...token, warnings: tokenWarnings } },
    'GET /v1/tokens': page({ ...token, joinString: undefined }),
    'DELETE /v1/tokens/tok12345': { status: 204 },
    'GET /v1/nodes': { body: { items: line.includes('nope') ? [] : nodes, next: null } },
    'GET /v1/certificates': page(certificate),
    'GET /v1/certificates/in-force': { body: { items: inForce, next: null } },
  };
  const refused = missing.toWire();
  return answers[path] ?? { status: 404, body: refused };
}

/** Three pages of two, the latest first. */
function eventPage(line: string): StubAnswer {
  const query = new URLSearchParams(line.split('?')[1]);
  const last = Number(query.get('after') ?? '7');
  const count = Math.min(2, Number(query.get('limit')));
  const items = [last - 1, last - 2].slice(0, count).map(event);
  const rest = last - count;
  return { body: { items, next: rest > 1 ? String(rest) : null } };
}

async function picket(...argv: string[]) {
  stub.seen.length = 0;
  const ran = await runCli(argv, { env });
  t.same(
    stub.seen.filter(({ client }) => client !== 'URI:urn:picket:operator:admin'),
    [],
    'every request shows the operator',
  );
  return { ...ran, lines: stub.seen.map(({ line }) => line), body: stub.seen[0]?.body };
}

t.test('cluster set makes one revision of several settings, against the one that is there', async (t) => {
  const { code, out, lines } = await picket(
    'cluster',
    'set',
    'x-k3s',
    'heartbeatIntervalMs=200',
    'electionTimeoutMs=2000',
    'allowDowntime=true',
  );
  t.equal(code, 0);
  t.equal(
    out,
    'The cluster x-k3s is at revision 4:\n  tuning.heartbeatIntervalMs  500 → 200\n' +
      'The members restart with it one after another: `picket status x-k3s --watch` shows the progress.\n',
  );
  t.same(lines, ['GET /v1/clusters/x-k3s', 'PATCH /v1/clusters/x-k3s', 'GET /v1/clusters/x-k3s/status']);
  const [, change] = stub.seen;
  t.same(change?.body, { allowDowntime: true, tuning: { heartbeatIntervalMs: 200, electionTimeoutMs: 2000 } });
  t.equal(change?.ifMatch, `"${cluster.spec.revision}"`);
});

t.test('cluster set says what the rollout waits for, if no member begins with it', async (t) => {
  const message = 'x-k3s-m-2 to speak';
  const rollout = {
    revision: 4,
    step: 1 as const,
    steps: 1 as const,
    state: 'rolling' as const,
    reason: null,
    members: [{ name: 'x-k3s-m-1', revision: 3, upToDate: false, onTrial: false }],
  };
  t.teardown(() => {
    shown = clusterStatus();
  });
  const set = () => picket('cluster', 'set', 'x-k3s', 'heartbeatIntervalMs=200');
  shown = clusterStatus({ state: 'no-quorum', headline: words('No quorum.'), rollout, waitsFor: [words(message)] });
  t.match(await set(), { code: 0, err: `No quorum.\nThe rollout waits for:\n  - ${message}\n` });
  const begun = { ...rollout, members: [{ name: 'x-k3s-m-1', revision: 4, upToDate: true, onTrial: true }] };
  shown = clusterStatus({ state: 'healthy', rollout: begun, waitsFor: [words('x-k3s-m-1 to run revision 4')] });
  t.match(await set(), { code: 0, err: '' });
  shown = clusterStatus({ state: 'healthy', rollout: { ...begun, steps: 2 }, waitsFor: [] });
  t.match(await set(), { code: 0, err: /^Members with the old timing .* each member restarts twice: .*\n$/ });
  shown = null;
  t.match(await set(), { code: 0, out: /is at revision 4/, err: '' }, 'the change is stored all the same');
});

t.test('cluster set takes a release of etcd, or the package', async (t) => {
  const { code } = await picket('cluster', 'set', 'x-k3s', 'etcd=release:3.6.14');
  t.equal(code, 0);
  t.strictSame(stub.seen[1]?.body, { etcd: { source: 'release', version: '3.6.14' } });
  await picket('cluster', 'set', 'x-k3s', 'etcd=package');
  t.strictSame(stub.seen[1]?.body, { etcd: { source: 'package' } });
});

t.test('cluster create takes a release of etcd', async (t) => {
  const argv = ['--hosts', hosts, '--domain', 'edge.huatai.me', '--etcd-version', '3.6.14'];
  const ran = await picket('cluster', 'create', 'x-k3s', ...argv);
  t.strictSame(ran.body, {
    ...{ name: 'x-k3s', members, domain: 'edge.huatai.me' },
    etcd: { source: 'release', version: '3.6.14' },
  });
});

t.test('cluster set takes a quota of gigabytes', async (t) => {
  const { code } = await picket('cluster', 'set', 'x-k3s', 'quotaBackendBytes=8589934592');
  t.equal(code, 0);
  t.same(stub.seen[1]?.body, { tuning: { quotaBackendBytes: 8_589_934_592 } });
});

t.test('cluster set takes how long history is kept, and that it is for ever', async (t) => {
  for (const autoCompactionRetention of ['30m', '0']) {
    const { code } = await picket('cluster', 'set', 'x-k3s', `autoCompactionRetention=${autoCompactionRetention}`);
    t.equal(code, 0);
    t.same(stub.seen[1]?.body, { tuning: { autoCompactionRetention } });
  }
});

t.test('cluster set takes a setting by the name that cluster diff and the file give it', async (t) => {
  const { code } = await picket('cluster', 'set', 'x-k3s', 'tuning.snapshotCount=5000', 'snapshots.everyMinutes=30');
  t.equal(code, 0);
  t.same(stub.seen[1]?.body, { tuning: { snapshotCount: 5000 }, snapshots: { everyMinutes: 30 } });
  const { spec } = cluster;
  for (const name of [...Object.keys(spec.tuning).map((one) => `tuning.${one}`), 'ports.metrics']) {
    const value = name.endsWith('Retention') ? '30m' : name.endsWith('Bytes') ? '1073741824' : '3000';
    t.equal((await picket('cluster', 'set', 'x-k3s', `${name}=${value}`)).code, 0, name);
  }
});

for (const [pair, message] of [
  ['heartbeatMs=1', /no setting is called "heartbeatMs"; known are allowDowntime, heartbeatIntervalMs/],
  ['allowDownTime=true', /no setting is called "allowDownTime"; did you mean allowDowntime\?/],
  ['allowDowntime=yes', /allowDowntime "yes" must be true or false/],
  ['snapshotCount', /write snapshotCount=VALUE/],
  ['domain=other.example', /domain cannot be set: the names in certificates and URLs contain it/],
  ['data-dir=/srv/etcd', /data-dir cannot be set: each incarnation of a member has its own folder/],
  ['allowDowntime=true=false', /allowDowntime "true=false" must be true or false/],
  ['etcd=3.6.14', /etcd "3\.6\.14" must be package or release:VERSION/],
  ['etcd=release:3.6', /etcd "3\.6" is not a version of etcd/],
  ['snapshotCount=many', /snapshotCount "many" must be a whole number/],
] as const) {
  t.test(`cluster set ${pair} is refused, and nothing is sent`, async (t) => {
    const { code, err, lines } = await picket('cluster', 'set', 'x-k3s', pair);
    t.equal(code, 2);
    t.match(err, message);
    t.same(lines, []);
  });
}

t.test('cluster downgrade to packages is refused: it goes to a release', async (t) => {
  const { code, err, lines } = await picket('cluster', 'downgrade', 'x-k3s', '--to', 'package:3.5');
  t.equal(code, 2);
  t.match(err, /--to "package:3\.5": a downgrade goes to a release of the release store; name one, such as 3\.5\.33\./);
  t.same(lines, []);
});

t.test('cluster unfreeze ends the freeze', async (t) => {
  const { code, out, lines } = await picket('cluster', 'unfreeze', 'x-k3s');
  t.equal(code, 0);
  t.equal(out, 'The cluster x-k3s is no longer frozen.\n');
  t.same(lines, ['POST /v1/clusters/x-k3s/unfreeze']);
});

t.test('cluster k3s prints an environment file, and the same as JSON', async (t) => {
  const { code, out, lines } = await picket('cluster', 'k3s', 'x-k3s');
  t.equal(code, 0);
  t.match(out, '\nK3S_DATASTORE_CERTFILE=/etc/etcd/client.pem\n');
  t.same(lines, ['GET /v1/clusters/x-k3s']);
  t.match(JSON.parse((await picket('cluster', 'k3s', 'x-k3s', '--output', 'json')).out), {
    environment: { K3S_DATASTORE_KEYFILE: '/etc/etcd/client-key.pem' },
  });
});

t.test('cluster dns prints both formats, one of them, or JSON', async (t) => {
  const both = await picket('cluster', 'dns', 'x-k3s');
  t.equal(both.code, 0);
  t.match(both.out, '\nhost-record=etcd.edge.huatai.me,192.168.7.13\n');
  t.match(both.out, '\n192.168.7.13 etcd.edge.huatai.me\n');
  const { out } = await picket('cluster', 'dns', 'x-k3s', '--format', 'hosts');
  t.notMatch(out, 'host-record');
  const json = await picket('cluster', 'dns', 'x-k3s', '--output', 'json');
  t.match(JSON.parse(json.out), {
    members: [{ names: ['x-k3s-m-1.edge.huatai.me', 'x-k3s-m-1'], address: '192.168.7.11' }],
    services: [{ names: ['etcd.edge.huatai.me'], address: '192.168.7.11' }],
  });
  const wrong = await picket('cluster', 'dns', 'x-k3s', '--format', 'bind');
  t.equal(wrong.code, 2);
  t.match(wrong.err, /Allowed choices are dnsmasq, hosts/);
});

t.test('node evict frees its name', async (t) => {
  for (const given of [node.id, 'x-k3s-m-1']) {
    const { code, out, lines } = await picket('node', 'evict', given);
    t.equal(code, 0);
    t.equal(
      out,
      `The node ${node.id} is evicted. Another machine can join with its name.\n` +
        'Its certificates for etcd stay valid until they expire: Picket cannot revoke them yet.\n',
    );
    t.same(lines.slice(1), [`POST /v1/nodes/${node.id}/evict`]);
  }
});

t.test('node evict takes a name that several nodes have for none of them', async (t) => {
  nodes = [node, { ...node, id: 'othernode1', cluster: 'other' }];
  t.teardown(() => {
    nodes = [node];
  });
  const { code, err, lines } = await picket('node', 'evict', 'x-k3s-m-1');
  t.equal(code, 2);
  const nodeIds = `${node.id} (x-k3s), othernode1 (other)`;
  t.equal(err, complaint(failure('node_not_named', { name: 'x-k3s-m-1', nodes: nodeIds })));
  t.equal(lines.length, 1);
  nodes = [node, { ...node, id: 'othernode1', evictedAt: '2026-11-24T11:00:00.000Z' }];
  t.equal((await picket('node', 'evict', 'x-k3s-m-1')).code, 0, 'one that was evicted before does not count');
  const unknown = failure('not_found', { what: 'node', name: 'x-k3s-m-9', near: 'x-k3s-m-1' });
  t.equal((await picket('node', 'evict', 'x-k3s-m-9')).err, complaint(unknown));
});

t.test('R16: after an eviction as lost without a quorum, the restore comes before a new machine', async (t) => {
  const token = '`picket token create x-k3s --member x-k3s-m-1`';
  const evict = () => picket('node', 'evict', node.id, '--lost', '--yes');
  const rescue = 'picket snapshot take x-k3s --without-quorum';
  t.teardown(() => {
    shown = clusterStatus();
  });
  shown = clusterStatus({ state: 'at-risk' });
  t.match((await evict()).out, `To replace it with a new machine: ${token}.`);
  shown = clusterStatus({ state: 'no-quorum', next: { command: rescue, on: null } });
  const { out } = await evict();
  t.match(
    out,
    `Join no new machine yet: no quorum is known to serve. Now: \`${rescue}\`. If a majority is lost, restore`,
  );
  t.notMatch(out, 'To replace it');
  const on = { member: 'x-k3s-m-2', address: '192.168.7.12' };
  shown = clusterStatus({ state: 'no-quorum', next: { command: 'picket-agent status', on } });
  t.match((await evict()).out, 'no quorum is known to serve. If a majority is lost');
});

t.test('an eviction as lost has succeeded although the status cannot be read after it', async (t) => {
  t.teardown(() => {
    shown = clusterStatus();
  });
  shown = null;
  const { code, out, err } = await picket('node', 'evict', node.id, '--lost', '--yes');
  t.equal(code, 0, err);
  t.match(out, `The node ${node.id} (x-k3s-m-1) is evicted as lost.`);
  t.match(out, 'Before a new machine joins, look at that status: without a quorum, a restore comes first.');
  t.match(err, `Warning: the node is evicted, and the status could not be read after that: ${missing.message}`);
});

t.test('R16: node evict --lost shows what that says, and asks for the name of the node', async (t) => {
  const evict = (stdin: string, ...args: string[]) =>
    runCli(['node', 'evict', node.id, '--lost', ...args], { env, stdin, canAsk: stdin !== '' });
  stub.seen.length = 0;
  const refused = await evict('x-k3s\n');
  const notConfirmed = failure('not_confirmed', {
    what: `The node ${node.id} (x-k3s-m-1)`,
    problem: '"x-k3s" is not its name',
  });
  t.match(refused, { code: 1, err: complaint(notConfirmed) });
  t.match(refused.err, /Node \S+ is x-k3s-m-1 of x-k3s\..*You cannot undo this\./s);
  t.notOk(stub.seen.some(isOrder));
  const said = await evict('x-k3s-m-1\n');
  t.match(said, { code: 0, out: /`picket token create x-k3s --member x-k3s-m-1`/ });
  t.strictSame(stub.seen.findLast(isOrder)?.body, { lost: true });
  t.equal((await evict(`${node.id}\n`)).code, 0, 'as it was given');
  t.equal((await evict('', '--yes')).code, 0);
});

t.test('node evict --compromised shows what it ends and what it does not, and asks for the name', async (t) => {
  const evict = (stdin: string, ...args: string[]) =>
    runCli(['node', 'evict', node.id, '--compromised', ...args], { env, stdin, canAsk: stdin !== '' });
  stub.seen.length = 0;
  const refused = await evict('x-k3s\n');
  t.equal(refused.code, 1);
  t.match(refused.err, /Its member stays in etcd until .*: of the 2 voters that would remain/);
  t.notOk(stub.seen.some(isOrder));
  const stands =
    'Its certificates still give access to etcd, because Picket cannot revoke them yet: client until 2027-11-26T12:00:00.000Z, peer until 2027-11-25T12:00:00.000Z.';
  t.match(refused.err, stands);
  const said = await evict('x-k3s-m-1\n');
  t.match(said, { code: 0, out: stands });
  t.match(said.out, /Its member is still in etcd: of the 2 voters/);
  t.strictSame(stub.seen.at(-1)?.body, { compromised: true });
  const { out } = await evict('', '--yes', '--output', 'json');
  t.match(JSON.parse(out), { id: node.id, etcdAccess: eviction.etcdAccess });
  t.equal((await evict('', '--lost', '--yes')).code, 2);
});

t.test('node unfreeze lets it have certificates again', async (t) => {
  for (const given of [node.id, node.member ?? '']) {
    const { code, out, lines } = await picket('node', 'unfreeze', given);
    t.equal(code, 0);
    t.equal(out, `The node ${node.id} gets certificates again.\n`);
    t.same(lines, ['GET /v1/nodes?limit=500&all=true', `POST /v1/nodes/${node.id}/unfreeze`]);
  }
});

t.test('node list shows when the identity of each ends, which are frozen and which evicted', async (t) => {
  const { out } = await picket('node', 'list');
  t.match(out, /IDENTITY EXPIRES/);
  t.match(out, / {3}2026-12-14 \(20d left\) {3}/);
  const of = (changed: Partial<NodeView>) =>
    nodeTable([{ ...node, ...changed }], { now: Date.parse('2026-11-24T12:00:00Z'), inUtc: false });
  t.match(of({ identityFrozen: words('there are two of it') }), / {3}2026-12-14 \(20d left\), frozen {3}/);
  t.match(of({ evictedAt: '2026-11-24T11:00:00.000Z' }), / {3}evicted 1h ago {3}/);
});

t.test('cluster create sends what was asked for and leaves the rest to the coordinator', async (t) => {
  const ran = await picket('cluster', 'create', 'x-k3s', '--hosts', hosts, '--domain', 'edge.huatai.me');
  t.equal(ran.code, 0);
  t.equal(ran.err, '');
  t.strictSame(ran.body, { name: 'x-k3s', members, domain: 'edge.huatai.me' });
  t.equal(
    ran.out,
    `The cluster x-k3s is declared at revision 1:

MEMBER      ADDRESS        NAME IN DNS
x-k3s-m-1   192.168.7.11   x-k3s-m-1.edge.huatai.me
x-k3s-m-2   192.168.7.12   x-k3s-m-2.edge.huatai.me
x-k3s-m-3   192.168.7.13   x-k3s-m-3.edge.huatai.me
Each host runs the etcd of its own package. To run the same release on all: docs/how-to/run-etcd-from-a-release.md

Next, run this command, and paste the install command that it prints on each host:

    picket token create x-k3s --uses 3

The first host that is ready founds the cluster, and the others are added to it. To watch this:

    picket status x-k3s --watch
`,
  );
});

t.test('cluster create with every option, the hosts from stdin', async (t) => {
  stub.seen.length = 0;
  const options = ['--service-name', 'etcd.edge.huatai.me', '--service-name', 'e2.edge.huatai.me'];
  options.push('--vip', '192.168.7.10', '--vip', 'FD00::0:1', '--advertise', 'name', '--key-type', 'rsa2048');
  options.push('--leaf-lifetime', '87600h', '--heartbeat-ms', '100', '--election-ms', '1000');
  options.push('--ports', '12379,12380,12381', '--allow-loopback');
  const argv = ['cluster', 'create', 'x-k3s', '--hosts', '-', '--domain', 'edge.huatai.me', ...options];
  const ran = await runCli(argv, { env, stdin: '127.0.0.2,a\n127.0.0.3,B\n' });
  t.equal(ran.code, 0);
  t.match(ran.err, 'Warning: Line 2: the name "B" was read in lower case, as "b".\n');
  t.strictSame(stub.seen[0]?.body, {
    name: 'x-k3s',
    members: [
      { name: 'a', address: '127.0.0.2' },
      { name: 'b', address: '127.0.0.3' },
    ],
    domain: 'edge.huatai.me',
    serviceNames: ['etcd.edge.huatai.me', 'e2.edge.huatai.me'],
    vips: ['192.168.7.10', 'fd00::1'],
    advertise: 'name',
    keyType: 'rsa2048',
    leafLifetimeHours: 87_600,
    ports: { client: 12_379, peer: 12_380, metrics: 12_381 },
    allowLoopback: true,
    tuning: { heartbeatIntervalMs: 100, electionTimeoutMs: 1000 },
  });
});

t.test('cluster list and show', async (t) => {
  const list = await picket('cluster', 'list');
  t.match(list.out, 'x-k3s   x-k3s-m-1, x-k3s-m-2, x-k3s-m-3   edge.huatai.me   1          0s ago');
  t.strictSame(list.lines, ['GET /v1/clusters?limit=500']);
  const show = await picket('cluster', 'show', 'x-k3s');
  for (const said of ['Service names:     etcd.edge.huatai.me\n', 'Certificates last: 8760h\n', '\nx-k3s-m-3 ']) {
    t.ok(show.out.includes(said), said);
  }
});

t.test('cluster reset asks for the name again', async (t) => {
  const reset = async (stdin: string, canAsk = true) => {
    stub.seen.length = 0;
    const ran = await runCli(['cluster', 'reset', 'x-k3s'], { env, stdin, canAsk });
    return { ...ran, done: stub.seen.some(isOrder) };
  };
  const confirmed = await reset('x-k3s\n');
  t.equal(confirmed.code, 0);
  t.ok(confirmed.done);
  t.match(confirmed.err, 'A reset gives up the formation of x-k3s, etcd cluster cdf818194e3a8c32.');
  t.match(confirmed.err, '  - x-k3s-m-1 (voter, incarnation aaaaaaaa1111)');
  t.match(confirmed.out, 'The formation of x-k3s is given up');

  for (const [stdin, canAsk, problem] of [
    ['y\n', true, '"y" is not its name'],
    ['', true, 'nothing was typed'],
    ['x-k3s\n', false, 'no terminal is available for the question'],
  ] as const) {
    const refused = await reset(stdin, canAsk);
    t.equal(refused.code, 1);
    t.notOk(refused.done);
    t.match(refused.err, complaint(failure('not_confirmed', { what: 'The cluster x-k3s', problem })));
  }
  const unasked = await picket('cluster', 'reset', 'x-k3s', '--yes');
  t.strictSame([unasked.code, unasked.err], [0, confirmed.err.replace(/Type the name.*/, '')]);
  t.strictSame(stub.seen.at(-1)?.body, {}, 'R16: which is not to name it');
  await picket('cluster', 'reset', 'x-k3s', '--confirm', 'x-k3s');
  t.strictSame(stub.seen.at(-1)?.body, { confirm: 'x-k3s' });
});

t.test('member replace says what goes and what stays, asks for the name, and says what is next', async (t) => {
  const replace = async (stdin: string, ...more: readonly string[]) => {
    stub.seen.length = 0;
    const argv = ['member', 'replace', 'x-k3s', 'x-k3s-m-2', ...more];
    const ran = await runCli(argv, { env, stdin, canAsk: true });
    return { ...ran, sent: stub.seen.filter(isOrder).map(({ line, body }) => ({ line, body })) };
  };
  const confirmed = await replace('x-k3s-m-2\n');
  t.equal(confirmed.code, 0, confirmed.err);
  const line = 'POST /v1/clusters/x-k3s/members/x-k3s-m-2/replace';
  t.strictSame(confirmed.sent, [{ line, body: {} }]);
  t.match(confirmed.err, /^A replacement removes x-k3s-m-2, voter [0-9a-f]+ from x-k3s and gives up its data\.$/m);
  t.match(confirmed.err, /^ {2}- x-k3s-m-1 \(served when it reported last\)$/m);
  t.match(confirmed.out, 'the install command that `picket token create x-k3s --member x-k3s-m-2` prints.');
  const refused = await replace('x-k3s\n');
  t.strictSame([refused.code, refused.sent], [1, []]);
  const notConfirmed = { what: 'The member x-k3s-m-2', problem: '"x-k3s" is not its name' };
  t.match(refused.err, complaint(failure('not_confirmed', notConfirmed)));
  const forced = await replace('', '--yes', '--force');
  t.match(forced.err, /gives up its data/);
  t.strictSame(forced.sent, [{ line, body: { force: true } }]);
});

t.test('member hold waits until the member can be worked on, and says until when', async (t) => {
  const holdOf = (state: HoldView['state']): HoldView => ({
    ...{ state, by: 'operator ada', reason: 'kernel update', until: '2026-11-24T12:30:00.000Z', stop: false },
  });
  t.teardown(() => {
    shown = clusterStatus();
  });
  const { members } = clusterStatus();
  const withHold = (hold: HoldView | null) =>
    clusterStatus({ members: members.map((one) => (one.name === 'x-k3s-m-2' ? { ...one, hold } : one)) });
  shown = withHold(holdOf('open'));
  const argv = ['member', 'hold', 'x-k3s', 'x-k3s-m-2', '--for', '30m', '--reason', 'kernel update', '--stop'];
  const ran = await picket(...argv);
  t.strictSame(ran.lines, ['POST /v1/clusters/x-k3s/members/x-k3s-m-2/hold', 'GET /v1/clusters/x-k3s/status']);
  t.strictSame(stub.seen[0]?.body, { seconds: 1800, reason: 'kernel update', stop: true });
  t.match(ran.out, 'x-k3s-m-2 is held until 2026-11-24 12:30:00Z. Its etcd runs until the machine is rebooted.');
  t.equal(ran.err, '', 'no agent checks a hold that is in force');
  shown = withHold({ ...holdOf('open'), changedBy: 'operator bob' });
  const again = await picket(...argv);
  t.match(again.out, 'x-k3s-m-2 was held already. It is now held until 2026-11-24 12:30:00Z. Its etcd runs');
  t.strictSame([again.code, again.err], [0, '']);
  const notBegun = (why: string | Reason, advice: Reason) => {
    const facts = { member: 'x-k3s-m-2', cluster: 'x-k3s', reason: why, advice };
    return complaint(failure('hold_not_begun', facts));
  };
  for (const over of [null, holdOf('ends')]) {
    shown = withHold(over);
    const refused = await picket('member', 'hold', 'x-k3s', 'x-k3s-m-2', '--for', '1h');
    t.equal(refused.err, notBegun('it has ended', reason('look_at_agent')));
    t.equal(refused.code, 1);
  }
  const over = reason('hold_refused', {
    why: reason('voters_absent', { absent: [{ member: 'x-k3s-m-3', why: reason('etcd_is_silent') }] }),
  });
  shown = withHold({ ...holdOf('ends'), over: rendered(over) });
  t.equal(
    (await picket('member', 'hold', 'x-k3s', 'x-k3s-m-2', '--for', '1h')).err,
    notBegun(over, reason('repeat_when_all_serve', { cluster: 'x-k3s', place: 'elsewhere' })),
  );
  await picket('member', 'hold', 'x-k3s', 'x-k3s-m-2');
  t.strictSame(stub.seen[0]?.body, {}, 'the coordinator knows for how long');
  for (const wrong of ['30', '59s', '25h', 'soon'])
    t.match((await picket('member', 'hold', 'x-k3s', 'x-k3s-m-2', '--for', wrong)).err, /--for "/);
});

t.test('member restart, release and move-leader are ordered of that member, and say where to look', async (t) => {
  for (const order of ['restart', 'release', 'move-leader'] as const) {
    const ran = await picket('member', order, 'x-k3s', 'x-k3s-m-2');
    t.strictSame(ran.lines, [`POST /v1/clusters/x-k3s/members/x-k3s-m-2/${order}`]);
    t.match(ran.out, /x-k3s-m-2.*`picket (status|events) x-k3s/);
  }
});

t.test('what the coordinator would refuse is refused before anything is shown or asked', async (t) => {
  refusal = failure('replace_refused', { cluster: 'x-k3s', member: 'x-k3s-m-1', reason: 'it is no member' });
  t.teardown(() => {
    refusal = null;
  });
  for (const [argv, body] of [
    [['member', 'replace', 'x-k3s', 'nope'], {}],
    [['member', 'replace', 'x-k3s', 'nope', '--force'], { force: true }],
    [['cluster', 'reset', 'x-k3s'], { confirm: 'x-k3s' }],
    [['cluster', 'reset', 'x-k3s', '--confirm', 'x-k3s'], { confirm: 'x-k3s' }],
    [['cluster', 'restore', 'x-k3s', '--snapshot', 'snap00000001'], { snapshot: 'snap00000001' }],
    [['node', 'evict', node.id, '--lost'], { lost: true }],
  ] as const) {
    stub.seen.length = 0;
    const { code, err } = await runCli(argv, { env, canAsk: true });
    t.equal(code, 1);
    t.match(err, /^picket: The member x-k3s-m-1 of x-k3s is not replaced: it is no member/, argv.join(' '));
    t.strictSame(
      stub.seen.flatMap((seen) => seen.body ?? []),
      [{ ...body, dryRun: true }],
    );
  }
});

t.test('token create prints what to paste where the agent is there already, for want of an installer', async (t) => {
  const argv = ['token', 'create', 'x-k3s', '--member', 'x-k3s-m-1', '--uses', '2', '--ttl', '30m'];
  installer = null;
  const ran = await picket(...argv);
  t.strictSame(ran.lines, ['GET /v1/installer', 'POST /v1/tokens'], 'nothing can keep a token from being shown');
  t.strictSame(stub.seen[1]?.body, { cluster: 'x-k3s', member: 'x-k3s-m-1', uses: 2, ttlSeconds: 1800 });
  t.equal(
    ran.out,
    `Token tok12345 joins nodes to the cluster x-k3s. It can be used once, until 2026-11-24 13:00:00Z (in 1h).

On each host that should join, as root, paste:

    PICKET_JOIN='${token.joinString}' picket-agent join --coordinator ${stub.url}
    picket-agent run

picket-agent must already be installed there, because this coordinator has no agent to hand out (\`npm run build\` makes one; then this is one line that installs it).
To run the agent as a service: rc-update add picket-agent default && rc-service picket-agent start

The join string is shown only now. If others get it, revoke it: picket token revoke tok12345
`,
  );
  t.equal(
    ran.err,
    `The command names the coordinator as ${stub.url}. On other hosts, replace that with its address.\n`,
  );
  const quiet = await picket('token', 'create', 'x-k3s', '--quiet');
  t.strictSame(quiet.lines, ['POST /v1/tokens']);
  t.strictSame([quiet.out, quiet.body], [`${token.joinString}\n`, { cluster: 'x-k3s' }]);
});

t.test('token create warns, and its answer stays what a script expects', async (t) => {
  tokenWarnings = [words('The cluster x-k3s is frozen (…): wait.')];
  t.teardown(() => {
    tokenWarnings = [];
  });
  const { out, err } = await picket('token', 'create', 'x-k3s', '--quiet');
  t.strictSame([out, err], [`${token.joinString}\n`, 'Warning: The cluster x-k3s is frozen (…): wait.\n']);
});

const promised = {
  url: 'https://192.168.7.1:7443/install.sh',
  sha256: 'ab'.repeat(32),
  agentVersion: '0.1.0',
};
const check = `f=$(mktemp); wget -qO "$f" --no-check-certificate ${promised.url}; if echo "${promised.sha256}  $f" | sha256sum -c -; then `;

t.test('token create prints one line to paste, the secret in the environment (R11)', async (t) => {
  installer = promised;
  const { out, err } = await picket('token', 'create', 'x-k3s');
  const line = out.split('\n').find((text) => text.includes('PICKET_JOIN')) ?? '';
  t.ok(line.trim().startsWith(`${check}PICKET_JOIN='${token.joinString}' sh "$f"; else`), line);
  t.equal(out.split(secret).length, 2, 'it stands there once');
  t.equal(err, '');
  const json = await picket('token', 'create', 'x-k3s', '--output', 'json');
  t.match(JSON.parse(json.out), { joinString: token.joinString, installer: promised });
});

t.test('installer prints lines without a join string', async (t) => {
  installer = promised;
  for (const [argv, command] of [
    [[], 'sh "$f"'],
    [['--upgrade'], 'sh "$f" --upgrade'],
    [['--uninstall', '--dry-run'], 'sh "$f" --uninstall --dry-run'],
    [['--purge'], 'sh "$f" --purge'],
  ] as const) {
    const { code, out } = await picket('installer', ...argv);
    t.equal(code, 0);
    t.ok(out.startsWith(`${check}${command}; else rm -f "$f"; `), out);
  }
  t.match(await picket('installer', '--upgrade', '--purge'), { code: 2, err: 'cannot be used with' });
});

t.test('a coordinator without an agent to hand out says so', async (t) => {
  installer = null;
  const { code, err } = await picket('installer');
  t.equal(code, 1);
  t.equal(err, complaint(failure('installer_missing', {})));
});

t.test('token create --client makes a token for clients, and its line says so', async (t) => {
  installer = promised;
  const { code, out } = await picket('token', 'create', 'x-k3s', '--client', '--name', 'pi-7');
  t.equal(code, 0);
  t.strictSame(stub.seen[1]?.body, { cluster: 'x-k3s', client: { name: 'pi-7' } });
  t.match(out, `' sh "$f"; else`, 'the token that the stub makes is a member’s');
  await picket('token', 'create', 'x-k3s', '--client');
  t.strictSame(stub.seen[1]?.body, { cluster: 'x-k3s', client: {} });
  const line = createdToken({ ...token, client: { name: null } }, 'https://192.168.7.1:7443', promised);
  t.match(line, `' sh "$f" --client; else`);
  const ofRelease = createdToken({ ...token, release: '3.6.14' }, 'https://192.168.7.1:7443', promised);
  t.match(ofRelease, `' sh "$f" --release; else`);
  const forClients = createdToken({ ...token, client: { name: 'pi-7' } }, 'https://192.168.7.1:7443', null);
  t.match(forClients, 'Token tok12345 joins clients to the cluster x-k3s.');
  t.match(forClients, 'On the host pi-7, as root, paste:');
  t.match(forClients, ' picket-agent join --client --coordinator https://192.168.7.1:7443\n');
  t.match(tokenTable([{ ...token, client: { name: null } }], { now: 0, inUtc: false }), '   any client   ');
  t.match(tokenTable([{ ...token, client: { name: 'pi-7' } }], { now: 0, inUtc: false }), '   client pi-7   ');
  t.match(tokenTable([{ ...token, member: 'x-k3s-m-1' }], { now: 0, inUtc: false }), '   member x-k3s-m-1   ');
});

t.test('a token that a restore made void is not called used up, and its maker has the form of events', async (t) => {
  const table = tokenTable([{ ...token, usesSpent: 1, isVoid: true, createdBy: 'urn:picket:operator:ada' }], {
    now: 0,
    inUtc: false,
  });
  t.match(table, '   void (coordinator restored)   operator ada');
  t.match(tokenTable([{ ...token, usesSpent: 1 }], { now: 0, inUtc: false }), '   used up   ');
});

for (const [options, message] of [
  [['--name', 'pi-7'], /--name needs --client; for a member use --member/],
  [['--client', '--member', 'x-k3s-m-1'], /--member and --client cannot be used together/],
  [['--client', '--name', 'Pi 7'], /--name: "Pi 7" is not a host name/],
  [['--client', '--name', 'p'.repeat(58)], /is longer than 57 characters/],
] as const) {
  t.test(`token create ${options.join(' ').slice(0, 40)} is refused, and nothing is sent`, async (t) => {
    const { code, err, lines } = await picket('token', 'create', 'x-k3s', ...options);
    t.equal(code, 2);
    t.match(err, message);
    t.same(lines, []);
  });
}

t.test('token list and revoke', async (t) => {
  const list = await picket('token', 'list', 'x-k3s');
  t.strictSame(list.lines, ['GET /v1/tokens?limit=500&cluster=x-k3s']);
  t.match(list.out, 'tok12345   x-k3s     any member   0 of 1   2026-11-24 (1h left)   valid   admin');
  t.notMatch(list.out, secret);
  const revoke = await picket('token', 'revoke', 'tok12345');
  t.strictSame(revoke.lines, ['DELETE /v1/tokens/tok12345']);
  t.equal(revoke.out, 'The token tok12345 is revoked. Nodes that have joined with it stay.\n');
});

t.test('node list leaves out evicted nodes, unless --all is given', async (t) => {
  t.same((await picket('node', 'list', 'x-k3s')).lines, ['GET /v1/nodes?limit=500&cluster=x-k3s']);
  t.same((await picket('node', 'list', '--all')).lines, ['GET /v1/nodes?limit=500&all=true']);
});

t.test('node show takes a name or an ID', async (t) => {
  const { out } = await picket('node', 'show', node.member ?? '');
  t.equal(
    out,
    `ID:                  node0001
Cluster:             x-k3s
Member:              x-k3s-m-1
Address:             192.168.7.11
Agent:               0.1.0
Generation:          8
Certificates expire: 2027-11-02 (342d left)
Identity expires:    2026-12-14 (20d left)
Joined:              1h ago
Last report:         4s ago
`,
  );
  t.strictSame(JSON.parse((await picket('node', 'show', node.id, '--output', 'json')).out), node);
  nodes = [{ ...node, member: null, client: 'ci', address: null, evictedAt: '2026-11-24T11:00:00.000Z' }];
  t.teardown(() => {
    nodes = [node];
  });
  t.match((await picket('node', 'show', node.id)).out, /^Client: +ci\nAddress: +-\n[\s\S]*^Evicted: +1h ago\n/m);
  t.equal((await picket('node', 'show', 'ci')).code, 1, 'an evicted node has no name');
});

t.test('member list shows the members of one cluster, or of all', async (t) => {
  const one = await picket('member', 'list', 'x-k3s');
  t.same(one.lines, ['GET /v1/clusters/x-k3s/status']);
  t.match(one.out, /^CLUSTER +MEMBER +ADDRESS +ROLE +HEALTH +NODE\nx-k3s +x-k3s-m-1 +192\.168\.7\.11 +/m);
  const all = await picket('member', 'list', '--output', 'json');
  t.same(all.lines, ['GET /v1/clusters?limit=500', 'GET /v1/clusters/x-k3s/status']);
  const { members } = clusterStatus();
  t.strictSame(JSON.parse(all.out), {
    items: members.map((member) => ({ cluster: 'x-k3s', ...member })),
    next: null,
  });
});

t.test('tables show times as they are from now, and in UTC with --output wide', async (t) => {
  for (const [argv, short, wide] of [
    [
      ['node', 'list'],
      /2027-11-02 \(342d left\) +2026-12-14 \(20d left\) +1h ago +4s ago$/m,
      /2027-11-02 00:00:00Z +2026-12-14 12:00:00Z +2026-11-24 11:00:00Z +2026-11-24 11:59:56Z$/m,
    ],
    [
      ['certificates', '--issued'],
      / 0s ago +2027-11-24 \(365d left\) +-$/m,
      / 2026-11-24 12:00:00Z +2027-11-24 12:00:00Z +-$/m,
    ],
  ] as const) {
    t.match((await picket(...argv)).out, short);
    t.match((await picket(...argv, '--output', 'wide')).out, wide);
  }
});

t.test('node list and certificates', async (t) => {
  const nodes = await picket('node', 'list');
  t.match(
    nodes.out,
    'node0001   x-k3s     member   x-k3s-m-1   192.168.7.11   0.1.0   8            2027-11-02 (342d left)   ',
  );
  const certificates = await picket('certificates', 'x-k3s', '--issued');
  t.match(certificates.out, '4a0b     server    x-k3s     urn:picket:node:node0001   x-k3s-m-1     ');
  t.match(certificates.out, '2027-11-24 (365d left)');
});

t.test('certificates: each with its end and who renews it, and what to see to', async (t) => {
  const { out, lines } = await picket('certificates', 'x-k3s');
  t.strictSame(lines, ['GET /v1/certificates/in-force?limit=500&cluster=x-k3s']);
  t.equal(
    out,
    `
CLUSTER   HOLDER            PURPOSE     EXPIRES                  RENEWED BY                    SERIAL
x-k3s     the coordinator   client CA   2027-10-01 (311d left)   nobody                        4a01
x-k3s     x-k3s-m-1         identity    2026-12-24 (30d left)    its agent, by 2026-12-16      4a02
x-k3s     x-k3s-m-1         server      2027-11-24 (365d left)   its agent, 2027-01-20         4a03
-         the coordinator   server      2027-11-24 (365d left)   the coordinator, 2027-08-15   4a04
-         ada               operator    2027-11-24 (365d left)   the operator                  4a05
-         ada               operator    2026-12-24 (30d left)    nobody: a later one exists    4a06

Warnings:
  - The client CA of x-k3s ends.
`.trimStart(),
  );
});

t.test('events follow every page and end with the latest', async (t) => {
  const ran = await picket('events');
  t.strictSame(ran.lines, [
    'GET /v1/events?limit=500&internal=false',
    'GET /v1/events?limit=500&internal=false&after=5',
    'GET /v1/events?limit=500&internal=false&after=3',
  ]);
  const lines = ran.out.trimEnd().split('\n');
  t.equal(lines.length, 6);
  t.equal(lines[0], '2026-11-24 11:58:21Z  -      Thing 1 happened.');
  t.equal(lines[5], '2026-11-24 11:58:26Z  x-k3s  Thing 6 happened.');

  const limited = await picket('events', 'x-k3s', '--limit', '3');
  t.equal(limited.lines.length, 2);
  t.equal(limited.out.trimEnd().split('\n').length, 3);
  t.equal(limited.err, 'There are more events. A higher --limit shows them.\n');
  t.match(limited.out, '2026-11-24 11:58:26Z  Thing 6 happened.\n', 'the cluster that was named is not repeated');
});

t.test('events --verbose shows internal steps and kinds; --kind and JSON leave out nothing either', async (t) => {
  const verbose = await picket('events', '--verbose', '--limit', '6');
  t.match(verbose.out, '2026-11-24 11:58:21Z  -      operator  Thing 1 happened.\n');
  t.match(verbose.out, '2026-11-24 11:58:26Z  x-k3s  join      Thing 6 happened.\n');
  const named = await picket('events', 'x-k3s', '--verbose');
  t.match(named.out, '2026-11-24 11:58:26Z  join      Thing 6 happened.\n');
  const ofKind = await picket('events', '--kind', 'assign');
  t.match(ofKind.out, '2026-11-24 11:58:26Z  x-k3s  Thing 6 happened.\n');
  const json = await picket('events', '--output', 'json');
  for (const { lines } of [verbose, named, ofKind, json]) for (const line of lines) t.notMatch(line, 'internal=');
});

t.test('events are asked for by node, kind and time', async (t) => {
  const flags = ['--node', 'x-k3s-m-3', '--kind', 'node-silent', '--kind', 'node-returned', '--until', '2026-11-27'];
  const ran = await picket('events', 'x-k3s', ...flags, '--since', '2026-11-26T22:00Z');
  const [first = ''] = ran.lines;
  t.same(Object.fromEntries(new URLSearchParams(first.split('?')[1])), {
    limit: '500',
    cluster: 'x-k3s',
    node: 'x-k3s-m-3',
    kind: 'node-silent,node-returned',
    since: '2026-11-26T22:00:00.000Z',
    until: '2026-11-27T00:00:00.000Z',
  });
});

t.test('events --since takes a span before now', async (t) => {
  const now = Date.parse('2026-11-27T06:00:00Z');
  const before = stub.seen.length;
  await runCli(['events', '--since', '12h'], { env, now: () => now });
  t.match(stub.seen[before]?.line, /since=2026-11-26T18%3A00%3A00\.000Z/);
});

t.test('status', async (t) => {
  const golden = readFileSync(join(import.meta.dirname, 'render/golden/healthy.txt'), 'utf8');
  const ran = await picket('status', 'x-k3s');
  t.equal(ran.out, golden.replace(/^Snapshots: .*/m, '$&\nBackup of the coordinator: none is known'));
  t.strictSame(ran.lines, ['GET /v1/clusters/x-k3s/status', 'GET /v1/backups']);
});

t.test('backups', async (t) => {
  t.equal(
    (await picket('backups')).out,
    'No backup of the coordinator is known.\nThere is no schedule: add `backup` to coordinator.yml.\n',
  );
});

t.test('--output json gives the answer of the API', async (t) => {
  installer = null;
  const answers = [
    [['cluster', 'create', 'x-k3s', '--hosts', hosts, '--domain', 'edge.huatai.me'], cluster],
    [['cluster', 'list'], { items: [cluster], next: null }],
    [['cluster', 'show', 'x-k3s'], cluster],
    [['status', 'x-k3s'], clusterStatus()],
    [['token', 'create', 'x-k3s'], { ...token, installer: null }],
    [['node', 'list'], { items: [node], next: null }],
    [['events', '--limit', '1'], { items: [event(6)], next: '6' }],
    [['token', 'revoke', 'tok12345'], { id: 'tok12345' }],
    [['version'], { version: '0.1.0' }],
  ] as const;
  for (const [argv, wanted] of answers) {
    const ran = await picket(...argv, '--output', 'json');
    t.strictSame([ran.code, JSON.parse(ran.out), ran.err], [0, wanted, ''], argv.join(' '));
  }
});

t.test('version', async (t) => {
  t.equal((await picket('version')).out, 'picket 0.1.0\n');
  t.equal((await picket('--version')).out, '0.1.0\n');
});

t.test('help', async (t) => {
  const help = await picket('token', 'create', '--help');
  t.equal(help.code, 0);
  t.match(help.out, 'Usage: picket token create [options] [cluster]');
  t.match(help.out, '--output <format>');
  const bare = await picket('cluster');
  t.strictSame([bare.code, bare.out], [2, '']);
  t.match(bare.err, 'Usage: picket cluster');
});
