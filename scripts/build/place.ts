import { chmod, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Copies a file with this mode, whatever the umask and the source's mode are. */
export async function placeCopy(from: string, to: string, mode: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  await chmod(to, mode);
}

/** Writes a file with this mode, whatever the umask is. */
export async function placeText(to: string, content: string | Buffer, mode: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, content);
  await chmod(to, mode);
}

/** All files below a folder, by their paths from there, in an order that no locale changes. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}
