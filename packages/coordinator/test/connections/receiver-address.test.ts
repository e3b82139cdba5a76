import dns, { type LookupAddress } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import t, { type Test } from 'tap';
import { testCoordinator } from '../support/coordinator.ts';
import { mailServer } from '../support/mail-server.ts';
import { addChannel } from '../support/notified.ts';
import { receiver } from '../support/receiver.ts';

/** Until the end of the test, DNS gives these addresses for each name: no real name does that everywhere. */
function resolveTo(t: Test, ...addresses: readonly string[]): void {
  const { lookup } = dns;
  const found: readonly LookupAddress[] = addresses.map((address) => ({
    address,
    family: address.includes(':') ? 6 : 4,
  }));
  const resolved = (_name: string, _options: object, answer: (error: null, all: readonly LookupAddress[]) => void) =>
    answer(null, found);
  Object.assign(dns, { lookup: resolved });
  syncBuiltinESMExports();
  t.teardown(() => {
    Object.assign(dns, { lookup });
    syncBuiltinESMExports();
  });
}

const mail = { kind: 'smtp', from: 'picket@home.example', to: ['ada@home.example'] };
const linkLocal = /link-local, and Picket sends nothing there/;

t.test('R11: a channel to a link-local address is refused, however the address is written', async (t) => {
  const { admin } = await testCoordinator(t);
  const hosts = ['169.254.169.254', '0xa9fea9fe', '2852039166', '[fe80::1]', '[febf::1]', '[::ffff:169.254.1.1]'];
  for (const host of [...hosts, '[64:ff9b::a9fe:a9fe]', '169.254.169.254.']) {
    const settings = { kind: 'webhook', url: `http://${host}/latest/meta-data` };
    const problem = /give another address or the name of/;
    const refused = { code: 'channel_invalid', details: { name: 'team', problem } };
    t.match((await admin.post('/v1/notifications', { name: 'team', settings })).json(), refused, host);
  }
  for (const host of ['169.254.169.254', '[fe80::1]']) {
    const settings = { ...mail, url: `smtp://${host}` };
    t.match(
      (await admin.post('/v1/notifications', { name: 'team', settings })).json(),
      { details: { problem: linkLocal } },
      host,
    );
  }
});

t.test('R11: the name of a receiver leads to no link-local address, and to one in the LAN', async (t) => {
  const { url, received } = await receiver(t);
  const { port } = new URL(url);
  const server = await mailServer(t, 'x', { disabledCommands: ['STARTTLS', 'AUTH'] });
  const coordinator = await testCoordinator(t);
  await addChannel(coordinator, { kind: 'webhook', url: `http://lan.example:${port}` }, { name: 'hook' });
  await addChannel(coordinator, { ...mail, url: `smtp://localhost:${server.port}` }, { name: 'mail' });
  const test = async (name: string) => (await coordinator.admin.post(`/v1/notifications/${name}/test`)).text;

  resolveTo(t, '169.254.1.1', 'fe80::1%eth0');
  for (const name of ['hook', 'mail']) t.match(await test(name), linkLocal, name);
  t.same([received, server.received], [[], []]);
  resolveTo(t, 'fe80::1', '127.0.0.1');
  for (const name of ['hook', 'mail']) t.match(JSON.parse(await test(name)), { name }, name);
  t.same([received.length, server.received.length], [1, 1]);
});

t.test('mail goes to another address of its receiver if nobody listens at the first', async (t) => {
  const server = await mailServer(t, 'x', { disabledCommands: ['STARTTLS', 'AUTH'] });
  const coordinator = await testCoordinator(t);
  await addChannel(coordinator, { ...mail, url: `smtp://localhost:${server.port}` }, { name: 'mail' });
  resolveTo(t, '127.0.0.9', '127.0.0.1');
  t.match((await coordinator.admin.post('/v1/notifications/mail/test')).json(), { name: 'mail' });
  t.equal(server.received.length, 1);
});
