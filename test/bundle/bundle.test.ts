import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { LoginCreated } from '@picket/shared/protocol/operators.ts';
import type { TokenCreated } from '@picket/shared/protocol/tokens.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { nodeWith, type TestNode } from '../../packages/coordinator/test/support/nodes.ts';
import { formed, voterStatus } from '../../packages/coordinator/test/support/voters.ts';
import { commandSaid, runPicket } from '../golden/picket.ts';
import { runToEnd } from '../support/children.ts';

/** The files of an archive, as tar finds them, by their path without its folder. */
async function unpacked(archive: string): Promise<ReadonlyMap<string, string>> {
  const into = mkdtempSync(`${archive}-`);
  const { code, stderr } = await runToEnd('tar', ['-xzf', archive, '-C', into, '--strip-components=1']);
  if (code !== 0) throw new Error(stderr);
  const files = readdirSync(into, { withFileTypes: true, recursive: true }).filter((one) => one.isFile());
  const paths = files.map((one) => join(one.parentPath, one.name));
  return new Map(paths.map((path) => [relative(into, path), readFileSync(path, 'utf8')]));
}

async function fleet(t: Test) {
  const { coordinator, nodes } = await formed(t);
  const folder = join(coordinator.config.dataDir, '..');
  const context = join(folder, 'context-of-test.yml');
  const text = readFileSync(join(folder, 'context.yml'), 'utf8');
  writeFileSync(context, text.replace(/^server: .*$/m, `server: https://127.0.0.1:${coordinator.port}`), {
    mode: 0o600,
  });
  const picket = async (...argv: string[]) => {
    const ended = await runPicket(argv, { env: { PICKET_CONTEXT: context }, now: coordinator.clock.now });
    return { ...ended, text: commandSaid(['picket', ...argv], ended) };
  };
  return { coordinator, nodes, folder, picket };
}

t.test('a bundle has what a bug report needs, and says what it has', async (t) => {
  const { folder, picket } = await fleet(t);
  const file = join(folder, 'bundle.tar.gz');
  const made = await picket('bundle', '--file', file);
  t.equal(made.code, 0, made.text);
  t.match(made.stdout, 'Look through it before you send it to anybody.');
  const files = await unpacked(file);
  const index = JSON.parse(files.get('index.json') ?? '') as { parts: string[]; missing: unknown[] };
  t.same([...index.parts, 'index.json'].sort(), [...files.keys()].sort());
  t.same(index.missing, []);
  t.match(JSON.parse(files.get('clusters/x-k3s/status.json') ?? ''), { cluster: 'x-k3s' });
  t.match(JSON.parse(files.get('clusters/x-k3s/history.json') ?? ''), { members: [{ name: 'x-k3s-m-1' }, {}, {}] });
  t.match(files.get('metrics.txt'), 'picket_build_info');
  t.match(JSON.parse(files.get('clusters/x-k3s/nodes.json') ?? ''), [{}, {}, {}]);
});

t.test('a bundle of one cluster has nothing of the others', async (t) => {
  const { coordinator, folder, picket } = await fleet(t);
  const other = { name: 'canary', domain: 'canary.example', members: [{ name: 'canary-1', address: '192.168.7.99' }] };
  t.equal((await coordinator.admin.post('/v1/clusters', other)).status, 201);
  const file = join(folder, 'bundle.tar.gz');
  t.equal((await picket('bundle', 'x-k3s', '--file', file)).code, 0);
  for (const [path, text] of await unpacked(file)) t.notMatch(text, /canary/, path);
});

t.test('R11: no secret of a coordinator or of its nodes is in a bundle', async (t) => {
  const { coordinator, nodes, folder, picket } = await fleet(t);
  const asked = await coordinator.admin.post('/v1/tokens', { cluster: 'x-k3s' });
  const { joinString } = asked.json<TokenCreated>();
  const invited = await coordinator.admin.post('/v1/operators', { name: 'bob', role: 'viewer' });
  const { loginString } = invited.json<LoginCreated>();
  const [first] = nodes;
  if (first === undefined) throw new Error('no node');
  // What a line of etcd's log, or an operator, might contain.
  const key = '-----BEGIN PRIVATE KEY-----\nbm90IGEgcmVhbCBrZXk\n-----END PRIVATE KEY-----';
  const { generation } = await first.desiredState();
  const status = voterStatus(first, generation);
  const slow = {
    level: 'warn',
    msg: 'apply request took too long',
    request: 'key:"/registry/secrets/default/a-key-of-the-store"',
  };
  const whole = JSON.stringify(slow);
  const lastLog = [key, joinString, whole, whole.slice(0, -3)];
  const told = await first.report({ ...status, service: { ...status.service, lastLog } });
  t.equal(told.status, 200, told.text);

  const file = join(folder, 'bundle.tar.gz');
  const made = await picket('bundle', '--file', file);
  t.equal(made.code, 0, made.text);
  const files = await unpacked(file);
  t.match(files.get('clusters/x-k3s/status.json'), /\(a private key\).*took too long/s, 'the canaries were there');
  const secrets: Readonly<Record<string, string>> = {
    passphrase: readFileSync(coordinator.config.passphraseFile, 'utf8').trim(),
    'a join string': joinString.split('.')[2] ?? '',
    'a login string': loginString.split('.')[2] ?? '',
    'a key in a log': 'bm90IGEgcmVhbCBrZXk',
    'the name of a key in a log': 'a-key-of-the-store',
    'the operator’s key': bodyOf(readFileSync(join(folder, 'context.yml'), 'utf8')),
    ...Object.fromEntries(
      readdirSync(coordinator.config.dataDir, { withFileTypes: true, recursive: true })
        .filter((one) => one.isFile() && one.name.endsWith('.pem'))
        .map((one) => [one.name, readFileSync(join(one.parentPath, one.name), 'utf8')])
        .filter(([, text]) => text?.includes('PRIVATE KEY'))
        .map(([name, text]) => [name, bodyOf(text ?? '')]),
    ),
  };
  for (const [what, secret] of Object.entries(secrets)) {
    t.ok(secret.length > 8, what);
    for (const [path, text] of files) t.notOk(text.includes(secret), `${what} is not in ${path}`);
    t.notOk(made.text.includes(secret), `${what} is not printed`);
  }
});

