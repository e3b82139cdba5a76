import { join } from 'node:path';
import { unpackDebianPrograms } from './debian-packages.ts';

/** The path of a busybox of one file: Debian's, or this machine's own where there are no Debian packages. */
export async function findBusybox(): Promise<string> {
  const programs = { name: 'busybox', packages: ['busybox-static'], executables: ['busybox'] };
  const unpacked = await unpackDebianPrograms(programs, { env: process.env, say: console.error });
  return unpacked === undefined ? '/bin/busybox' : join(unpacked, 'busybox');
}
