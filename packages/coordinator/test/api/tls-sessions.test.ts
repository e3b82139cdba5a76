import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { exportPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import t from 'tap';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode } from '../support/nodes.ts';

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`R8: a ${version} session is not resumed: a revoked node could hide behind it`, async (t) => {
    const coordinator = await testCoordinator(t);
    await createCluster(coordinator);
    const { certificate, key } = await joinNode(coordinator, 1);
    const options = {
      host: '127.0.0.1',
      port: coordinator.port,
      ca: coordinator.authority,
      cert: certificate,
      key: exportPrivateKeyPem(key),
      minVersion: version,
      maxVersion: version,
    };
    const first = connect(options);
    const tickets: Buffer[] = [];
    first.on('session', (ticket) => tickets.push(ticket));
    await once(first, 'secureConnect');
    const protocol = first.getProtocol();
    const session = first.getSession();
    await answered(first);

    const offered = tickets.at(-1) ?? session;
    const second = connect({ ...options, ...(offered === undefined ? {} : { session: offered }) });
    await once(second, 'secureConnect');
    const reused = second.isSessionReused();
    await answered(second);
    t.same({ protocol, reused }, { protocol: version, reused: false });
  });
}

/** One request and its answer, after which TLS 1.3 would have sent its tickets. */
async function answered(socket: TLSSocket): Promise<void> {
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
}
