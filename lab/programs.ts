import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';

export interface RunOptions {
  /** Its end ends the program. */
  readonly signal: AbortSignal;
  /** Gives back what the program writes to its standard output, which is shown all the same. */
  readonly keep?: boolean;
}

export interface Ended {
  readonly code: number;
  /** Empty unless it was to be kept. */
  readonly text: string;
}

// Ctrl-C reaches all that have the terminal, and the one that waits must outlast the program. `nsenter` would not, and what
// it starts without a fork is not yet in the PID namespace, but its children are.
const waiter = ['sh', '-c', 'trap : INT; "$@"; exit $?', 'sh'];

const passedOn = ['PATH', 'TERM', 'NO_COLOR', 'COLUMNS', 'LINES'] as const;

/** Programs that run one at a time, with this terminal if there is one. */
export interface Programs {
  /** Whether one has the terminal, so that Ctrl-C is meant for it. */
  readonly running: boolean;
  /** @param enter the command line of `nsenter` for where it is to run */
  run(enter: readonly string[], line: readonly string[], options: RunOptions): Promise<Ended>;
}

export function openPrograms(): Programs {
  const { stdin, stdout, env } = process;
  let running = false;
  return {
    get running() {
      return running && stdin.isTTY;
    },
    async run([nsenter = '', ...namespaces], line, { signal, keep = false }) {
      signal.throwIfAborted();
      const environment = Object.fromEntries(passedOn.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
      running = true;
      // The lines of a script are not the program's.
      const child = spawn(nsenter, ['--no-fork', ...namespaces, ...waiter, ...line], {
        stdio: [stdin.isTTY ? 'inherit' : 'ignore', keep ? 'pipe' : 'inherit', 'inherit'],
        env: { ...environment, HOME: '/root' },
      });
      let text = '';
      child.stdout?.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        stdout.write(part);
      });
      const stop = () => {
        child.kill();
        // What it has started may hold the pipe.
        child.stdout?.destroy();
      };
      signal.addEventListener('abort', stop, { once: true });
      try {
        const [code, name] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
        return { code: code ?? (name === 'SIGINT' ? 130 : 143), text };
      } finally {
        // On a busy machine, the end of the program is seen before the Ctrl-C that ended it.
        await setImmediate();
        running = false;
        signal.removeEventListener('abort', stop);
        // A shell that was ended may have left it without echo.
        if (signal.aborted && stdin.isTTY) spawnSync('stty', ['sane'], { stdio: 'inherit' });
      }
    },
  };
}
