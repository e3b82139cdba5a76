import { execFileSync } from 'node:child_process';
import { readFileSync, rmdirSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const sizeBytes = 1024 * 1024 * 1024;
const sectorBytes = 512;

/** An ext4 file system on a block device of its own, as an SD card is. */
export interface Card {
  /** What the block layer has written to it so far, in bytes, with the journal of ext4. */
  writtenBytes(): number;
}

/**
 * Makes the file system in an image and mounts it at this folder, which must exist. For root on Linux, in a mount
 * namespace of its own: there the kernel unmounts it when the last process ends.
 */
export function insertCard(image: string, at: string): Card {
  writeFileSync(image, '', { mode: 0o600 });
  truncateSync(image, sizeBytes);
  // Not lazily: the kernel would go on writing tables for as long as the card is mounted.
  execFileSync('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image]);
  execFileSync('mount', ['-t', 'ext4', '-o', 'loop,noatime', image, at]);
  rmdirSync(join(at, 'lost+found'));
  const found = execFileSync('findmnt', ['--noheadings', '--output', 'SOURCE', '--mountpoint', at], {
    encoding: 'utf8',
  });
  const statFile = `/sys/block/${basename(found.trim())}/stat`;
  return {
    writtenBytes() {
      execFileSync('sync', ['--file-system', at]);
      return writtenIn(readFileSync(statFile, 'utf8'));
    },
  };
}

/** Reads /sys/block/DEVICE/stat: the seventh number counts written sectors. */
export function writtenIn(stat: string): number {
  const sectors = Number(stat.trim().split(/\s+/)[6] ?? Number.NaN);
  if (Number.isNaN(sectors)) throw new Error('the block layer does not tell what was written');
  return sectors * sectorBytes;
}
