import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Context, contextFileMode, readContext } from '@picket/shared/context/context.ts';
import { failure } from '@picket/shared/errors.ts';
import type { Io } from './io.ts';

/** Far above the size of any context file. A larger file is another file. */
const maxBytes = 256 * 1024;

/** The path of the context: `--context`, or PICKET_CONTEXT, or ~/.config/picket/context.yml. */
export function contextPath(option: string | undefined, env: Io['env']): string {
  const chosen = option ?? env.PICKET_CONTEXT;
  if (chosen !== undefined && chosen !== '') return chosen;
  return join(env.HOME ?? homedir(), '.config/picket/context.yml');
}

/**
 * Reads the context file. Like ssh, it refuses a file that others can read: people would ignore a warning and use the key for
 * years. Throws `context_missing`, `context_unreadable`, `context_exposed`, `context_invalid`.
 */
export async function loadContext(path: string): Promise<Context> {
  const { text, mode } = await readPrivate(path);
  if ((mode & 0o777 & ~contextFileMode & 0o077) !== 0) {
    throw failure('context_exposed', { path, mode: `0${(mode & 0o777).toString(8)}` });
  }
  return readContext(text, path);
}

async function readPrivate(path: string): Promise<{ readonly text: string; readonly mode: number }> {
  const unreadable = (problem: string, cause?: unknown) => failure('context_unreadable', { path, problem }, { cause });
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw failure('context_missing', { path }, { cause: error });
    throw unreadable(fileProblem(error), error);
  });
  try {
    // The mode of the open file, so that the checked file is the one that is read.
    const stats = await file.stat();
    if (!stats.isFile()) throw unreadable('it is not a file');
    if (stats.size > maxBytes) throw unreadable(`it is larger than ${maxBytes} bytes`);
    return { text: await file.readFile('utf8'), mode: stats.mode };
  } finally {
    await file.close();
  }
}

/** Why a file could not be read, in plain words. */
export function fileProblem({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ENOENT':
      return 'the file does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'you have no permission to read it';
    case 'EISDIR':
      return 'it is a directory';
    case 'ENOTDIR':
      return 'a part of its path is not a directory';
    default:
      return code ?? message;
  }
}
