import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebianPrograms } from './debian-packages.ts';

/** A wall clock for processes that are started with its environment; it can be set while they run. */
export interface FakeClock {
  readonly env: Readonly<Record<string, string>>;
  set(to: Date): Promise<void>;
  setRight(): Promise<void>;
}

/**
 * By Debian's libfaketime, which moves the wall clock of Node.js: neither the monotonic one, nor the time of files, nor
 * any clock of etcd's, which asks the kernel itself. The clock is right at first. undefined where there is no apt.
 */
export async function fakeClock(folder: string): Promise<FakeClock | undefined> {
  const programs = { name: 'faketime', packages: ['faketime', 'libfaketime'], executables: ['faketime'] };
  const found = await unpackDebianPrograms(programs, { env: process.env, say: console.error });
  if (found === undefined) return undefined;
  const libraries = join(found, '../lib');
  const name = 'faketime/libfaketime.so.1';
  const library = (await readdir(libraries, { recursive: true })).find((path) => path.endsWith(name));
  if (library === undefined) throw new Error(`Debian's libfaketime does not hold ${name}.`);

  const offset = join(folder, 'clock-offset');
  async function move(seconds: number): Promise<void> {
    await writeFile(`${offset}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    await rename(`${offset}.new`, offset);
  }
  await move(0);
  return {
    env: {
      LD_PRELOAD: join(libraries, library),
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DISABLE_SHM: '1',
      NO_FAKE_STAT: '1',
    },
    set: (to) => move(Math.ceil((to.getTime() - Date.now()) / 1000)),
    setRight: () => move(0),
  };
}
