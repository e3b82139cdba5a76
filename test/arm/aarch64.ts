import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  cacheFolder,
  downloadDebianPackages,
  ensureDebianTool,
  type Surroundings,
} from '../support/debian-packages.ts';
import { ensureNode } from '../support/node-releases.ts';

const run = promisify(execFile);

/** Programs for aarch64, each behind a command that this machine runs. */
export interface Aarch64 {
  /** A JavaScript file that runs the agent given first among its arguments: `node FILE AGENT ARGS…`. */
  readonly node: string;
  readonly etcd: string;
}

/** What Node.js and etcd load; the emulator finds it below the root. */
const packages = ['libc6', 'libstdc++6', 'libgcc-s1', 'etcd-server'];

/**
 * qemu's emulator of a user's programs, Debian's etcd for arm64 with what it loads, and the Node.js of the npm registry
 * for arm64; commands for both are written into `folder`. By package name; nothing is installed.
 */
export async function ensureAarch64(
  folder: string,
  surroundings: Surroundings = { env: process.env, say: console.error },
): Promise<Aarch64> {
  const emulator = await ensureDebianTool('qemu-user', 'qemu-aarch64', surroundings);
  const root = await ensureRoot(surroundings);
  const node = await ensureNode('24', surroundings, 'arm64');
  const command = [emulator, '-L', root];

  const etcd = join(folder, 'etcd');
  await writeFile(etcd, `#!/bin/sh\nexec ${[...command, join(root, 'usr/bin/etcd')].join(' ')} "$@"\n`);
  await chmod(etcd, 0o755);
  const launcher = join(folder, 'node-arm64.mjs');
  await writeFile(launcher, launcherText([...command, node]));
  return { node: launcher, etcd };
}

/** Ends as the emulated program ends, and hands signals on to it. */
function launcherText([emulator, ...args]: readonly string[]): string {
  return `import { spawn } from 'node:child_process';
const child = spawn(${JSON.stringify(emulator)}, [...${JSON.stringify(args)}, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => { process.exitCode = code ?? (signal === null ? 1 : 128); });
`;
}

async function ensureRoot({ env, say }: Surroundings): Promise<string> {
  const cache = cacheFolder('arm64', env);
  const root = join(cache, 'root');
  if (await stat(join(root, 'usr/bin/etcd')).catch(() => null)) return root;
  say(`Unpacking Debian's ${packages.join(', ')} for arm64 into ${cache} (nothing is installed) …`);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, '.unpacking-'));
  try {
    await downloadDebianPackages(packages, work, env, { dependencies: true, architecture: 'arm64' });
    const made = join(work, 'root');
    // Debian's base-files makes it a link, and the dynamic loader is looked for there.
    await mkdir(join(made, 'usr/lib'), { recursive: true });
    await symlink('usr/lib', join(made, 'lib'));
    for (const archive of (await readdir(work)).filter((file) => file.endsWith('.deb')).sort())
      await run('dpkg-deb', ['-x', join(work, archive), made], { env });
    await rename(made, root);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return root;
}
