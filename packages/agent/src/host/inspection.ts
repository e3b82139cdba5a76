import { access, constants, lstat, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './file-failure.ts';
import { fileSystemOf } from './file-system.ts';
import { holderOf, readListeners } from './listeners.ts';
import { readMemory } from './machine.ts';
import { findProcesses } from './process-table.ts';
import { findProgram, isExecutable, readEtcdVersion } from './programs.ts';
import { resolveName } from './resolve.ts';
import { runObstacle } from './run-obstacle.ts';

/** What can be learnt of a machine without changing anything on it; for the checks before a join. */
export type Inspection = ReturnType<typeof inspection>;

/** @param path the environment's PATH */
export function inspection(path: string) {
  return {
    findProgram: (program: string) => findProgram(program, path),
    isExecutable,
    /** Why a program that is there cannot be run, where the cause shows. */
    runObstacle: (binary: string) => runObstacle(binary, null),
    /** As this user runs it; null for the user of this process. Throws `etcd_unusable`. */
    etcdVersion: readEtcdVersion,
    processes: findProcesses,
    listeners: readListeners,
    holderOf,
    /** Of the file system that holds the path, or will once the path is made. */
    async freeBytes(where: string): Promise<number> {
      const { bavail, bsize } = await statfs(await nearestThere(where));
      return bavail * bsize;
    },
    /** The system's code of why nothing can be written below this path, made or not yet, or null. */
    async writeProblem(where: string): Promise<{ readonly path: string; readonly code: string } | null> {
      const found = await nearestThere(where);
      try {
        // By access(2), which knows of read-only mounts for root too: a probe file would be a trace (R13).
        if (!(await stat(found)).isDirectory()) return { path: found, code: 'ENOTDIR' };
        await access(found, constants.W_OK | constants.X_OK);
        return null;
      } catch (error) {
        return { path: found, code: codeOf(error) ?? 'unknown' };
      }
    },
    /** The one that keeps what is written below this path, made or not yet; null where the system does not tell. */
    fileSystem: async (where: string) => fileSystemOf(await nearestThere(where)),
    memory: () => readMemory(),
    resolve: (name: string) => resolveName(name),
  };
}

/** The path itself, or the closest folder above it that exists. */
export async function nearestThere(path: string): Promise<string> {
  try {
    await lstat(path);
    return path;
  } catch (error) {
    const code = codeOf(error);
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || path === dirname(path)) return path;
    return nearestThere(dirname(path));
  }
}
