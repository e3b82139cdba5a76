import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { readPrivateFile } from '../files/private-file.ts';
import { makePrivateDirectory, writeWholeFile } from '../files/whole-file.ts';

const passphraseBytes = 32;
// The passphrase is a random key, not a word that somebody remembers; a shorter one is probably a mistake.
const shortest = 20;

/**
 * Reads the passphrase of the authority keys. Throws `passphrase_missing`, also for an empty or short one, and
 * `passphrase_exposed` if users other than the file's owner could read it. Neither repeats it (R11).
 */
export async function readPassphrase(path: string): Promise<string> {
  const text = await readPrivateFile(path, {
    missing: (problem, options) => failure('passphrase_missing', { path, problem }, options),
    exposed: (mode) => failure('passphrase_exposed', { path, mode }),
  });
  const passphrase = text.trim();
  if (passphrase.length < shortest) {
    throw failure('passphrase_missing', { path, problem: `it holds fewer than ${shortest} characters` });
  }
  return passphrase;
}

/** As {@link readPassphrase}, for `init`: if the file is missing, makes a passphrase of 256 random bits, mode 0600. */
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

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}
