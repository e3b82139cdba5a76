import { access, constants, lstat, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './file-failure.ts';
import { type FileSystem, fileSystemOf } from './file-system.ts';
import type { NamedOwner } from './host.ts';
import { holderOf, type Listener, readListeners } from './listeners.ts';
import { type Memory, readMemory } from './machine.ts';
import { findProcesses, type RunningProcess } from './process-table.ts';
import { findProgram, isExecutable, readEtcdVersion } from './programs.ts';
import { type Resolution, resolveName } from './resolve.ts';
import { runObstacle } from './run-obstacle.ts';

/** What can be learnt of a machine without changing anything on it; for the checks before a join. */
export interface Inspection {
  findProgram(program: string): Promise<string | null>;
  isExecutable(path: string): Promise<boolean>;
  /** Why a program that is there cannot be run, where the cause shows. */
  runObstacle(binary: string): Promise<string | null>;
  /** As this user runs it; null for the user of this process. Throws `etcd_unusable`. */
  etcdVersion(binary: string, user: NamedOwner | null): Promise<string>;
  processes(wanted: (argv: readonly string[]) => boolean): Promise<readonly RunningProcess[]>;
  listeners(): Promise<readonly Listener[]>;
  holderOf(listener: Listener): Promise<string>;
  /** Of the file system that holds the path, or will once the path is made. */
  freeBytes(path: string): Promise<number>;
  /** The system's code of why nothing can be written below this path, made or not yet, or null. */
  writeProblem(path: string): Promise<{ readonly path: string; readonly code: string } | null>;
  /** The one that keeps what is written below this path, made or not yet; null where the system does not tell. */
  fileSystem(path: string): Promise<FileSystem | null>;
  memory(): Promise<Memory | null>;
  resolve(name: string): Promise<Resolution>;
}

/** @param path the environment's PATH */
export function inspection(path: string): Inspection {
  return {
    findProgram: (program) => findProgram(program, path),
    isExecutable,
    runObstacle: (binary) => runObstacle(binary, null),
    etcdVersion: readEtcdVersion,
    processes: findProcesses,
    listeners: readListeners,
    holderOf,
    async freeBytes(where) {
      const { bavail, bsize } = await statfs(await nearestThere(where));
      return bavail * bsize;
    },
    async writeProblem(where) {
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
    fileSystem: async (where) => fileSystemOf(await nearestThere(where)),
    memory: () => readMemory(),
    resolve: (name) => resolveName(name),
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
