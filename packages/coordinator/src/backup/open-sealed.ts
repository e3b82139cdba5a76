import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { failure } from '@picket/shared/errors.ts';
import { readPrivateFile } from '../files/private-file.ts';
import { ageCipher, NoIdentityFits } from '../snapshots/age-cipher.ts';
import { identitiesIn } from '../snapshots/store-credentials.ts';

const mark = 'age-encryption.org/v1';

/**
 * Passes on the archive in this file: the file itself, or, if it is encrypted, a decrypted copy, which is then removed. Throws
 * `backup_sealed`, and what `use` throws.
 *
 * @param identityFile with the age identity; null if none was given
 */
export async function whileOpened<Result>(
  path: string,
  identityFile: string | null,
  use: (archive: string) => Promise<Result>,
): Promise<Result> {
  if (!(await isSealed(path))) return use(path);
  const refuse = (problem: string, options?: ErrorOptions) => failure('backup_sealed', { path, problem }, options);
  if (identityFile === null) throw refuse('no file with an age identity was given');
  const text = await readPrivateFile(identityFile, {
    missing: (problem, options) => refuse(`${identityFile}: ${problem}`, options),
    exposed: (mode) => refuse(`${identityFile} can be read by others (mode ${mode}); run chmod 600 on it`),
  });
  const identities = identitiesIn(text);
  const cipher = identities && (await ageCipher(identities).catch(() => null));
  if (cipher === null) throw refuse(`${identityFile} holds no age identity`);
  const folder = await mkdtemp(join(tmpdir(), 'picket-backup-'));
  try {
    const archive = join(folder, basename(path, '.age'));
    const opened = createWriteStream(archive, { flags: 'wx', mode: 0o600 });
    await pipeline(cipher.decrypt(createReadStream(path)), opened).catch((error: unknown) => {
      throw error instanceof NoIdentityFits
        ? refuse(`it was encrypted for other keys than that in ${identityFile}`, { cause: error })
        : failure('backup_damaged', { path, problem: 'it does not decrypt whole' }, { cause: error });
    });
    return await use(archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isSealed(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mark.length), 0, mark.length, 0);
    return buffer.subarray(0, bytesRead).toString('latin1') === mark;
  } finally {
    await file.close();
  }
}
