import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const entryType = 2;

/**
 * What a power cut leaves that comes after etcd has made its first write-ahead log and before its first entry is on the
 * disk: the log, zero from there on. Gives back the file's path. Frames are those of etcd's server/storage/wal.
 */
export async function cutBeforeFirstEntry(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'member', 'wal');
  const [name] = (await readdir(folder)).filter((one) => one.endsWith('.wal')).sort();
  if (name === undefined) throw new Error(`${folder} holds no log.`);
  const path = join(folder, name);
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(4096);
    await file.read(head, 0, head.length, 0);
    for (let offset = 0; ; ) {
      const length = head.readUInt32LE(offset);
      // Killed in that very moment, as happens.
      if (length === 0) return path;
      // The tag of a record's first field, then its type.
      if (head[offset + 9] === entryType) {
        await file.truncate(offset);
        await file.truncate(size);
        return path;
      }
      offset += 8 + length + ((head[offset + 7] as number) & 7);
    }
  } finally {
    await file.close();
  }
}
