import { once } from 'node:events';
import { connect, type SecureVersion } from 'node:tls';
import t, { type Test } from 'tap';
import { day } from './inventory/samples.ts';
import { type TestCoordinator, testCoordinator } from './support/coordinator.ts';

interface Handshake {
  readonly serial: string;
  readonly reused: boolean;
  readonly session: Buffer | undefined;
}

/** What a new connection gets, and what could resume it after its one request. */
async function handshake(
  { port, authority }: TestCoordinator,
  { version, session }: { version?: SecureVersion; session?: Buffer | undefined } = {},
): Promise<Handshake> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    ca: authority,
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
    ...(session === undefined ? {} : { session }),
  });
  let ticket: Buffer | undefined;
  socket.on('session', (given) => {
    ticket = given;
  });
  await once(socket, 'secureConnect');
  const serial = socket.getPeerX509Certificate()?.serialNumber.toLowerCase().replace(/^0+/, '') ?? '';
  const reused = socket.isSessionReused();
  const own = socket.getSession();
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
  return { serial, reused, session: ticket ?? own };
}

/** A coordinator whose certificate was made 300 days ago; it is due now. */
const longRunning = (test: Test): Promise<TestCoordinator> => testCoordinator(test, Date.now() - 300 * day);

t.test('a running coordinator uses its renewed certificate from the next handshake on', async (t) => {
  const coordinator = await longRunning(t);
  const open = coordinator.admin;
  t.equal((await open.get('/v1/nodes')).status, 200);
  const before = await handshake(coordinator);
  await coordinator.running.tick();
  t.equal((await handshake(coordinator)).serial, before.serial, 'not due yet');

  coordinator.clock.now = Date.now();
  await coordinator.running.tick();
  const after = await handshake(coordinator);
  t.not(after.serial, before.serial);
  t.equal((await handshake(coordinator)).serial, after.serial);
  t.equal((await open.get('/v1/nodes')).status, 200, 'an open connection continues');
  const renewals = coordinator.log
    .map((line) => JSON.parse(line) as { msg: string; serial?: string })
    .filter(({ msg }) => msg === 'the server certificate was renewed');
  t.same(
    renewals.map(({ serial }) => serial),
    [after.serial],
  );
});

t.test('R8: with the renewed certificate it checks clients as before', async (t) => {
  const coordinator = await longRunning(t);
  coordinator.clock.now = Date.now();
  await coordinator.running.tick();
  const operator = await coordinator.operator('viewer');
  t.equal((await operator.get('/v1/nodes')).status, 200);
  t.equal((await coordinator.client(null).get('/v1/nodes')).status, 401);
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`R8: with the renewed certificate no ${version} session is resumed`, async (t) => {
    const coordinator = await longRunning(t);
    coordinator.clock.now = Date.now();
    await coordinator.running.tick();
    const { session } = await handshake(coordinator, { version });
    t.equal((await handshake(coordinator, { version, session })).reused, false);
  });
}
