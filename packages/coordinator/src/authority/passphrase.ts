import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { makePrivateDirectory, writeWholeFile } from './whole-file.ts';

const passphraseBytes = 32;
// What OpenSSL stretches is a random key, not a word that somebody remembers; a shorter one may be a mistake.
const shortest = 20;

/**
 * Reads the passphrase of the authority keys. Throws `passphrase_missing`, also for an empty or short one, and
 * `passphrase_exposed` where others than the file's owner could read it. Neither repeats it (R11).
 */
export async function readPassphrase(path: string): Promise<string> {
  const text = await readPrivateFile(path);
  const passphrase = text.trim();
  if (passphrase.length < shortest) {
    throw failure('passphrase_missing', { path, problem: `it holds less than ${shortest} characters` });
  }
  return passphrase;
}

/**
 * As {@link readPassphrase}, for `init`: where there is none, makes one of 256 random bits, mode 0600.
 * @param randomBytes as that of node:crypto
 */
export async function ensurePassphrase(path: string, randomBytes: (size: number) => Buffer): Promise<string> {
  try {
    return await readPassphrase(path);
  } catch (error) {
    if (!isMissingFile(error)) throw error;
  }
  const passphrase = randomBytes(passphraseBytes).toString('base64url');
  await makePrivateDirectory(dirname(path));
  await writeWholeFile({ path, content: `${passphrase}\n` });
  return passphrase;
}

async function readPrivateFile(path: string): Promise<string> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    const code = codeOf(error);
    const problem = code === 'ENOENT' ? 'it does not exist' : `opening it fails (${code})`;
    throw failure('passphrase_missing', { path, problem }, { cause: error });
  });
  try {
    const mode = (await handle.stat()).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw failure('passphrase_exposed', { path, mode: mode.toString(8).padStart(4, '0') });
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && codeOf(error.cause) === 'ENOENT';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
}
