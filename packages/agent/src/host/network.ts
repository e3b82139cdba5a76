import { once } from 'node:events';
import { createServer, isIPv4 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { codeOf } from './file-failure.ts';
import type { HostNetwork } from './host.ts';
import { holderOf, type Listener, readListeners } from './listeners.ts';

/** The machine's network, read at each call. */
export function hostNetwork(): HostNetwork {
  return {
    hostname: hostname(),
    addresses: () => [
      ...new Set(Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? [])),
    ],
    async portFree(address, port) {
      const code = await tryToListen(address, port);
      return code === null ? { free: true } : { free: false, by: await explain(code, address, port) };
    },
  };
}

/** The error code, or null if listening works. Only a real attempt includes firewalls, namespaces and privileges. */
async function tryToListen(address: string, port: number): Promise<string | null> {
  const server = createServer();
  try {
    server.listen({ host: address, port, exclusive: true });
    await once(server, 'listening');
    return null;
  } catch (error) {
    return codeOf(error) ?? 'unknown';
  } finally {
    server.close();
  }
}

async function explain(code: string, address: string, port: number): Promise<string> {
  switch (code) {
    case 'EADDRINUSE': {
      const holder = holderAmong(await readListeners(), address, port);
      return holder === undefined ? 'another process uses it' : `${await holderOf(holder)} uses it`;
    }
    case 'EADDRNOTAVAIL':
      return `${address} is on no interface of this machine`;
    case 'EACCES':
      return 'ports below 1024 need root';
    default:
      return `the system says ${code}`;
  }
}

/** The listener that keeps others from this address. `::` takes IPv4 as well, unless it is for IPv6 only (ipv6(7)). */
function holderAmong(listeners: readonly Listener[], address: string, port: number): Listener | undefined {
  const isSameFamily = (listener: Listener): boolean => isIPv4(listener.address) === isIPv4(address);
  const isWildcard = (held: string): boolean => held === '0.0.0.0' || held === '::';
  const ofPort = listeners.filter((listener) => listener.port === port);
  return (
    ofPort.find(
      (one) => isSameFamily(one) && (one.address === address || isWildcard(one.address) || isWildcard(address)),
    ) ?? ofPort.find((one) => !isSameFamily(one) && (one.address === '::' || address === '::'))
  );
}
