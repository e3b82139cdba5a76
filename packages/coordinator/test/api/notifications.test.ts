import { readFileSync } from 'node:fs';
import { failure, type WireError } from '@picket/shared/errors.ts';
import type { AuditEntry } from '@picket/shared/protocol/audit.ts';
import { mostChannels } from '@picket/shared/protocol/notifications.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { SecretBox } from '../../src/authority/secret-box.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { seriesOf } from '../support/metrics.ts';
import { createCluster } from '../support/nodes.ts';
import { addChannel, channelsOf } from '../support/notified.ts';
import { receiver } from '../support/receiver.ts';
import { wireRefusal } from '../support/said.ts';
import { tamper } from '../support/tampering.ts';

const secrets = { path: 'services-path-4711', token: 'bearer-4711', signingKey: 'signing-key-4711' };
const webhook = {
  kind: 'webhook',
  url: `https://hooks.example/${secrets.path}`,
  token: secrets.token,
  signingKey: secrets.signingKey,
};

t.test(
  'R11: address and secrets of a channel are in no answer, no log, no audit entry, and encrypted in the store',
  async (t) => {
    const coordinator = await testCoordinator(t);
    const { admin, config } = coordinator;
    await createCluster(coordinator);
    const answers = [
      await admin.post('/v1/notifications', { name: 'team', settings: webhook, clusters: ['x-k3s'] }),
      await admin.post('/v1/notifications', { name: 'team', settings: webhook }),
      await admin.post('/v1/notifications', { name: 'other', settings: { ...webhook, url: `ftp://${secrets.path}` } }),
      await admin.post('/v1/notifications', { name: 'other', settings: { ...webhook, token: `${secrets.token} x` } }),
      await admin.get('/v1/notifications'),
      await admin.get('/v1/audit'),
      await admin.get('/metrics'),
    ];
    t.same(
      answers.map(({ status }) => status),
      [201, 409, 400, 400, 200, 200, 200],
    );
    t.match(answers[0]?.json(), {
      name: 'team',
      target: 'https://hooks.example',
      clusters: ['x-k3s'],
      createdBy: 'ada',
    });
    const { database } = placesIn(config.dataDir);
    const stored = [database, `${database}-wal`].map((file) => readFileSync(file, 'latin1'));
    const all = [...answers.map(({ text }) => text), ...coordinator.log, ...stored].join('\n');
    t.ok(all.includes('hooks.example'));
    for (const [what, secret] of Object.entries(secrets)) t.notOk(all.includes(secret), what);

    await coordinator.restart();
    t.match(await channelsOf(coordinator), [{ name: 'team', target: 'https://hooks.example', failing: null }]);
  },
);

t.test(
  'R11: the settings of a channel open with the key of this coordinator only, and for that channel only',
  async (t) => {
    const coordinator = await testCoordinator(t);
    const hook = await receiver(t);
    for (const name of ['one', 'two']) await addChannel(coordinator, { kind: 'webhook', url: hook.url }, { name });
    const { database } = placesIn(coordinator.config.dataDir);
    await coordinator.restart(async () => {
      tamper(
        database,
        "update channels set settings = (select settings from channels where name = 'two') where name = 'one'",
      );
    });
    t.match(await channelsOf(coordinator), [
      { name: 'one', failing: { reason: { code: 'channel_unreadable' } } },
      { name: 'two', failing: null },
    ]);
    const unreadable = failure('notification_failed', { name: 'one', reason: reason('channel_unreadable') });
    t.strictSame((await coordinator.admin.post('/v1/notifications/one/test')).json(), unreadable.toWire());
    t.equal((await coordinator.admin.post('/v1/notifications/two/test')).status, 200);
    t.equal((await coordinator.admin.request('DELETE', '/v1/notifications/one')).status, 204);
  },
);

