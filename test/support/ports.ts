import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ListenOptions, type Server } from 'node:net';

export interface MemberPorts {
  readonly client: number;
  readonly peer: number;
  readonly metrics: number;
}

/** The kernel gives none of these to an outgoing connection, so that a program finds its port free after a restart too. */
const lowest = 13_000;
const highest = 22_000;

/**
 * A port of this address that nobody listens on just now, and that this gives to no other process while this one lives: it may
 * be a while before somebody listens there, and again while that is restarted.
 */
export async function freePort(address: string): Promise<number> {
  for (let tries = 0; tries < 20; tries += 1) {
    const port = randomInt(lowest, highest);
    if (await isFree(address, port)) return port;
  }
  throw new Error(`no free port on ${address}`);
}

async function isFree(address: string, port: number): Promise<boolean> {
  return (await reserve(`port-${address}-${port}`)) && canListen({ host: address, port });
}

/** By an abstract socket of this name, which ends with its process; other systems than Linux have none. */
async function reserve(name: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const server = createServer().unref();
  return listens(server, { path: `\0picket-test-${name}` });
}

/** Three ports that are free on every address and that this gives to no other process, as {@link freePort}: etcd's own if they are. */
export async function freePorts(addresses: readonly string[]): Promise<MemberPorts> {
  for (let tries = 0; tries < 20; tries += 1) {
    const base = tries === 0 ? 2379 : randomInt(lowest, highest);
    const wanted = addresses.flatMap((address) => [0, 1, 2].map((offset) => [address, base + offset] as const));
    const free = await Promise.all(wanted.map(([address, port]) => isFree(address, port)));
    if (free.every(Boolean)) return { client: base, peer: base + 1, metrics: base + 2 };
  }
  throw new Error(`no three free ports on ${addresses.join(', ')}`);
}

/**
 * The first three numbers of loopback addresses that this gives to no other process while this one lives: fleets of two
 * tests, or of two runs of the tests on one machine, never meet.
 */
export async function freeNetwork(): Promise<string> {
  for (let tries = 0; tries < 20; tries += 1) {
    const network = `127.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    if (await reserve(`network-${network}`)) return network;
  }
  throw new Error('no free loopback network');
}

async function canListen(where: ListenOptions): Promise<boolean> {
  const server = createServer();
  const can = await listens(server, where);
  server.close();
  return can;
}

async function listens(server: Server, where: ListenOptions): Promise<boolean> {
  server.listen(where);
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  }
}