/** A line from the middle of a private key. */
function bodyOf(pem: string): string {
  const [, body = ''] = /PRIVATE KEY-----\s+([A-Za-z0-9+/=]{20,})/.exec(pem) ?? [];
  return body;
}

t.test('R11: with --logs, a bundle has the logs of the nodes that answer, without the keys of the store', async (t) => {
  const { coordinator, nodes, folder, picket } = await fleet(t);
  const file = join(folder, 'bundle.tar.gz');
  const ended = new AbortController();
  const making = picket('bundle', '--logs', '--file', file).finally(() => ended.abort());
  const lines = ['{"level":"warn","msg":"slow","request":"put:<key:\\"/canary\\" >"}', 'panic'];
  /** Each node fetches its orders, as its agent does. */
  const serve = async (one: TestNode) => {
    const { client: polls } = nodeWith(coordinator, one);
    while (!ended.signal.aborted) {
      const { headers: known } = await one.client.get('/v1/node/desired-state');
      const headers = { 'picket-takes': 'log-orders', 'if-none-match': known.etag ?? '' };
      const polled = await polls
        .get('/v1/node/desired-state?wait=30', { headers, signal: ended.signal })
        .catch(() => null);
      const order = polled?.headers['picket-log-order'];
      if (order === undefined) continue;
      const { id, log } = JSON.parse(String(order)) as { readonly id: string; readonly log: string };
      const missing = { problem: { code: 'log_goes_elsewhere', facts: {} } };
      const answer = log === 'etcd' ? { lines, cursor: null, cut: false } : missing;
      await one.client.post(`/v1/node/logs/${id}`, answer);
    }
  };
  const [made] = await Promise.all([making, ...nodes.map(serve)]);
  t.equal(made.code, 0, made.text);
  const missing = /^.*Missing: clusters\/x-k3s\/logs\/x-k3s-m-1-agent\.log: .*$/m.exec(made.text)?.[0];
  t.match(missing, inWords(reason('log_goes_elsewhere')));
  const log = (await unpacked(file)).get('clusters/x-k3s/logs/x-k3s-m-1-etcd.log');
  t.equal(log, '{"level":"warn","msg":"slow","request":"…"}\npanic\n');
});

t.test('R11: whatever a node says, a bundle is valid JSON and has the other members', async (t) => {
  const { nodes, folder, picket } = await fleet(t);
  const [hostile] = nodes;
  if (hostile === undefined) throw new Error('no node');
  const { generation } = await hostile.desiredState();
  const { agent, service, etcd } = voterStatus(hostile, generation);
  const first = '-----BEGIN PRIVATE KEY-----';
  const unclosed = ['{"password":"', 'value:"', '\\', '\u0000"}]', 'https://user:pass', 'pkt1.a.'];
  const told = await hostile.report({
    agent: { ...agent, version: first },
    service: { ...service, etcdVersion: first, lastLog: [first, ...unclosed, `"${first}"`, 'the last line'] },
    etcd: etcd && { ...etcd, alarms: [first] },
  });
  t.equal(told.status, 200, told.text);

  const file = join(folder, 'bundle.tar.gz');
  const made = await picket('bundle', '--file', file);
  t.equal(made.code, 0, made.text);
  const files = await unpacked(file);
  const inJson = [...files].filter(([path]) => path.endsWith('.json'));
  for (const [path, text] of inJson) t.doesNotThrow(() => JSON.parse(text), path);
  const { members } = JSON.parse(files.get('clusters/x-k3s/status.json') ?? '') as ClusterStatusView;
  t.same(
    members.map(({ status }) => status?.etcd?.memberId),
    ['a1', 'a2', 'a3'],
  );
  const lines = members[0]?.status?.service.lastLog;
  t.match([lines?.[0], lines?.at(-1)], ['(a private key)', 'the last line']);
  t.notMatch([...files.values()].join('\n'), 'BEGIN PRIVATE');
});

t.test('an existing file is not overwritten, and a cluster that is unknown makes none', async (t) => {
  const { folder, picket } = await fleet(t);
  const file = join(folder, 'bundle.tar.gz');
  t.match(await picket('bundle', 'nobody', '--file', file), { code: 1 });
  t.throws(() => readFileSync(file), { code: 'ENOENT' });
  t.equal((await picket('bundle', '--file', file)).code, 0);
  const before = readFileSync(file);
  t.match((await picket('bundle', '--file', file)).text, 'exists');
  t.same(readFileSync(file), before);
});