t.test('R11: a box shows no key, and opens nothing that was changed', async (t) => {
  const { generateKeyPairSync } = await import('node:crypto');
  const box = new SecretBox(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const closed = box.close('secret-4711', 'a');
  t.equal(box.open(closed, 'a'), 'secret-4711');
  t.not(box.close('secret-4711', 'a'), closed);
  t.equal(box.open(closed, 'b'), null);
  t.equal(box.open(`${closed.slice(0, -2)}AA`, 'a'), null);
  t.equal(box.open('', 'a'), null);
  t.notMatch(JSON.stringify(box), /\w/);
});

t.test('only an admin adds, tests and removes channels, and the audit log records it', async (t) => {
  const coordinator = await testCoordinator(t);
  const hook = await receiver(t);
  const settings = { kind: 'webhook', url: hook.url };
  const operator = await coordinator.operator('operator');
  t.equal((await operator.post('/v1/notifications', { name: 'team', settings })).status, 403);
  await addChannel(coordinator, settings, { severity: 'critical' });
  t.equal((await operator.post('/v1/notifications/team/test')).status, 403);
  t.equal((await operator.request('DELETE', '/v1/notifications/team')).status, 403);
  t.equal((await operator.get('/v1/notifications')).status, 200);
  t.match((await coordinator.admin.post('/v1/notifications/team/test')).json(), { name: 'team', target: hook.url });
  t.match(JSON.parse(hook.received[0]?.body ?? ''), { kind: 'test', title: 'Picket: test message', problems: [] });
  t.equal((await coordinator.admin.request('DELETE', '/v1/notifications/team')).status, 204);
  t.match((await coordinator.admin.post('/v1/notifications/team/test')).json(), wireRefusal('not_found'));
  t.same(await channelsOf(coordinator), []);
  const { items } = (await coordinator.admin.get('/v1/audit')).json<Page<AuditEntry>>();
  const done = items.filter(({ outcome }) => outcome === 'done');
  t.match(done, [
    { action: 'DELETE /v1/notifications/:name', object: 'channel team', before: { target: hook.url } },
    { action: 'POST /v1/notifications/:name/test', object: 'channel team' },
    { action: 'POST /v1/notifications', after: { name: 'team', kind: 'webhook', severity: 'critical' } },
  ]);
});

t.test('wrong settings are refused with what to write instead', async (t) => {
  const { admin } = await testCoordinator(t);
  const refused = async (settings: object) =>
    (await admin.post('/v1/notifications', { name: 'team', settings })).json<WireError>();
  const invalid = (problem: RegExp) => ({ code: 'channel_invalid', details: { name: 'team', problem } });
  t.match(await refused({ kind: 'webhook', url: 'hooks.example' }), invalid(/must be a URL that begins with https/));
  t.match(
    await refused({ kind: 'webhook', url: 'https://ada:s3cret@hooks.example' }),
    invalid(/must hold no user and no password/),
  );
  t.match(await refused({ kind: 'webhook', url: 'http://hooks.example', token: 'x' }), invalid(/only encrypted/));
  t.match(await refused({ kind: 'ntfy', url: 'https://ntfy.sh/' }), invalid(/must end with a topic/));
  t.match(
    await refused({ kind: 'ntfy', url: 'https://ntfy.sh/topic?auth=x' }),
    invalid(/after the topic .* --token-file/),
  );
  t.match(
    await refused({ kind: 'ntfy', url: 'https://ntfy.sh/topic', ca: 'nonsense' }),
    invalid(/no certificate in PEM/),
  );
  const key = '-----BEGIN PRIVATE KEY-----\nsecret-4711\n-----END PRIVATE KEY-----\n';
  const withKey = await refused({ kind: 'ntfy', url: 'https://ntfy.sh/topic', ca: key });
  t.match(withKey, invalid(/the file of --ca must hold certificates only, and holds a block PRIVATE KEY$/));
  t.notMatch(JSON.stringify(withKey), '4711');
  t.match(
    await refused({ kind: 'ping', url: 'https://hc.example/x', everySeconds: 1 }),
    wireRefusal('invalid_request'),
  );
  t.match(await refused({ kind: 'pigeon', url: 'https://hc.example/x' }), wireRefusal('invalid_request'));
});

t.test('R18: there are only so many channels, however many are added at once', async (t) => {
  const coordinator = await testCoordinator(t);
  const settings = { kind: 'ping', url: 'https://hc.example/x', everySeconds: 60 };
  const answers = await Promise.all(
    Array.from({ length: mostChannels + 4 }, (_, number) =>
      coordinator.admin.post('/v1/notifications', { name: `c-${number}`, settings }),
    ),
  );
  t.equal(answers.filter(({ status }) => status === 201).length, mostChannels);
  t.strictSame(answers.find(({ status }) => status === 409)?.json(), failure('channel_limit', { most: 16 }).toWire());
});

t.test('deliveries are in the metrics', async (t) => {
  const coordinator = await testCoordinator(t);
  const hook = await receiver(t);
  await addChannel(coordinator, { kind: 'webhook', url: hook.url });
  await coordinator.admin.post('/v1/notifications/team/test');
  hook.behave = (_request, response) => void response.writeHead(403).end();
  const answered = reason('receiver_answered', { target: hook.url, status: 403 });
  t.strictSame(
    (await coordinator.admin.post('/v1/notifications/team/test')).json(),
    failure('notification_failed', { name: 'team', reason: answered }).toWire(),
  );
  t.match(seriesOf((await coordinator.admin.get('/metrics')).text), {
    'picket_notifications_total{kind="webhook",result="delivered"}': 1,
    'picket_notifications_total{kind="webhook",result="failed"}': 1,
    'picket_notification_channel_failing{channel="team",kind="webhook"}': 0,
  });
});

t.test('a channel for a cluster that does not exist is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const answer = await coordinator.admin.post('/v1/notifications', {
    name: 'team',
    settings: webhook,
    clusters: ['x-k3s', 'x-k33'],
  });
  t.strictSame(answer.json(), failure('not_found', { what: 'cluster', name: 'x-k33', near: 'x-k3s' }).toWire());
  t.strictSame(await channelsOf(coordinator), []);
});
