import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';

// TEST-NET-1 of RFC 5737, which is nobody's.
const nobody = '192.0.2.1';

/**
 * The address from which this machine reaches other networks, or the only one that it has; null if there is none, or none
 * to prefer. Nothing is sent.
 */
export async function guessAddress(): Promise<string | null> {
  const [only = null, ...others] = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal);
  return (await sourceAddress()) ?? (others.length === 0 ? (only?.address ?? null) : null);
}

async function sourceAddress(): Promise<string | null> {
  const socket = createSocket('udp4');
  try {
    socket.connect(9, nobody);
    await once(socket, 'connect');
    return socket.address().address;
  } catch {
    return null;
  } finally {
    socket.close();
  }
}
