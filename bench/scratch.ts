import { mkdtemp, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** statfs(2) of Linux: file systems that lie in memory. */
const inMemory = new Set([0x01021994, 0x858458f6]);

/**
 * A new folder in the first of these parents that is on a disk: fsync, which several benches measure, costs nothing in
 * memory, and an agent refuses to keep its state there. Throws where none is.
 */
export async function scratchFolder(parents: readonly string[], name: string): Promise<string> {
  for (const parent of parents) {
    const type = await statfs(parent).then(
      (found) => found.type,
      () => null,
    );
    if (type !== null && !inMemory.has(type)) return mkdtemp(join(parent, name));
  }
  throw new Error(`${parents.join(' and ')} are in memory or missing; name a folder on a disk in TMPDIR`);
}
