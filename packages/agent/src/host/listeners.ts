import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { canonicalAddress } from '@picket/shared/names.ts';
import { argumentsOf } from './process-table.ts';

/** A TCP socket that waits for connections. */
export interface Listener {
  /** In the usual notation; `0.0.0.0` or `::` for a socket on every address. */
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

const listening = '0A';

/** Every listening TCP socket of this network namespace, from /proc/net/tcp and tcp6 (proc(5)). */
export async function readListeners(): Promise<Listener[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'latin1').catch(() => '')),
  );
  return tables.flatMap((table) => table.split('\n').slice(1).flatMap(parseRow));
}

/** The process that holds a listening socket, as `etcd (pid 7)`, as far as this user may see it. */
export async function holderOf({ inode }: Listener): Promise<string> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || !(await holds(pid, inode))) continue;
    const [program = 'a process'] = await argumentsOf(Number(pid));
    return `${basename(program)} (pid ${pid})`;
  }
  return 'a process that this user cannot see';
}

async function holds(pid: string, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const descriptor of await readdir(folder).catch(() => [])) {
    if ((await readlink(`${folder}/${descriptor}`).catch(() => '')) === `socket:[${inode}]`) return true;
  }
  return false;
}

function parseRow(row: string): Listener[] {
  const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
  const [hexAddress, hexPort] = local?.split(':') ?? [];
  if (state !== listening || hexAddress === undefined || hexPort === undefined || inode === undefined) return [];
  return [{ address: addressFromHex(hexAddress), port: Number.parseInt(hexPort, 16), inode }];
}

/**
 * The kernel prints each 32-bit word in the machine's byte order; all machines that Picket supports are little-endian.
 */
function addressFromHex(hex: string): string {
  const octets = Buffer.from(hex, 'hex').swap32();
  if (octets.length === 4) return octets.join('.');
  const mapped = '00000000000000000000ffff';
  if (octets.toString('hex').startsWith(mapped)) return octets.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(index * 2).toString(16)).join(':');
  return canonicalAddress(groups) ?? groups;
}
