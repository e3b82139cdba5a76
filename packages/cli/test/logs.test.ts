import { failure } from '@picket/shared/errors.ts';
import t, { type Test } from 'tap';
import { makePki } from './support/pki.ts';
import { contextEnv, type RunOptions, runCli } from './support/run-cli.ts';
import { type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';
import { node } from './support/views.ts';

const pki = await makePki();
const view = (lines: readonly string[], more: object = {}): StubAnswer => ({
  body: { lines, cursor: `after${lines.length}`, cut: false, follow: null, ...more },
});
const refused = (error: ReturnType<typeof failure>): StubAnswer => ({ status: error.status, body: error.toWire() });

async function asking(
  t: Test,
  argv: readonly string[],
  answers: readonly StubAnswer[],
  { nodes = [node], rounds = 1, ...options }: RunOptions & { nodes?: readonly object[]; rounds?: number } = {},
) {
  const left = [...answers];
  const asked: Seen[] = [];
  const stub = await startStub(pki, (seen) => {
    if (seen.line.startsWith('GET /v1/nodes?')) return { body: { items: nodes, next: null } };
    asked.push(seen);
    return left.shift() ?? { hangUp: true };
  });
  t.teardown(() => stub.close());
  const interruption = new AbortController();
  let slept = 0;
  const ran = await runCli(['logs', ...argv], {
    env: contextEnv(stub.url, pki),
    interrupted: interruption.signal,
    sleep: async () => {
      slept += 1;
      if (slept >= rounds) interruption.abort();
    },
    ...options,
  });
  return { ...ran, asked: asked.map(({ line, body }) => [line, body] as const) };
}

const path = `/v1/nodes/${node.id}/logs`;

t.test('a request for a log changes nothing: if its answer is lost, it is not sent again', async (t) => {
  const { code, err, asked } = await asking(t, [String(node.member)], [{ hangUp: true }]);
  t.match([code, err], [1, /^picket: The coordinator at .* did not answer POST .*: the connection was closed\.$/m]);
  t.notMatch(err, /may be done/);
  t.equal(asked.length, 1);
});

t.test('logs prints the lines that the coordinator gives', async (t) => {
  const { out, err, asked } = await asking(
    t,
    [String(node.member), '--since', '1h', '--lines', '5'],
    [view(['one', 'two\u001b[2J'], { cut: true })],
  );
  t.equal(out, 'one\ntwo\\u001b[2J\n', 'nothing steers the terminal');
  t.match(err, 'There are older lines');
  t.same(asked, [[`POST ${path}`, { log: 'etcd', lines: 5, sinceSeconds: 3600 }]]);
});

t.test('picket logs says that a log has no lines', async (t) => {
  const all = await asking(t, [String(node.member)], [view([])]);
  t.match(all, { code: 0, out: '', err: 'picket: The log of etcd is empty.\n' });
  const since = await asking(t, [String(node.member), '--agent', '--since', '5m'], [view([])]);
  t.match(since.err, 'picket: The log of the agent has no line in the time of --since.');
});

t.test('the log of a client is that of its agent, unless the operator says otherwise', async (t) => {
  const nodes = [{ ...node, member: null, client: 'k3s-1' }];
  t.same((await asking(t, ['k3s-1'], [view([])], { nodes })).asked[0]?.[1], { log: 'agent' });
  t.same((await asking(t, [String(node.member), '--agent'], [view([])])).asked[0]?.[1], { log: 'agent' });
  t.match(await asking(t, [String(node.member), '--agent', '--etcd'], []), { code: 2 });
  t.match(await asking(t, [String(node.member), '--since', 'soon'], []), { code: 2, err: /write it as 30m, 1h or 2d/ });
});

t.test('logs --follow goes on after the last line, also when the node or the coordinator restarts', async (t) => {
  const { code, out, err, asked } = await asking(
    t,
    [String(node.member), '--follow'],
    [
      view(['one'], { follow: 'follow01' }),
      view(['two', 'three'], { follow: 'follow01', cut: true }),
      refused(failure('log_not_sent', { node: 'a', cluster: 'k3s', seconds: 30, reason: 'it reboots' })),
      refused(failure('log_not_sent', { node: 'a', cluster: 'k3s', seconds: 30, reason: 'it reboots' })),
      refused(failure('log_follow_unknown', {})),
      view(['four'], { follow: 'follow02' }),
      view([], { follow: 'follow02' }),
    ],
    { rounds: 6 },
  );
  t.equal(code, 0);
  t.equal(out, 'one\ntwo\nthree\nfour\n');
  t.equal(err.match(/Trying again/g)?.length, 1, 'it says once that the node does not answer');
  t.match(err, 'Lines are missing');
  t.same(asked, [
    [`POST ${path}`, { log: 'etcd', follow: true }],
    [`GET ${path}/follow01?cursor=after1`, null],
    ...Array.from({ length: 3 }, () => [`GET ${path}/follow01?cursor=after2`, null]),
    [`POST ${path}`, { log: 'etcd', lines: 2000, follow: true, cursor: 'after2' }],
    [`GET ${path}/follow02?cursor=after1`, null],
  ]);
});
