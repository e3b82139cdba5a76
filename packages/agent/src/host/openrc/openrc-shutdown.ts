import { readFile } from 'node:fs/promises';

/**
 * True if OpenRC stops this machine. It writes the new runlevel before it stops the services of the old one, and calls a
 * restart `shutdown` too (`main` in its src/openrc/rc.c). Never rejects.
 *
 * @param runlevelFile OpenRC's own, except in tests
 */
export async function isOpenrcShuttingDown(runlevelFile = '/run/openrc/softlevel'): Promise<boolean> {
  return (await readFile(runlevelFile, 'utf8').catch(() => '')).trim() === 'shutdown';
}
