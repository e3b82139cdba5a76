import { failure } from '@picket/shared/errors.ts';
import type { ClusterView } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, runCli } from './support/run-cli.ts';
import { type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';
import { cluster, clusterStatus, declared, member, token } from './support/views.ts';

const pki = await makePki();
const forming = clusterStatus({
  cluster: 'y-k3s',
  state: 'forming',
  next: { command: 'picket token create y-k3s', on: null },
  members: [member(0, declared)],
});
/** The clusters that the coordinator has. */
let clusters: readonly ClusterView[] = [];
const stub = await startStub(pki, answer);
const env = contextEnv(stub.url, pki);

t.teardown(() => stub.close());
t.beforeEach(() => {
  clusters = [cluster];
});

function answer({ line }: Seen): StubAnswer {
  const [path = ''] = line.split('?');
  const answers: Readonly<Record<string, StubAnswer>> = {
    'GET /v1/clusters': { body: { items: clusters, next: null } },
    'GET /v1/clusters/x-k3s': { body: cluster },
    'GET /v1/clusters/x-k3s/status': { body: clusterStatus() },
    'GET /v1/clusters/y-k3s/status': { body: forming },
    'GET /v1/backups': { body: { lastAt: null, schedule: null, targets: [] } },
    'GET /v1/clusters/x-k3s/revisions': { body: { items: [], next: null } },
    'POST /v1/clusters/x-k3s/rollout': { body: cluster },
    'POST /v1/clusters/x-k3s/unfreeze': { body: cluster },
    'PATCH /v1/clusters/x-k3s': { body: cluster },
    'POST /v1/tokens': { status: 201, body: token },
  };
  return answers[path] ?? { status: 404, body: { code: 'not_found', message: 'Gone.', hint: 'Check.', details: {} } };
}

async function picket(command: string) {
  stub.seen.length = 0;
  const ran = await runCli(command.split(' '), { env });
  return { ...ran, lines: stub.seen.map(({ line }) => line) };
}

for (const [command, request] of [
  ['cluster show', 'GET /v1/clusters/x-k3s'],
  ['cluster export', 'GET /v1/clusters/x-k3s'],
  ['cluster history', 'GET /v1/clusters/x-k3s/revisions?limit=100'],
  ['cluster k3s', 'GET /v1/clusters/x-k3s'],
  ['cluster dns --format hosts', 'GET /v1/clusters/x-k3s'],
  ['cluster unfreeze', 'POST /v1/clusters/x-k3s/unfreeze'],
  ['cluster set allowDowntime=true snapshotCount=5000', 'PATCH /v1/clusters/x-k3s'],
  ['rollout pause', 'POST /v1/clusters/x-k3s/rollout'],
  ['token create --quiet', 'POST /v1/tokens'],
] as const) {
  t.test(`picket ${command} acts on the only cluster`, async (t) => {
    const { code, lines, err } = await picket(command);
    t.equal(code, 0, err);
    t.match(lines.at(-1), request.split('?')[0] as string);
  });
}

t.test('picket status shows the only cluster', async (t) => {
  const { lines } = await picket('status');
  t.same(lines, ['GET /v1/clusters?limit=500', 'GET /v1/clusters/x-k3s/status', 'GET /v1/backups']);
});

t.test('with several clusters the error names them, and nothing is changed', async (t) => {
  clusters = ['x-k3s', 'y-k3s'].map((name) => ({ ...cluster, spec: { ...cluster.spec, name } }));
  const { code, err, lines } = await picket('cluster set allowDowntime=true');
  t.equal(code, 2);
  t.equal(err, complaint(failure('cluster_not_named', { clusters: 'x-k3s, y-k3s' })));
  t.equal(lines.length, 1);
});

t.test('picket status without a name shows all clusters, with what to do next in each', async (t) => {
  clusters = ['x-k3s', 'y-k3s'].map((name) => ({ ...cluster, spec: { ...cluster.spec, name } }));
  const { code, out, lines } = await picket('status');
  t.equal(code, 0);
  t.same(lines.slice(1), ['GET /v1/clusters/x-k3s/status', 'GET /v1/clusters/y-k3s/status', 'GET /v1/backups']);
  t.equal(
    out,
    `CLUSTER   STATE       HEALTHY   LEADER      ETCD
x-k3s     • healthy   3 of 3    x-k3s-m-3   3.5.2
y-k3s     ! forming   0 of 1    -           -

Next:
  y-k3s: picket token create y-k3s

Backup of the coordinator: none is known

To see one: picket status CLUSTER
`,
  );
  const json = JSON.parse((await picket('status --output json')).out);
  t.match(json, { items: [{ cluster: 'x-k3s' }, { cluster: 'y-k3s' }], next: null });
});

t.test('without a cluster the error says how to declare one', async (t) => {
  clusters = [];
  const { err } = await picket('status');
  t.equal(err, complaint(failure('no_cluster', {})));
});

for (const command of ['cluster reset', 'cluster restore --snapshot snap00000001', 'member replace x-k3s-m-1']) {
  t.test(`picket ${command} needs the name of the cluster, since it gives up data`, async (t) => {
    const { code, err, lines } = await picket(command);
    t.equal(code, 2);
    t.match(err, /missing required argument|missing/);
    t.same(lines, []);
  });
}

t.test('cluster set without a setting sends nothing', async (t) => {
  for (const command of ['cluster set', 'cluster set x-k3s']) {
    const { code, err, lines } = await picket(command);
    t.equal(code, 2);
    t.match(err, 'no setting is given; write KEY=VALUE');
    t.same(lines, []);
  }
});
