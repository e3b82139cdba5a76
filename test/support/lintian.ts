import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Finished, runToEnd } from './children.ts';
import { unpackDebianPrograms } from './debian-packages.ts';

/**
 * Runs lintian on Debian packages. It is a program in Perl of some 200 packages; they are unpacked together, Perl too, and
 * find each other by the environment, so that nothing is installed.
 */
export async function lintian(...args: readonly string[]): Promise<Finished> {
  const unpacked = await unpackDebianPrograms(
    { name: 'lintian', packages: ['lintian'], executables: ['lintian', 'perl'], dependencies: true },
    { env: process.env, say: console.error },
  );
  if (unpacked === undefined) throw new Error('lintian is made of Debian packages, and there is no apt here.');
  const root = dirname(dirname(unpacked));
  const libraries = join(root, 'usr/lib', process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu');
  const [perl = ''] = await readdir(join(libraries, 'perl5'));
  const modules = ['perl5', 'perl'].map((folder) => join(libraries, folder, perl));
  const env = {
    PERL5LIB: [join(root, 'usr/share/perl5'), ...modules, join(root, 'usr/share/perl', perl)].join(':'),
    LD_LIBRARY_PATH: libraries,
    PATH: [unpacked, join(root, 'usr/sbin'), process.env.PATH].join(':'),
  };
  const script = join(root, 'usr/share/lintian/bin/lintian');
  return runToEnd(join(unpacked, 'perl'), [script, '--no-cfg', '--allow-root', ...args], { env });
}
