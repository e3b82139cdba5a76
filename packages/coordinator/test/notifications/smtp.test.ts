import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { failure, type WireError } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { makePki } from '../../../cli/test/support/pki.ts';
import { smtpChannel } from '../../src/notifications/smtp-channel.ts';
import { testNotification } from '../../src/notifications/words.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { mailServer } from '../support/mail-server.ts';
import { addChannel, channelsOf } from '../support/notified.ts';

const pki = await makePki();
const tls = { key: pki.server.key, cert: pki.server.certificate };
const password = 'mail-password-4711';
const mail = {
  kind: 'smtp',
  from: 'picket@home.example',
  to: ['ada@home.example', 'bob@home.example'],
  ca: pki.authority,
};

/** The answer to a test of this channel whose receiver did not take the message, for this reason. */
function undelivered(name: string, why: Reason): WireError {
  return failure('notification_failed', { name, reason: why }).toWire();
}

t.test('mail goes through TLS or STARTTLS, with user and password', async (t) => {
  const coordinator = await testCoordinator(t);
  for (const [name, scheme, options] of [
    ['tls', 'smtps', { ...tls, secure: true }],
    ['starttls', 'smtp', tls],
  ] as const) {
    const { received, port } = await mailServer(t, password, options);
    const settings = { ...mail, url: `${scheme}://127.0.0.1:${port}`, user: 'ada', password };
    await addChannel(coordinator, settings, { name });
    const answer = await coordinator.admin.post(`/v1/notifications/${name}/test`);
    t.same(answer.json(), { name, target: `127.0.0.1:${port}` });
    t.match(received, [
      {
        user: 'ada',
        isEncrypted: true,
        from: 'picket@home.example',
        to: ['ada@home.example', 'bob@home.example'],
        text: /^Subject: \[Picket\] Picket: test message\r$/m,
      },
    ]);
    t.match(received[0]?.text, /^Message-ID: <[0-9a-f]{20}@picket>\r$/m);
    t.match(received[0]?.text, /^The channel \S+ works\. No action needed\.\r$/m);
    t.match(received[0]?.text, /^Auto-Submitted: auto-generated\r$/m);
  }
});

t.test('R11: a password is not sent in the clear, and no failure repeats what the server says', async (t) => {
  const coordinator = await testCoordinator(t);
  const refused = async (name: string, settings: object) => {
    await addChannel(coordinator, { ...mail, ...settings }, { name });
    return (await coordinator.admin.post(`/v1/notifications/${name}/test`)).json<WireError>();
  };
  // Of the addresses of this machine, only the usual one counts as such.
  const bare = await mailServer(t, password, { disabledCommands: ['STARTTLS'], allowInsecureAuth: true }, '127.0.0.2');
  const login = { user: 'ada', password };
  const noTls = reason('mail_refused', { target: `127.0.0.2:${bare.port}`, what: 'tls', status: 500 });
  t.same(await refused('bare', { url: `smtp://${noTls.facts.target}`, ...login }), undelivered('bare', noTls));
  t.same(bare.received, []);
  const { port } = await mailServer(t, 'another', tls);
  const noLogin = reason('mail_refused', { target: `127.0.0.1:${port}`, what: 'login', status: 535 });
  t.same(await refused('wrong', { url: `smtp://${noLogin.facts.target}`, ...login }), undelivered('wrong', noLogin));
  const { ca: _ca, ...strange } = mail;
  const other = await mailServer(t, password, { ...tls, secure: true });
  await addChannel(coordinator, { ...strange, url: `smtps://127.0.0.1:${other.port}` }, { name: 'untrusted' });
  t.match((await coordinator.admin.post('/v1/notifications/untrusted/test')).json(), {
    code: 'notification_failed',
    details: { reason: /no trusted CA has issued/ },
  });
  const said = [...coordinator.log, JSON.stringify(await channelsOf(coordinator))].join('\n');
  t.notMatch(said, password);
});

t.test('a mail server that refuses, or that is none, is named', async (t) => {
  const coordinator = await testCoordinator(t);
  const { port } = await mailServer(t, password, {
    ...tls,
    onRcptTo: (_address, _session, callback) => callback(new Error('no such user')),
  });
  await addChannel(coordinator, { ...mail, url: `smtp://127.0.0.1:${port}` }, { name: 'nobody' });
  const noAddress = reason('mail_refused', { target: `127.0.0.1:${port}`, what: 'address', status: 550 });
  t.same((await coordinator.admin.post('/v1/notifications/nobody/test')).json(), undelivered('nobody', noAddress));
  const closed = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  t.teardown(() => closed.close());
  await new Promise((resolve) => closed.once('listening', resolve));
  const target = `127.0.0.1:${(closed.address() as AddressInfo).port}`;
  await addChannel(coordinator, { ...mail, url: `smtp://${target}` }, { name: 'closed' });
  t.same(
    (await coordinator.admin.post('/v1/notifications/closed/test')).json(),
    undelivered('closed', reason('receiver_unreachable', { target, problem: 'the connection was closed' })),
  );
});

t.test('R18: a mail server that answers without end is hung up on', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 welcome\r\n');
    // The library counts silence alone, and there is none.
    const timer = setInterval(() => socket.write('250-more\r\n'), 100);
    socket.once('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const stop = new AbortController();
  const message = testNotification('m', 0, 'team', 'https://picket.example');
  const sent = smtpChannel({ ...mail, kind: 'smtp', url }).send(message, stop.signal);
  const [socket] = await connected;
  const closed = once(socket, 'close');
  await once(socket, 'data');
  stop.abort();
  t.match(await sent, { code: 'receiver_silent' });
  await closed;
});

t.test('wrong settings of a mail server are refused', async (t) => {
  const { admin } = await testCoordinator(t);
  const refused = async (settings: object) =>
    (await admin.post('/v1/notifications', { name: 'mail', settings: { ...mail, ...settings } })).json<WireError>()
      .details.problem;
  t.match(await refused({ url: 'https://mail.example' }), /must be smtps:\/\/HOST or smtp:\/\/HOST/);
  t.match(await refused({ url: 'smtp://ada:x@mail.example' }), /must hold no user and no password/);
  t.match(await refused({ url: 'smtp://mail.example/x' }), /must end with the host or the port/);
  t.match(await refused({ url: 'smtp://mail.example', user: 'ada' }), /go together/);
  const injected = { url: 'smtp://mail.example', to: ['a@b.example\r\nBcc: c@d.example'] };
  t.match(await refused(injected), /^body\/settings\/to\/0 must match pattern/);
  const named = { url: 'smtp://mail.example', from: 'Ada <ada@home.example>' };
  t.match(await refused(named), /^body\/settings\/from must match pattern/, 'of all kinds, the one that was meant');
});
