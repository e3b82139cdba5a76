import { failure } from '@picket/shared/errors.ts';
import type { ChannelView } from '@picket/shared/protocol/notifications.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, runCli, writeFile } from './support/run-cli.ts';
import { type StubAnswer, startStub } from './support/stub-coordinator.ts';

const pki = await makePki();
const channel: ChannelView = {
  name: 'team',
  kind: 'webhook',
  target: 'https://hooks.example',
  clusters: null,
  severity: 'warning',
  everySeconds: null,
  createdAt: '2026-11-24T10:00:00.000Z',
  createdBy: 'ada',
  deliveredAt: '2026-11-24T11:00:00.000Z',
  openProblems: 1,
  waiting: null,
  failing: null,
};
let items: readonly ChannelView[] = [channel];
let answer: StubAnswer | null = null;
const stub = await startStub(pki, ({ line }) => {
  if (line.startsWith('DELETE')) return { status: 204 };
  if (line.startsWith('GET')) return { body: { items, next: null } };
  if (line.endsWith('/team/test')) return answer ?? { body: { name: 'team', target: channel.target } };
  if (line.endsWith('/test')) return { body: { name: 'phone', target: 'https://ntfy.sh' } };
  return { status: 201, body: channel };
});
t.teardown(() => stub.close());
const env = contextEnv(stub.url, pki);
const picket = (argv: readonly string[], stdin = '') => runCli(['notify', ...argv], { env, stdin });
t.beforeEach(() => {
  stub.seen.length = 0;
  items = [channel];
  answer = null;
});

t.test('R11: addresses and secrets come from files and stdin', async (t) => {
  const token = writeFile('token', 'bearer-4711\n');
  const key = writeFile('signing-key', 'key-4711\n');
  const ca = writeFile('ca.pem', pki.authority);
  const argv = ['add', 'team', '--webhook', '-', '--token-file', token, '--signing-key-file', key, '--ca', ca];
  const ran = await picket([...argv, '--cluster', 'x-k3s', '--cluster', 'other'], 'https://hooks.example/4711\n');
  t.match(ran, { code: 0, err: '' });
  t.match(
    ran.out,
    'The channel team is added. Problems go to https://hooks.example: those of all clusters and of the coordinator.',
  );
  t.match(ran.out, 'picket notify test team');
  t.same(
    stub.seen.map(({ line, body }) => ({ line, body })),
    [
      {
        line: 'POST /v1/notifications',
        body: {
          name: 'team',
          settings: {
            kind: 'webhook',
            url: 'https://hooks.example/4711',
            ca: pki.authority,
            token: 'bearer-4711',
            signingKey: 'key-4711',
          },
          clusters: ['x-k3s', 'other'],
          severity: 'warning',
        },
      },
    ],
  );
});

t.test('R11: a file with a private key is not sent as a CA', async (t) => {
  const ca = writeFile('ca.pem', `${pki.authority}${pki.server.key}`);
  const { code, err } = await picket(['add', 'phone', '--ntfy', 'https://ntfy.sh/topic', '--ca', ca]);
  t.equal(code, 2);
  t.match(err, /the file of --ca must hold certificates only, and holds a block PRIVATE KEY/);
  t.same(stub.seen, []);
});

t.test('ntfy and ping take their own options', async (t) => {
  await picket(['add', 'phone', '--ntfy', 'https://ntfy.sh/topic', '--severity', 'critical']);
  await picket(['add', 'dead-man', '--ping', 'https://hc.example/uuid', '--every', '5m']);
  t.match(
    stub.seen.map(({ body }) => body),
    [
      { settings: { kind: 'ntfy', url: 'https://ntfy.sh/topic' }, severity: 'critical' },
      { settings: { kind: 'ping', url: 'https://hc.example/uuid', everySeconds: 300 } },
    ],
  );
});

t.test('mail needs a sender and recipients, and takes its password from a file', async (t) => {
  const password = writeFile('mail-password', 'mail-4711\n');
  const argv = ['add', 'mail', '--smtp', 'smtp://mail.example', '--from', 'a@b.example', '--to', 'c@d.example'];
  await picket([...argv, '--to', 'e@f.example', '--user', 'ada', '--password-file', password]);
  const settings = {
    kind: 'smtp',
    url: 'smtp://mail.example',
    from: 'a@b.example',
    to: ['c@d.example', 'e@f.example'],
    user: 'ada',
    password: 'mail-4711',
  };
  t.same(
    stub.seen.map(({ body }) => body),
    [{ name: 'mail', settings, severity: 'warning' }],
  );
  t.match(await picket(argv.slice(0, 6)), { code: 2, err: /--smtp needs --from and --to/ });
});

