import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { logInWith } from '../login.ts';
import { fillNewFile } from '../new-file.ts';
import { readLine } from '../read-input.ts';
import { loggedIn } from '../render/operators.ts';
import type { Shell } from '../shell.ts';

/**
 * `picket login URL`. The login string is in the environment or on standard input, never an argument, because `ps` shows
 * arguments (R11). The context file is opened first, so that no login string is spent for a file that cannot be written.
 */
export function loginCommand(program: Command, shell: Shell): void {
  program
    .command('login')
    .description(
      'become an operator on this machine: makes a key, gets a certificate for it with a login string, and writes the context file; asks for the login string, or reads it from PICKET_LOGIN or standard input',
    )
    .argument('<url>', 'the address of the coordinator, https://HOST:PORT')
    .option('--replace', 'replace an existing context file, such as one whose certificate ends')
    .action(async (url: string, { replace = false }: { readonly replace?: boolean }) => {
      const loginString = await readLoginString(shell);
      const path = shell.contextFile();
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      let done: Awaited<ReturnType<typeof logInWith>> | undefined;
      await fillNewFile(
        path,
        async (write) => {
          done = await logInWith({ url, loginString }, shell.connect);
          await write(Buffer.from(done.context));
        },
        { replaces: replace },
      );
      if (done === undefined) return;
      const { context: _secret, ...shown } = done;
      shell.show({ ...shown, contextFile: path }, loggedIn);
    });
}

async function readLoginString({ io }: Shell): Promise<string> {
  const given = io.env.PICKET_LOGIN ?? '';
  if (given.trim() !== '') return given;
  if (io.canAsk) io.stderr.write('Login string: ');
  return readLine(io.stdin);
}
