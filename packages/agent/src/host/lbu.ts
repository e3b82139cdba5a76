import { type FileSystem, isInMemory } from './file-system.ts';
import { runAs } from './run-as.ts';

/** Alpine's local backup for a machine whose root is in memory: the next boot restores what was committed. */
export type Lbu = ReturnType<typeof lbu>;

/** Long, because lbu ends with a sync, which takes time on a slow card. */
const patienceMs = 120_000;
const mostCharacters = 300;

/** The machine's lbu, if its root is in memory and lbu is installed; otherwise null. */
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
    /** Adds these paths to what is saved, as `lbu include` does. Does nothing for paths that are already saved. */
    async include(paths: readonly string[]) {
      if (paths.length > 0) await run(program, ['include', ...paths]);
    },
    /** Excludes these paths, as `lbu exclude` does, even if a parent folder is included. */
    async exclude(paths: readonly string[]) {
      if (paths.length > 0) await run(program, ['exclude', ...paths]);
    },
    /** Saves everything now. Throws an Error with the reason if that fails. */
    commit: () => run(program, ['commit']),
  };
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const what = `lbu ${args[0]}`;
  const { error, stdout, stderr } = await runAs(program, args, { patienceMs });
  if (error === null) return;
  if (error.killed === true) throw new Error(`${what} did not end within ${patienceMs / 1000} s`);
  if (typeof error.code === 'string') throw new Error(`${what} cannot be run (${error.code})`, { cause: error });
  const said = `${stdout}${stderr}`.slice(-mostCharacters).trim();
  // It prints its usage if no place to save is configured.
  if (/usage:|<media>|LBU_MEDIA/.test(said)) throw new Error(`${what} has no place to save to: run setup-lbu`);
  throw new Error(`${what} failed${said === '' ? '' : `: ${said.replaceAll(/\s+/g, ' ')}`}`);
}