t.test('a wrong command line says what to write, and nothing is sent', async (t) => {
  for (const [argv, problem] of [
    [['team'], 'exactly one of --webhook, --ntfy, --smtp and --ping must be given'],
    [['team', '--ntfy', 'https://a/b', '--ping', 'https://a/b'], 'exactly one of'],
    [['team', '--ping', 'https://a/b', '--token-file', '-'], '--token-file is not for --ping'],
    [['team', '--webhook', '-', '--token-file', '-'], 'only one option can read stdin'],
    [['team', '--ping', 'https://a/b', '--every', '1s'], 'is not a duration from 10s to 1d'],
    [['TEAM', '--ping', 'https://a/b'], 'the channel name "TEAM" must be lower-case'],
  ] as const) {
    const ran = await picket(['add', ...argv]);
    t.equal(ran.code, 2, problem);
    t.match(ran.err, problem);
  }
  const empty = await picket(['add', 'team', '--webhook', 'https://a/b', '--token-file', '-'], '\n');
  const unusable = (file: string, problem: string) => complaint(failure('secret_unreadable', { file, problem }));
  t.match(empty, { code: 2, err: unusable('stdin', 'it is empty') });
  const missing = await picket(['add', 'team', '--webhook', 'https://a/b', '--token-file', '/nowhere']);
  t.equal(missing.err, unusable('/nowhere', 'it does not exist'));
  t.same(stub.seen, []);
});

t.test('list shows who hears what, and why a channel fails', async (t) => {
  const failing = {
    attempts: 3,
    reason: { code: 'receiver_answered', facts: {}, message: 'https://ntfy.sh answered with HTTP 503' },
    nextAt: '2026-11-24T12:01:00.000Z',
  };
  const waiting = { since: '2026-11-24T11:50:00.000Z', problems: 1, recovered: 2 };
  items = [
    channel,
    { ...channel, name: 'dead-man', kind: 'ping', everySeconds: 60, deliveredAt: null },
    { ...channel, name: 'phone', kind: 'ntfy', clusters: ['x-k3s'], severity: 'critical', failing, waiting },
  ];
  t.matchOnly(
    (await picket(['list'])).out.split('\n').map((line) => line.replaceAll(/ {3,}/g, ' | ')),
    [
      'CHANNEL | KIND | TO | WHAT | OPEN | DELIVERED | STATE',
      'team | webhook | https://hooks.example | all | 1 | 1h ago | ok',
      'dead-man | ping | https://hooks.example | ping every 60 s | - | never | ok',
      'phone | ntfy | https://hooks.example | critical of x-k3s | 1 | 1h ago | fails',
      'phone: https://ntfy.sh answered with HTTP 503 (attempt 3). A message with 1 problem and 2 over waits since 2026-11-24 11:50:00Z. Next attempt at 2026-11-24 12:01:00Z.',
      '',
    ],
  );
  t.match((await picket(['list', '--output', 'wide'])).out, / 2026-11-24 11:00:00Z {3}ok\n/);
  items = [];
  t.match((await picket(['list'])).out, 'There is no channel: nobody is notified.');
});

t.test('test sends through all channels, also if one fails, and then says so', async (t) => {
  items = [channel, { ...channel, name: 'phone' }];
  t.match(await picket(['test']), {
    code: 0,
    out: 'team: https://hooks.example took the test message.\nphone: https://ntfy.sh took the test message.\n',
  });
  answer = {
    status: 502,
    body: { code: 'notification_failed', message: 'It failed.', hint: 'Check.', details: {} },
  };
  t.match(await picket(['test']), {
    code: 1,
    out: 'phone: https://ntfy.sh took the test message.\n',
    err: /It failed/,
  });
  t.match(await picket(['test', 'team']), { code: 1, out: '', err: /It failed/ });
  items = [];
  t.match(await picket(['test']), { code: 1, err: complaint(failure('no_channel', {})) });
});

t.test('remove', async (t) => {
  t.match(await picket(['remove', 'team']), { code: 0, out: 'The channel team is removed, with its secrets.\n' });
  t.same(
    stub.seen.map(({ line }) => line),
    ['DELETE /v1/notifications/team'],
  );
});
