import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebianPrograms } from './debian-packages.ts';

/** A wall clock for processes that are started with its environment; it can be set while they run. */
export interface FakeClock {
  readonly env: Readonly<Record<string, string>>;
  set(to: Date): Promise<void>;
  setRight(): Promise<void>;
}

/** libfaketime out of Debian's packages, unpacked into the cache and not installed; undefined where there is no apt. */
export async function ensureFakeTimeLibrary(): Promise<string | undefined> {
  const programs = { name: 'faketime', packages: ['faketime', 'libfaketime'], executables: ['faketime'] };
  const found = await unpackDebianPrograms(programs, { env: process.env, say: console.error });
  if (found === undefined) return undefined;
  const libraries = join(found, '../lib');
  const name = 'faketime/libfaketime.so.1';
  const library = (await readdir(libraries, { recursive: true })).find((path) => path.endsWith(name));
  if (library === undefined) throw new Error(`Debian's libfaketime does not hold ${name}.`);
  return join(libraries, library);
}

/**
 * What moves the wall clock of a program by what stands in the file, and that of what it starts; no other clock, nor the
 * time of files. A program that asks the kernel itself, as etcd does, is not moved.
 */
export function fakeTimeEnvironment(library: string, offsetFile: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: offsetFile,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DISABLE_SHM: '1',
    NO_FAKE_STAT: '1',
  };
}

/** What stands in that file for a clock that is so far ahead, or behind. */
export function fakeTimeOffset(seconds: number): string {
  return `${seconds < 0 ? '' : '+'}${seconds}\n`;
}

/** A clock for Node.js, by libfaketime. It is right at first. undefined where there is no apt. */
export async function fakeClock(folder: string): Promise<FakeClock | undefined> {
  const library = await ensureFakeTimeLibrary();
  if (library === undefined) return undefined;

  const offset = join(folder, 'clock-offset');
  async function move(seconds: number): Promise<void> {
    await writeFile(`${offset}.new`, fakeTimeOffset(seconds));
    await rename(`${offset}.new`, offset);
  }
  await move(0);
  return {
    env: fakeTimeEnvironment(library, offset),
    set: (to) => move(Math.ceil((to.getTime() - Date.now()) / 1000)),
    setRight: () => move(0),
  };
}
