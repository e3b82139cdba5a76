import { open } from 'node:fs/promises';
import type { PicketError } from '@picket/shared/errors.ts';

/**
 * Makes the error for a file that cannot be read, or that others could read. Neither error may repeat its content
 * (R11).
 */
interface PrivateFileErrors {
  missing(problem: string, options: ErrorOptions): PicketError;
  /** @param mode such as `0644` */
  exposed(mode: string): PicketError;
}

/** Reads a file that holds a secret and is readable only by its owner. */
export async function readPrivateFile(path: string, errors: PrivateFileErrors): Promise<string> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    const { code = 'unknown cause' } = error;
    const problem = code === 'ENOENT' ? 'it does not exist' : `opening it fails (${code})`;
    throw errors.missing(problem, { cause: error });
  });
  try {
    const mode = (await handle.stat()).mode & 0o777;
    if ((mode & 0o077) !== 0) throw errors.exposed(mode.toString(8).padStart(4, '0'));
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
