import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether both are there, as files or folders with the same content. Names that only `theirs` has count as well. */
export async function haveSameContent(ours: string, theirs: string): Promise<boolean> {
  const [one, other] = await Promise.all([ours, theirs].map((path) => lstat(path).catch(() => null)));
  if (one == null || other == null || one.isDirectory() !== other.isDirectory()) return false;
  if (!one.isDirectory()) {
    if (one.size !== other.size || !one.isFile() || !other.isFile()) return false;
    const [content, otherContent] = await Promise.all([readFile(ours), readFile(theirs)]);
    return content.equals(otherContent);
  }
  const [names, otherNames] = await Promise.all([readdir(ours), readdir(theirs)]);
  if (names.length !== otherNames.length) return false;
  for (const name of names) if (!(await haveSameContent(join(ours, name), join(theirs, name)))) return false;
  return true;
}
