import { readFile } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import type { Io } from './io.ts';
import { readLine } from './read-input.ts';

/**
 * The only line of a file, or of stdin for `-`: secrets are no arguments, because `ps` shows those (R11). Throws
 * `secret_unreadable`.
 */
export async function readSecret(path: string, { stdin }: Pick<Io, 'stdin'>): Promise<string> {
  const file = path === '-' ? 'stdin' : path;
  const text = path === '-' ? await readLine(stdin, 4096) : await readText(path);
  const secret = text.trim();
  if (secret === '') throw failure('secret_unreadable', { file, problem: 'it is empty' });
  if (/\s/.test(secret)) throw failure('secret_unreadable', { file, problem: 'it has more than one line or word' });
  return secret;
}

/** The content of a file that is no secret, such as certificates. Throws `secret_unreadable`. */
export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const { code, message } = error;
    const known = {
      ENOENT: 'it does not exist',
      EACCES: 'you have no permission to read it',
      EISDIR: 'it is a folder',
    };
    const problem = known[code as keyof typeof known] ?? code ?? message;
    throw failure('secret_unreadable', { file: path, problem }, { cause: error });
  });
}
