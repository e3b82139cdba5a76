import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cleanEnvironment } from './clean-environment.ts';
import { codeOf } from './file-failure.ts';
import { type FileSystem, isInMemory } from './file-system.ts';

/** Alpine's local backup of a machine whose root is in memory: what it has committed comes back at the next boot. */
export type Lbu = ReturnType<typeof lbu>;

/** A card that is slow and dirty may take its time: lbu ends with a sync. */
const patienceMs = 120_000;
const mostCharacters = 300;

/** The machine's lbu, where its root is in memory and there is one; null elsewhere. */
export async function findLbu(machine: {
  fileSystem(path: string): Promise<FileSystem | null>;
  findProgram(program: string): Promise<string | null>;
}): Promise<Lbu | null> {
  const root = await machine.fileSystem('/');
  if (root === null || !isInMemory(root)) return null;
  const program = await machine.findProgram('lbu');
  return program === null ? null : lbu(program);
}

/** @param program its absolute path */
export function lbu(program: string) {
  return {
    /** Adds these to what is saved, as `lbu include` does; those that are saved already cost nothing. */
    async include(paths: readonly string[]) {
      if (paths.length > 0) await run(program, ['include', ...paths]);
    },
    /** Leaves these out of what is saved, as `lbu exclude` does, even if a folder above them is included. */
    async exclude(paths: readonly string[]) {
      if (paths.length > 0) await run(program, ['exclude', ...paths]);
    },
    /** Saves all of it now. Throws an Error that says why not. */
    commit: () => run(program, ['commit']),
  };
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const what = `lbu ${args[0]}`;
  let said = '';
  const child = spawn(program, args, { cwd: '/', env: cleanEnvironment, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-mostCharacters);
    });
  }
  const end = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0) return;
    if (child.killed) throw new Error(`${what} did not come to an end within ${patienceMs / 1000} s`);
    // It explains its options where it is not told where to save.
    if (/usage:|<media>|LBU_MEDIA/.test(said)) throw new Error(`${what} knows no place to save to: run setup-lbu`);
    throw new Error(`${what} failed${said.trim() === '' ? '' : `: ${said.trim().replaceAll(/\s+/g, ' ')}`}`);
  } catch (error) {
    const code = codeOf(error);
    throw code === undefined ? error : new Error(`${what} cannot be run (${code})`, { cause: error });
  } finally {
    clearTimeout(end);
  }
}
