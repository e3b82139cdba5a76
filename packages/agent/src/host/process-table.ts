import { readdir, readFile } from 'node:fs/promises';

/** A process, identified so that a recycled pid is never mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the kernel started it, in clock ticks since boot: /proc/PID/stat, field 22 (proc_pid_stat(5)). */
  readonly startTicks: number;
}

export interface RunningProcess extends ProcessIdentity {
  readonly argv: readonly string[];
}

/** The process with this pid. null if there is none, or only a zombie. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const stat = await readProc(pid, 'stat');
  if (stat === null) return null;
  // The program's name is in parentheses and may hold any character; the fields after the last parenthesis are fixed.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
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

/** A random name of this boot: a pid and its ticks mean nothing in another boot. */
export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
}

async function readProc(pid: number, file: string): Promise<string | null> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // The process is gone (ENOENT, ESRCH), or hidden from this user.
    return null;
  }
}
