import { run } from '../../packages/cli/src/commands/program.ts';
import type { Finished } from '../support/children.ts';

export interface PicketWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: number;
  readonly stdin?: string;
}

/** What `picket` prints with these arguments where nobody sits at a terminal, and its exit status. */
export async function runPicket(argv: readonly string[], { env, now, stdin = '' }: PicketWorld): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  // A watch has shown enough once it waits for more.
  const interruption = new AbortController();
  const code = await run(argv, {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    stdin: (async function* () {
      yield Buffer.from(stdin);
    })(),
    env,
    now: () => now,
    monotonic: () => 0,
    progressColumns: null,
    isTTY: false,
    canAsk: false,
    interrupted: interruption.signal,
    sleep: async () => interruption.abort(),
  });
  return { ...written, code };
}

/** A command line with what it printed, each line to stderr with a mark, and its exit status. */
export function commandSaid(words: readonly string[], { stdout, stderr, code }: Finished): string {
  const line = words.map((word) => (/^[\w./=:,@-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  const errors = stderr === '' ? '' : `${stderr.trimEnd().replaceAll(/^/gm, '! ')}\n`;
  return `$ ${line}\n${stdout}${errors}exit status ${code}\n`;
}
