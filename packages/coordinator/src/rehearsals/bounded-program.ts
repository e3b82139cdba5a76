import { spawn } from 'node:child_process';
import { getPriority, setPriority, totalmem } from 'node:os';

/** How a program has ended, and the end of what it printed. */
export interface Ended {
  /** null: it could not be started. Above 128: a signal has ended it. */
  readonly code: number | null;
  readonly said: readonly string[];
}

export interface BoundedProgram {
  readonly ended: Promise<Ended>;
  /** Ends it at once, and waits until it has ended. */
  stop(): Promise<Ended>;
}

/** Of what it prints, in characters. */
const mostSaid = 16_384;
/** How much nicer they are than this process, and the nicest of all: they yield to others when the processor is busy. */
const [nicerBy, nicest] = [10, 19];

/**
 * It waits until this process has set its priority. Then it bounds its data segment, which is what a Go program allocates, and lets the
 * kernel end it before all others if memory runs out. The pipe at its input closes with this process, however that ends: then the
 * program is killed, and never stays alone. Only commands of the shell itself are used.
 */
const script = `
read -r _ || exit 125
ulimit -c 0; ulimit -d "$1" || exit 126
shift
echo 1000 > /proc/self/oom_score_adj
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{ read -r _; kill -KILL "$program"; } <&3 3<&- &
watcher=$!
exec 3<&- </dev/null
wait "$program"
code=$?
kill -KILL "$watcher"
exit "$code"
`;

/**
 * Runs a program in this folder, as this process's user, without its environment (R11), with low priority and at most half of the
 * machine's memory. It ends with this process.
 */
export function boundedProgram(program: string, args: readonly string[], folder: string): BoundedProgram {
  const mostKiB = Math.floor(totalmem() / 2 / 1024);
  const child = spawn('/bin/sh', ['-c', script, 'sh', String(mostKiB), program, ...args], {
    cwd: folder,
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (chunk: string) => {
    text = (text + chunk).slice(-mostSaid);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  // It may have ended before it reads.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ended>((done) => {
    const lines = () => text.split('\n').filter((line) => line.trim() !== '');
    child.on('error', (error) => done({ code: null, said: [error.message] }));
    child.on('close', (code, signal) => done({ code: code ?? (signal === null ? null : 137), said: lines() }));
  });
  if (child.pid !== undefined) {
    setPriority(child.pid, Math.min(getPriority() + nicerBy, nicest));
    child.stdin.write('\n');
  }
  return {
    ended,
    stop() {
      child.stdin.end();
      return ended;
    },
  };
}
