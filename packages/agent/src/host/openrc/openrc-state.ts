import { lstat, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { guardedCommand, guardShell } from '../etcd-guard.ts';
import { nullIfMissing } from '../file-failure.ts';
import type { ServiceState } from '../host.ts';
import { argumentsOf, identify, type ProcessIdentity } from '../process-table.ts';
import { serviceName } from './openrc-definition.ts';

/** What OpenRC records about the service under `/run/openrc`, and which of the processes named there are alive. */
export interface OpenrcFacts {
  /** The states that the service is marked with, among them `started`, `starting`, `stopping` and `failed`. */
  readonly marks: ReadonlySet<Mark>;
  /** The supervise-daemon of the service. */
  readonly supervisor: ProcessIdentity | null;
  /** The etcd that it started last, or the guard before it becomes etcd, while that process runs. */
  readonly child: ProcessIdentity | null;
  /** True if that child is the guard, which has not become etcd (yet). */
  readonly guarding: boolean;
  /** The pid of the etcd that it started last, even if that has ended. */
  readonly childPid: number | null;
  /** The command line that it starts. */
  readonly argv: readonly string[];
  /** supervise-daemon's own count of crashes in a row; it restarts at zero after each respawn period. */
  readonly startCount: number;
}

const marks = ['started', 'starting', 'stopping', 'inactive', 'failed'] as const;
type Mark = (typeof marks)[number];

/** The arguments of a process; tests replace this. */
export interface Processes {
  identify(pid: number): Promise<ProcessIdentity | null>;
  argumentsOf(pid: number): Promise<readonly string[]>;
}

const realProcesses: Processes = { identify, argumentsOf };

/**
 * Reads files and starts nothing: the agent observes every few seconds, on a small board.
 *
 * @param runDir OpenRC's own, `/run/openrc`
 */
export async function readOpenrc(runDir: string, processes: Processes = realProcesses): Promise<OpenrcFacts> {
  const option = (name: string) => readIfThere(`${runDir}/options/${serviceName}/${name}`);
  const [marked, pidFile, childPid, startCount, argc] = await Promise.all([
    Promise.all(marks.map(async (mark) => ((await isThere(`${runDir}/${mark}/${serviceName}`)) ? [mark] : []))),
    option('pidfile'),
    option('child_pid').then(numberIn),
    option('start_count').then(numberIn),
    option('argc').then(numberIn),
  ]);
  const argv = await Promise.all(
    Array.from({ length: argc ?? 0 }, async (_, index) => (await option(`argv_${index}`)) ?? ''),
  );
  const supervisorPid = numberIn(await readIfThere(pidFile ?? `/run/supervise-${serviceName}.pid`));
  // A child that has not become etcd yet has its supervisor's name first, then the guard's.
  const isChild = (args: readonly string[]) => isSupervisor(args) || isSame(args, argv) || isSame(args, etcdIn(argv));
  const isGuard = (args: readonly string[]) => isGuarded(argv) && isSame(args, argv);
  return {
    marks: new Set(marked.flat()),
    supervisor: await alive(supervisorPid, isSupervisor, processes),
    child: await alive(childPid, isChild, processes),
    guarding: (await alive(childPid, isGuard, processes)) !== null,
    childPid,
    argv,
    startCount: startCount ?? 0,
  };
}

/**
 * The state of the service, from these facts.
 *
 * @param stray an etcd with this service's configuration that OpenRC does not know
 * @param restarts as counted by the driver
 * @param atBoot whether it is in the runlevel of the next boot
 */
export function judgeOpenrc(
  facts: Omit<OpenrcFacts, 'startCount'>,
  stray: ProcessIdentity | null,
  restarts: number,
  installed: boolean,
  atBoot: boolean,
): ServiceState {
  const { marks: marked, supervisor, child, childPid, guarding } = facts;
  const running = child ?? stray;
  if (running !== null) {
    return {
      kind: 'running',
      pid: running.pid,
      restarts,
      ...(supervisor === null ? { unsupervised: true } : {}),
      ...(guarding ? { guarding } : {}),
    };
  }
  if (marked.has('stopping')) return { kind: 'stopped', atBoot };
  // Its first etcd is about to start: that is not the end of an earlier one.
  if (supervisor !== null && childPid === null) return { kind: 'running', pid: supervisor.pid, restarts };
  if (supervisor !== null) return { kind: 'crashed', restarts, how: 'its supervisor is about to start it again' };
  if (marked.has('started')) return { kind: 'crashed', restarts, how: 'its supervisor has ended as well' };
  if (marked.has('failed'))
    return { kind: 'crashed', restarts, how: 'its supervisor has given up, or the service could not be started' };
  return installed ? { kind: 'stopped', atBoot } : { kind: 'absent' };
}

async function alive(
  pid: number | null,
  wanted: (argv: readonly string[]) => boolean,
  processes: Processes,
): Promise<ProcessIdentity | null> {
  if (pid === null || !wanted(await processes.argumentsOf(pid))) return null;
  return processes.identify(pid);
}

function isSupervisor([program = '', service]: readonly string[]): boolean {
  return basename(program) === 'supervise-daemon' && service === serviceName;
}

/** True if this command line of a supervisor contains the guard. */
function isGuarded([program]: readonly string[]): boolean {
  return program === guardShell;
}

/** The command line that the guard becomes. */
function etcdIn(argv: readonly string[]): readonly string[] {
  return isGuarded(argv) ? argv.slice(guardedCommand({ script: '', dataRoot: '' }, []).length) : argv;
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((argument, index) => argument === right[index]);
}

function numberIn(text: string | null): number | null {
  const number = Number.parseInt(text ?? '', 10);
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
}

async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, 'utf8').then((text) => text.trim(), nullIfMissing);
}

/** A mark is a link to the init script, which may be missing. */
async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(nullIfMissing)) !== null;
}

/**
 * True if OpenRC stops this machine. It writes the new runlevel before it stops the services of the old one, and calls a
 * restart `shutdown` too (`main` in its src/openrc/rc.c). Never rejects.
 *
 * @param runlevelFile OpenRC's own, except in tests
 */
export async function isOpenrcShuttingDown(runlevelFile = '/run/openrc/softlevel'): Promise<boolean> {
  return (await readFile(runlevelFile, 'utf8').catch(() => '')).trim() === 'shutdown';
}
