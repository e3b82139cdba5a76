import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Background, type Finished, type RunOptions, runToEnd, startInBackground } from '../support/children.ts';
import { until } from '../support/until.ts';

/**
 * Mounts, processes and a network that nobody else sees. All of it ends with this process, even if that is killed:
 * the first process in there reads from a pipe of ours, and when it ends the kernel ends the others, unmounts, and
 * frees the loop devices.
 */
export interface Namespaces {
  /** Runs a program to its end, in there or in one of the networks made in there. */
  run(file: string, args: readonly string[], options?: RunOptions & { readonly network?: string }): Promise<Finished>;
  /** As `run`; throws with what the program said unless it ends with 0; gives back what it wrote. */
  must(file: string, ...args: readonly string[]): Promise<string>;
  /** Starts a program in there; signals reach it, not only the `nsenter` that waits for it. */
  start(file: string, args: readonly string[], logFile: string, options?: StartOptions): Promise<Background>;
  /** The command line that runs a program in there. */
  enter(network?: string): readonly string[];
  /** Under which path this process, which is outside, finds what lies in there at `path`. */
  seen(path: string): string;
  end(): Promise<void>;
}

export interface StartOptions {
  readonly network?: string;
  readonly env?: NodeJS.ProcessEnv;
}

// Networks are known by files in /run/netns, which here must not be the machine's.
const setUp = 'mount -t tmpfs tmpfs /run && ip link set lo up && echo ready && exec cat';

/** For root on Linux. */
export async function openNamespaces(): Promise<Namespaces> {
  const options = ['--mount', '--propagation', 'private', '--net', '--pid', '--fork', '--kill-child'];
  const holder = spawn('unshare', [...options, 'sh', '-c', setUp], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  await Promise.race([once(holder.stdout, 'data'), ended]);
  if (holder.exitCode !== null || holder.pid === undefined) throw new Error('unshare gave no namespaces.');
  const first = await onlyChild(holder.pid);

  const seen = (path: string) => join(`/proc/${first}/root`, path);
  const enter = (network?: string) => [
    'nsenter',
    `--target=${first}`,
    '--mount',
    '--pid',
    network === undefined ? '--net' : `--net=${seen(join('/run/netns', network))}`,
  ];
  const run: Namespaces['run'] = (file, args, { network, ...options } = {}) => {
    const [program, ...before] = enter(network);
    return runToEnd(program as string, [...before, file, ...args], options);
  };
  return {
    run,
    async must(file, ...args) {
      const { code, stdout, stderr } = await run(file, args);
      if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
      return stdout.trim();
    },
    async start(file, args, logFile, { network, env } = {}) {
      const [program, ...before] = enter(network);
      const waiting = startInBackground(program as string, [...before, file, ...args], logFile, env);
      const pid = await Promise.race([onlyChild(waiting.pid), waiting.ended.then(() => null)]);
      if (pid === null) throw new Error(`${file} ended at once:\n${waiting.log().slice(-2000)}`);
      return signalledAs(pid, waiting);
    },
    enter,
    seen,
    async end() {
      holder.stdin.end();
      await ended;
    },
  };
}

/** The same program, but signalled itself, not the one that waits for its end. */
function signalledAs(pid: number, waiting: Background): Background {
  return {
    pid,
    logFile: waiting.logFile,
    ended: waiting.ended,
    get running() {
      return waiting.running;
    },
    log: waiting.log,
    async stop(signal = 'SIGTERM') {
      if (!waiting.running) return;
      kill(pid, signal);
      const force = setTimeout(() => kill(pid, 'SIGKILL'), 10_000);
      await waiting.ended;
      clearTimeout(force);
    },
  };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** The first process that a program has started, once there is one. */
export function onlyChild(pid: number): Promise<number> {
  const look = async () => Number.parseInt(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10) || null;
  return until(`process ${pid} has a child`, look, { within: 10_000, every: 5 });
}
