import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runToEnd } from '../support/children.ts';
import { packagedPrograms, packagesFolder } from './root-file-system.ts';

/** The stand-in `apk` and its configuration; the settings and services that its packages bring. */
const ownFiles = join(import.meta.dirname, 'blank');
const packages = join(import.meta.dirname, 'packages');

/**
 * Lays over the hosts' root what makes it a fresh Alpine: busybox and OpenRC, and neither Node.js, nor etcd and its user,
 * until `apk` puts them in place.
 *
 * @param root the hosts' root file system, which is left as it is
 */
export async function makeBlankLayer(folder: string, root: string): Promise<void> {
  await cp(ownFiles, join(folder), { recursive: true });
  await mkdir(join(folder, packagesFolder), { recursive: true });
  await cp(packages, join(folder, packagesFolder), { recursive: true });
  for (const program of Object.values(packagedPrograms).flat()) {
    await mkdir(dirname(join(folder, program)), { recursive: true });
    // overlayfs takes such a device for "there is nothing of this name" (kernel documentation, "whiteouts").
    const made = await runToEnd('mknod', [join(folder, program), 'c', '0', '0']);
    if (made.code !== 0) throw new Error(`mknod: ${made.stderr}`);
  }
  for (const file of ['passwd', 'group']) {
    const text = await readFile(join(root, 'etc', file), 'utf8');
    await writeFile(join(folder, 'etc', file), text.replace(/^etcd:.*\n/m, ''));
  }
}
