import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from '../support/children.ts';

/**
 * Puts the Node.js that runs this into a folder, as an archive that a coordinator hands out to machines like this one. The same
 * level of gzip makes the same archive, another one makes another.
 */
export async function placeNodeArchive(folder: string, level = 1): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'picket-node-'));
  try {
    await mkdir(join(work, 'package/bin'), { recursive: true });
    await copyFile(process.execPath, join(work, 'package/bin/node'));
    await writeFile(join(work, 'package/LICENSE'), 'as one likes\n');
    await writeFile(join(work, 'package/README.md'), 'for nobody\n');
    const file = join(folder, `node-linux-${process.arch}-${process.versions.node}.tgz`);
    const made = await runToEnd('tar', [
      '-I',
      `gzip -n -${level}`,
      '--sort=name',
      '--mtime=@0',
      '-cf',
      file,
      '-C',
      work,
      'package',
    ]);
    if (made.code !== 0) throw new Error(`tar: ${made.stderr}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
