import { lstat, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { guardedCommand, guardShell } from '../etcd-guard.ts';
import { codeOf } from '../file-failure.ts';
import type { ServiceState } from '../host.ts';
import { argumentsOf, identify, type ProcessIdentity } from '../process-table.ts';
import { serviceName } from './openrc-definition.ts';

/** What OpenRC keeps of the service under `/run/openrc`, and which of the processes that it names are alive. */
export interface OpenrcFacts {
  /** The states that the service is marked with, among them `started`, `starting`, `stopping` and `failed`. */
  readonly marks: ReadonlySet<Mark>;
  /** The supervise-daemon of the service. */
  readonly supervisor: ProcessIdentity | null;
  /** The etcd that it started last, or the guard before that, while it runs. */
  readonly child: ProcessIdentity | null;
  /** Whether that child is the guard, which has not become etcd (yet). */
  readonly guarding: boolean;
  /** The pid of the etcd that it started last, whether or not it still runs. */
  readonly childPid: number | null;
  /** The command line that it starts. */
  readonly argv: readonly string[];
  /** supervise-daemon's own count of the crashes in a row; it begins anew after each respawn period. */
  readonly startCount: number;
}

const marks = ['started', 'starting', 'stopping', 'inactive', 'failed'] as const;
export type Mark = (typeof marks)[number];

/** Those of a process; replaced in tests. */
export interface Processes {
  identify(pid: number): Promise<ProcessIdentity | null>;
  argumentsOf(pid: number): Promise<readonly string[]>;
}

const realProcesses: Processes = { identify, argumentsOf };

/**
 * Reads files and starts nothing: the agent looks every few seconds, on a small board.
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
  // A child that has not become etcd yet still bears its supervisor's name, and then that of the guard.
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
 * The service as these facts show it.
 *
 * @param stray an etcd of this service's configuration that OpenRC knows nothing of
 * @param restarts as far as the driver has counted them
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
  // Its first etcd is about to be started: that is no end of one.
  if (supervisor !== null && childPid === null) return { kind: 'running', pid: supervisor.pid, restarts };
  if (supervisor !== null) return { kind: 'crashed', restarts, how: 'its supervisor is about to start it again' };
  if (marked.has('started')) return { kind: 'crashed', restarts, how: 'its supervisor has ended as well' };
  if (marked.has('failed'))
    return { kind: 'crashed', restarts, how: 'its supervisor has given it up, or the service could not be started' };
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

/** Whether this command line of a supervisor has the guard in it. */
function isGuarded([program]: readonly string[]): boolean {
  return program === guardShell;
}

/** What the guard becomes. */
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

/** A mark is a link to the init script, which may be gone. */
async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(nullIfMissing)) !== null;
}

function nullIfMissing(error: unknown): null {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
  throw error;
}
