import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesBelow, placeText } from './place.ts';

/** The name of the file that {@link writeSums} writes. */
export const sumsFile = 'SHA256SUMS';

/**
 * Writes the hash of every file in a folder there, as `sha256sum -c` reads it, except for Alpine's packages: they differ between
 * two machines that sign them with keys of their own, and apk checks their signatures.
 */
export async function writeSums(folder: string): Promise<void> {
  const lines: string[] = [];
  for (const file of await filesBelow(folder)) {
    if (file === sumsFile || file.startsWith('alpine/')) continue;
    const hash = createHash('sha256').update(await readFile(join(folder, file)));
    lines.push(`${hash.digest('hex')}  ${file}\n`);
  }
  await placeText(join(folder, sumsFile), lines.join(''), 0o644);
}
