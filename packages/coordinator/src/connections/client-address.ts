import { isIPv6 } from 'node:net';

/** An IPv4 address as such, also on a socket for both families. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

/**
 * The key under which strangers are counted: an IPv4 address, or the /64 network of an IPv6 address, since one machine
 * can use every address of its network.
 */
export function countedAddress(remoteAddress: string | undefined): string {
  const [address = ''] = plainAddress(remoteAddress ?? '').split('%');
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const first = groups(head);
  const zeros = address.includes('::')
    ? Array<string>(Math.max(0, 8 - first.length - groups(tail).length)).fill('0')
    : [];
  return `${[...first, ...zeros, ...groups(tail)].slice(0, 4).join(':')}::/64`;
}
