import { lookup } from 'node:dns/promises';
import { access, constants, lstat, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as timer } from 'node:timers/promises';
import { codeOf, isMissing } from './file-failure.ts';
import { fileSystemOf } from './file-system.ts';
import { holderOf, readListeners } from './listeners.ts';
import { readMemory } from './machine.ts';
import { findProcesses } from './process-table.ts';
import { findProgram, isExecutable, readEtcdVersion, runObstacle } from './programs.ts';

/** What the checks before a join can learn about a machine without changing it. */
export type Inspection = ReturnType<typeof inspection>;

/** @param path the environment's PATH */
export function inspection(path: string) {
  return {
    findProgram: (program: string) => findProgram(program, path),
    isExecutable,
    /** Why an existing program cannot be run, if the cause is visible. */
    runObstacle: (binary: string) => runObstacle(binary, null),
    /** The version if run as this user; null for the user of this process. Throws `etcd_unusable`. */
    etcdVersion: readEtcdVersion,
    processes: findProcesses,
    listeners: readListeners,
    holderOf,
    /** Of the file system that holds the path, or will hold it once the path exists. */
    async freeBytes(where: string): Promise<number> {
      const { bavail, bsize } = await statfs(await nearestThere(where));
      return bavail * bsize;
    },
    /**
     * The system's code why nothing can be written below this path, which may not exist yet; null if writing is
     * possible.
     */
    async writeProblem(where: string): Promise<{ readonly path: string; readonly code: string } | null> {
      const found = await nearestThere(where);
      try {
        // Uses access(2), which knows read-only mounts for root too: a probe file would be a trace (R13).
        if (!(await stat(found)).isDirectory()) return { path: found, code: 'ENOTDIR' };
        await access(found, constants.W_OK | constants.X_OK);
        return null;
      } catch (error) {
        return { path: found, code: codeOf(error) ?? 'unknown' };
      }
    },
    /**
     * The file system that stores what is written below this path, which may not exist yet; null if the system does not
     * say.
     */
    fileSystem: async (where: string) => fileSystemOf(await nearestThere(where)),
    memory: () => readMemory(),
    resolve: (name: string) => resolveName(name),
    connects,
  };
}

/** The path itself, or its closest existing parent. */
export async function nearestThere(path: string): Promise<string> {
  try {
    await lstat(path);
    return path;
  } catch (error) {
    return isMissing(error) && path !== dirname(path) ? nearestThere(dirname(path)) : path;
  }
}

const patienceMs = 2000;

/** Whether a program takes a TCP connection there within two seconds. It sends nothing. */
function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: patienceMs });
    const end = (isTaken: boolean) => {
      socket.destroy();
      resolve(isTaken);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

/** The addresses of a name, or why they are not known. */
type Resolution = { readonly addresses: readonly string[] } | { readonly problem: string };

/**
 * Resolves a name as programs on this machine do, by /etc/hosts and DNS. No address if the name does not exist. Gives
 * up at the deadline.
 */
async function resolveName(name: string, deadlineMs = 5000): Promise<Resolution> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      ask(name),
      timer(deadlineMs, { problem: `DNS gives no answer within ${deadlineMs / 1000} s` }, { signal: stop.signal }),
    ]);
  } finally {
    stop.abort();
  }
}

async function ask(name: string): Promise<Resolution> {
  try {
    return { addresses: (await lookup(name, { all: true })).map(({ address }) => address) };
  } catch (error) {
    const code = codeOf(error) ?? 'unknown';
    if (code === 'ENOTFOUND' || code === 'ENODATA') return { addresses: [] };
    return { problem: code === 'EAI_AGAIN' ? 'DNS gives no answer' : `the system says ${code}` };
  }
}
