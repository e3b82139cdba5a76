import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import { codeOf } from './file-failure.ts';
import type { Clock } from './host.ts';

/** A process, identified so that a recycled pid is never mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the kernel started it, in clock ticks since boot: /proc/PID/stat, field 22 (proc_pid_stat(5)). */
  readonly startTicks: number;
}

interface RunningProcess extends ProcessIdentity {
  readonly argv: readonly string[];
}

/** The process with this pid. null if there is none, or only a zombie. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const stat = await readProc(pid, 'stat');
  if (stat === null) return null;
  const fields = fieldsOf(stat);
  const [state, startTicks] = [fields[0], Number(fields[19])];
  if (state === 'Z' || state === 'X' || !Number.isSafeInteger(startTicks)) return null;
  return { pid, startTicks };
}

/** True if exactly that process still runs. */
export async function isRunning({ pid, startTicks }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.startTicks === startTicks;
}

/** Every process whose arguments `wanted` accepts; one that ends meanwhile is left out. */
export async function findProcesses(wanted: (argv: readonly string[]) => boolean): Promise<RunningProcess[]> {
  const found: RunningProcess[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    const argv = await argumentsOf(pid);
    if (!wanted(argv)) continue;
    const identity = await identify(pid);
    if (identity !== null) found.push({ ...identity, argv });
  }
  return found.sort((a, b) => a.startTicks - b.startTicks);
}

/**
 * A process's arguments, beginning with its program. Empty for a process that is gone, a zombie, or the kernel's own.
 */
export async function argumentsOf(pid: number): Promise<readonly string[]> {
  const line = (await readProc(pid, 'cmdline')) ?? '';
  return line === '' ? [] : line.replace(/\0$/, '').split('\0');
}

/**
 * The file that this etcd runs, as the kernel names it, even if the file was removed since; null if that is not known, or if the process
 * is not etcd, or not yet. A file in `folder` is named by that path, whatever links lead there.
 */
export async function etcdFileOf(pid: number, folder: string): Promise<string | null> {
  const [, argument = ''] = await argumentsOf(pid);
  if (!argument.startsWith('--config-file=')) return null;
  const link = await readlink(`/proc/${pid}/exe`).catch(() => null);
  if (link === null) return null;
  const file = link.replace(/ \(deleted\)$/, '');
  const real = await realpath(folder).catch(() => folder);
  return file.startsWith(`${real}/`) ? `${folder}${file.slice(real.length)}` : file;
}

/**
 * The kernel's name of this boot, with the start of the first process, since restarted containers share a kernel
 * (proc_pid_stat(5), field 22). null if the system has no such name.
 */
export function currentBoot(proc = '/proc'): string | null {
  try {
    const kernel = readFileSync(`${proc}/sys/kernel/random/boot_id`, 'latin1').trim();
    const stat = readFileSync(`${proc}/1/stat`, 'latin1');
    return `${kernel}/${fieldsOf(stat)[19]}`;
  } catch {
    return null;
  }
}

/** Sends a signal to exactly that process, if it still runs. */
export async function signalTo(target: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  if (!(await isRunning(target))) return;
  try {
    process.kill(target.pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

const pollMs = 20;

/** Resolves once that process has ended, to true, or after this time, to false. It need not be a child of this process. */
export async function ends(target: ProcessIdentity, clock: Clock, patienceMs: number): Promise<boolean> {
  const deadline = clock.monotonic() + patienceMs;
  while (await isRunning(target)) {
    if (clock.monotonic() >= deadline) return false;
    await clock.sleep(pollMs);
  }
  return true;
}

const killPatienceMs = 10_000;

/** Kills that process if it still runs. Throws `service_stuck`. */
export async function mustEnd(target: ProcessIdentity, clock: Clock): Promise<void> {
  await signalTo(target, 'SIGKILL');
  if (!(await ends(target, clock, killPatienceMs)))
    throw failure('service_stuck', { pid: target.pid, seconds: killPatienceMs / 1000 });
}

/** A random name of this boot: a pid and its ticks mean nothing in another boot. */
export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
}

/** Of /proc/PID/stat: the program's name is in parentheses and may hold any character; the fields after it are fixed. */
function fieldsOf(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

async function readProc(pid: number, file: string): Promise<string | null> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // The process is gone (ENOENT, ESRCH), or hidden from this user.
    return null;
  }
}
