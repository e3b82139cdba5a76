import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { filesBelow } from './place.ts';
import type { TarEntry } from './tar.ts';

export interface PackageFile {
  /** Where it is installed, from the root on, without a slash in front. */
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** What of a built folder is in a package. */
export interface Contents {
  /** From where in the built folder, to where it is installed. */
  readonly files: Readonly<Record<string, string>>;
  /** As `files`, for all below a folder that this accepts. */
  readonly folders?: Readonly<Record<string, { readonly to: string; readonly only: (path: string) => boolean }>>;
}

/** Reads them. What begins as a script does can be executed. */
export async function packageFiles(folder: string, { files, folders = {} }: Contents): Promise<readonly PackageFile[]> {
  const pairs = Object.entries(files);
  for (const [from, { to, only }] of Object.entries(folders)) {
    for (const path of (await filesBelow(join(folder, from))).filter(only)) {
      pairs.push([`${from}/${path}`, `${to}/${path}`]);
    }
  }
  return Promise.all(
    pairs.map(async ([from, path]) => {
      const content = await readFile(join(folder, from));
      return { path, mode: content.subarray(0, 2).toString() === '#!' ? 0o755 : 0o644, content };
    }),
  );
}

/** The folders above these files. */
export function foldersOf(files: readonly PackageFile[]): readonly TarEntry[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) folders.add(folder);
  }
  return [...folders].map((path) => ({ path, mode: 0o755, content: null }));
}

/** better-sqlite3 with the one binary of this name, such as `linux-x64`. Its licence is among the others. */
export const sqliteFor = (binary: string) => ({
  to: 'usr/lib/picket/node_modules/better-sqlite3',
  only: (path: string) => path !== 'LICENSE' && (!path.endsWith('.node') || path === `prebuilds/${binary}.node`),
});

/** As gzip -9n does it; what is large as gzip -6n, which takes a third of the time for a size that is 0.3 % larger. */
export function packed(content: Buffer): Buffer {
  return gzipSync(content, { level: content.length > 64 * 1024 * 1024 ? 6 : 9 });
}
