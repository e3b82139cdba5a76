import { readDeclaration, writeDeclaration } from '@picket/shared/config/declaration.ts';
import { failure } from '@picket/shared/errors.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, complaintLike, contextEnv, runCli, writeFile } from './support/run-cli.ts';
import { type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';
import { cluster } from './support/views.ts';

const pki = await makePki();
const { spec } = cluster;
const faster = { ...spec, revision: spec.revision + 1, tuning: { ...spec.tuning, heartbeatIntervalMs: 200 } };
/** One that no change reaches. */
const same = { ...cluster, spec: { ...spec, name: 'same' } };
const revisions = [faster, spec].map((one) => ({
  revision: one.revision,
  at: '2026-11-25T03:00:00Z',
  by: 'operator admin',
  spec: one,
}));

function answer({ line }: Seen): StubAnswer {
  const [path = ''] = line.split('?');
  const answers: Readonly<Record<string, StubAnswer>> = {
    'POST /v1/clusters': { status: 201, body: cluster },
    'GET /v1/clusters/x-k3s': { body: cluster },
    'GET /v1/clusters/same': { body: same },
    'PATCH /v1/clusters/same': { body: same },
    'PATCH /v1/clusters/x-k3s': { body: { ...cluster, spec: faster } },
    'POST /v1/clusters/x-k3s/revert': { body: { ...cluster, spec: faster } },
    'POST /v1/clusters/x-k3s/rollout': { body: cluster },
    'GET /v1/clusters/x-k3s/revisions': { body: { items: revisions, next: null } },
    [`GET /v1/clusters/x-k3s/revisions/${spec.revision}`]: { body: revisions[1] },
    [`GET /v1/clusters/x-k3s/revisions/${faster.revision}`]: { body: revisions[0] },
  };
  return answers[path] ?? { status: 404, body: failure('not_found', { what: 'cluster', name: 'y-k3s' }).toWire() };
}

const stub = await startStub(pki, answer);
const env = contextEnv(stub.url, pki);
t.teardown(() => stub.close());

async function picket(...argv: string[]) {
  stub.seen.length = 0;
  const ran = await runCli(argv, { env });
  return { ...ran, asked: stub.seen.map(({ line, body, ifMatch }) => ({ line, body, ifMatch })) };
}

t.test('a file that is not there, or says no cluster, points to one that does', async (t) => {
  const missing = await runCli(['cluster', 'apply', '-f', '/nowhere/x.yml'], { env });
  t.equal(
    missing.err,
    complaint(failure('declaration_unreadable', { file: '/nowhere/x.yml', problem: 'the file does not exist' })),
  );
  const wrong = await runCli(['cluster', 'apply', '-f', '-'], { env, stdin: 'nam: x' });
  t.match(wrong.err, complaintLike('declaration_invalid', { file: '-', problem: 'line 1: unknown key "nam"{rest}' }));
});

t.test('members that differ are listed one by one', async (t) => {
  const [first, ...rest] = spec.members;
  const members = [...rest, { ...first, address: '192.168.7.99' }, { name: 'new', address: '192.168.7.98' }];
  const file = writeFile('members.yml', JSON.stringify({ name: 'x-k3s', domain: spec.domain, members }));
  const { out } = await picket('cluster', 'diff', 'x-k3s', '--file', file);
  t.same(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
    [`members.${first?.name} ${first?.address} → 192.168.7.99`, 'members.new (none) → 192.168.7.98'],
  );
});

t.test('what is exported is what apply reads: nothing changes', async (t) => {
  const exported = await picket('cluster', 'export', 'x-k3s');
  t.same(readDeclaration(exported.out, 'x-k3s.yml'), {
    ...{ ...spec, etcdMetrics: 'loopback' },
    etcd: { source: 'package' },
  });
  const { asked } = await picket('cluster', 'apply', '--file', writeFile('same.yml', exported.out));
  const { name: _name, revision, ...settings } = spec;
  t.match(asked[1], { line: 'PATCH /v1/clusters/x-k3s', body: settings, ifMatch: `"${revision}"` });
});

t.test('the source of etcd is shown and exported as it is applied', async (t) => {
  const released = { ...spec, etcd: { source: 'release', version: '3.6.14' } } as const;
  t.same(readDeclaration(writeDeclaration(released), 'x.yml').etcd, released.etcd);
  const file = writeFile('released.yml', writeDeclaration(released));
  const { out } = await picket('cluster', 'diff', 'x-k3s', '--file', file);
  t.equal(out, 'etcd  package → release:3.6.14\n');
});

for (const [etcd, problem] of [
  ['{source: release}', 'etcd.version is missing: write that of a release, such as 3.6.14'],
  ['{source: package, version: 3.6.14}', 'etcd.version is only for a release: a package has its own version'],
] as const) {
  t.test(`etcd: ${etcd} is refused`, (t) => {
    const text = `name: x\ndomain: edge.huatai.me\nmembers: [{name: a, address: 192.168.7.11}]\netcd: ${etcd}\n`;
    const refused = failure('declaration_invalid', { file: 'x.yml', problem });
    t.throws(() => readDeclaration(text, 'x.yml'), { code: refused.code, facts: refused.facts });
    t.end();
  });
}

t.test('a file of what is there already changes nothing, and that is said', async (t) => {
  const { code, out } = await picket('cluster', 'apply', '-f', writeFile('there.yml', writeDeclaration(same.spec)));
  t.equal(code, 0);
  t.equal(out, `The cluster same already has these settings, at revision ${spec.revision}: nothing was changed.\n`);
});

t.test('a file of an older revision is applied against that: the coordinator refuses it', async (t) => {
  const older = writeDeclaration({ ...spec, revision: 1 });
  const { asked } = await picket('cluster', 'apply', '-f', writeFile('older.yml', older));
  t.equal(asked[1]?.ifMatch, '"1"');
});

t.test('a file without a revision changes what it names', async (t) => {
  const file = writeFile(
    'part.yml',
    'name: x-k3s\ndomain: edge.huatai.me\nmembers: []\n'.replace('members: []\n', members()),
  );
  const { code, asked, out } = await picket('cluster', 'apply', '-f', file);
  t.equal(code, 0);
  t.equal(asked[1]?.ifMatch, `"${spec.revision}"`);
  t.match(
    out,
    /is at revision \d+:\n {2}tuning\.heartbeatIntervalMs {2}\d+ → 200\nThe members restart with it one after another/,
  );
});

t.test('a cluster that is not there is declared', async (t) => {
  const file = writeFile('new.yml', `name: y-k3s\ndomain: edge.huatai.me\n${members()}`);
  const { asked } = await picket('cluster', 'apply', '-f', file);
  t.same(
    asked.map(({ line }) => line),
    ['GET /v1/clusters/y-k3s', 'POST /v1/clusters'],
  );
});

t.test('a mistyped key is reported with its line, and nothing is asked', async (t) => {
  const { code, err, asked } = await picket('cluster', 'apply', '-f', writeFile('bad.yml', 'name: x-k3s\ndomian: x\n'));
  t.equal(code, 2);
  t.match(err, /line 2: unknown key "domian"; did you mean "domain"\?/);
  t.same(asked, []);
});

t.test('a key that nobody can set is refused with the reason', async (t) => {
  const { err, asked } = await picket('cluster', 'apply', '-f', writeFile('token.yml', 'name: x-k3s\ntoken: etcd\n'));
  t.match(err, /line 2: token cannot be set: each founding makes a new one/);
  t.same(asked, []);
});

t.test('diff tells what the last change was, two revisions apart, or what a file would change', async (t) => {
  const change = /^tuning\.heartbeatIntervalMs {2}\d+ → 200\n$/;
  t.match((await picket('cluster', 'diff', 'x-k3s', String(spec.revision), String(faster.revision))).out, change);
  const file = writeFile('faster.yml', writeDeclaration(faster));
  t.match((await picket('cluster', 'diff', 'x-k3s', '--file', file)).out, change);
  t.equal((await picket('cluster', 'diff', 'x-k3s', String(spec.revision))).out, 'No differences.\n');
});

t.test('history says who changed what, the latest first', async (t) => {
  const { out } = await picket('cluster', 'history', 'x-k3s');
  t.match(out, new RegExp(`\\n${faster.revision} .*operator admin.*tuning\\.heartbeatIntervalMs: \\d+ → 200`));
  t.match(out, /\(declared\)/);
});

t.test('revert names the revision it was made against and the one to go back to', async (t) => {
  const { asked } = await picket('cluster', 'revert', 'x-k3s', '1');
  t.match(asked[1], { line: 'POST /v1/clusters/x-k3s/revert', body: { revision: 1 }, ifMatch: `"${spec.revision}"` });
});

t.test('rollout abort names the revision that it was given against', async (t) => {
  const { code, asked } = await picket('rollout', 'abort', 'x-k3s');
  t.equal(code, 0);
  t.match(asked[1], {
    line: 'POST /v1/clusters/x-k3s/rollout',
    body: { order: 'abort' },
    ifMatch: `"${spec.revision}"`,
  });
});

for (const order of ['pause', 'resume']) {
  t.test(`rollout ${order} is passed on`, async (t) => {
    const { code, asked } = await picket('rollout', order, 'x-k3s');
    t.equal(code, 0);
    t.match(asked, [{ line: 'POST /v1/clusters/x-k3s/rollout', body: { order } }]);
  });
}

function members(): string {
  return `members:\n${spec.members.map(({ name, address }) => `  - { name: ${name}, address: ${address} }\n`).join('')}`;
}
