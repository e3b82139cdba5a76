import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A program that is to run to its end. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Added to this process's own environment, or all that the program gets where `bare` is true. */
  readonly env?: NodeJS.ProcessEnv;
  readonly bare?: boolean;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Throws after so many milliseconds, with the command line and what it has said. */
  readonly within?: number;
}

/** Runs a program to its end and gives back what it said; a signal counts as 128 and more, as in a shell. */
export async function runToEnd(file: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawn(file, args, {
    env: options.bare === true ? options.env : { ...process.env, ...options.env },
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A program that ends without reading its input closes the pipe; that is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const { within } = options;
  const late = new Promise<never>((_, reject) => {
    if (within === undefined) return;
    const give = () => {
      // What it has started may hold on to its output, so that no end is waited for.
      child.kill('SIGKILL');
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      reject(new Error(`not within ${within / 1000} s: ${[file, ...args].join(' ')}\n${stdout}${stderr}`));
    };
    const timer = setTimeout(give, within);
    child.once('close', () => clearTimeout(timer));
  });
  const [code, signal] = await Promise.race([closed, late]);
  return { code: code ?? 128 + (signal === 'SIGKILL' ? 9 : 15), stdout, stderr };
}

/** A program that runs until it is stopped; what it says goes to a file. */
export interface Background {
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when it has ended, with its exit code or the signal's name. */
  readonly ended: Promise<number | string>;
  readonly running: boolean;
  /** Asks it to end (SIGTERM unless another is named), resolves when it has; SIGKILL after ten seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  log(): string;
}

/** Starts a program in the background, its output appended to `logFile`. */
export function startInBackground(
  file: string,
  args: readonly string[],
  logFile: string,
  env: NodeJS.ProcessEnv = {},
): Background {
  const log = openSync(logFile, 'a');
  // A session of its own: a Ctrl-C in the terminal reaches only us, and we end things in their order.
  const child: ChildProcess = spawn(file, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let running = true;
  const ended = new Promise<number | string>((resolve) => {
    const end = (how: number | string): void => {
      running = false;
      resolve(how);
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(code ?? signal ?? 'unknown'));
  });
  return {
    pid: child.pid ?? -1,
    logFile,
    ended,
    get running() {
      return running;
    },
    async stop(signal = 'SIGTERM') {
      if (!running) return;
      child.kill(signal);
      const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(force);
    },
    log: () => readFileSync(logFile, 'utf8'),
  };
}
