import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The first folder on the way to this one, itself included, in which users other than root and the agent's own may replace
 * something; null if there is none. In a folder with the sticky bit nobody can replace what belongs to others.
 */
export async function exposedFolder(path: string): Promise<{ readonly path: string; readonly problem: string } | null> {
  const uid = process.getuid?.() ?? 0;
  let folder = await realpath(path);
  for (;;) {
    const facts = await stat(folder);
    if (facts.uid !== 0 && facts.uid !== uid) return { path: folder, problem: `it belongs to the user ${facts.uid}` };
    const groupWrites = (facts.mode & 0o020) !== 0 && facts.gid !== 0;
    const othersWrite = (facts.mode & 0o002) !== 0;
    const isSticky = (facts.mode & 0o1000) !== 0;
    if ((groupWrites || othersWrite) && !isSticky) return { path: folder, problem: 'others may write in it' };
    if (folder === dirname(folder)) return null;
    folder = dirname(folder);
  }
}
