import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { Test } from 'tap';
import { etcdPids } from './etcd-processes.ts';
import type { Fleet, Machine } from './fleet.ts';
import { until } from './until.ts';

/** Kills the etcd of a machine, and takes the port that it needs to start again, until the server is closed. */
export async function keepDown(t: Test, { ports }: Fleet, machine: Machine): Promise<Server> {
  return until(
    `the port of ${machine.name} is free`,
    async () => {
      for (const pid of await etcdPids(machine)) process.kill(pid, 'SIGKILL');
      const server = createServer((socket) => socket.destroy());
      t.teardown(() => server.close());
      server.listen(ports.client, machine.address);
      // Its agent may have been quicker.
      return (await once(server, 'listening').catch(() => null)) !== null && server;
    },
    { within: 30_000, every: 5 },
  );
}
