import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from './child.mjs';

/** The workspace's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** The Node.js that runs everything here: the one among the dependencies, whatever release started this script. */
export const nodeBinary = join(root, 'node_modules/.bin/node');

const stampFile = join(root, 'node_modules/.picket-setup');
const lockFile = join(root, '.cache/setup.lock');
const longestInstallMs = 15 * 60 * 1000;

/**
 * Installs the dependencies unless those in node_modules are the ones that the lock file and the manifests name.
 * Throws a SetupError that says what to do.
 */
export async function ensureDependencies() {
  if (isCurrent()) return;
  await acquireLock();
  try {
    if (!isCurrent()) await install();
  } finally {
    unlinkSync(lockFile);
  }
}

/** What went wrong, in words for the person at the terminal. */
export class SetupError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

async function install() {
  const packageManager = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('+')[0];
  const stamp = currentStamp();
  console.error(`Installing dependencies with ${packageManager} …`);
  const result = await runChild('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Without a terminal pnpm refuses to replace a node_modules of another kind unless it knows that none is there.
    env: { ...process.env, CI: 'true' },
  }).catch((error) => {
    throw new SetupError(`npx could not be started (${error.message}). It comes with npm: install npm and try again.`);
  });
  if (result.code > 128) throw new SetupError('Interrupted; run it again to finish installing.', result.code);
  if (result.code !== 0 || !existsSync(nodeBinary)) {
    console.error(result.output.trim());
    throw new SetupError(adviceOn(result.output));
  }
  writeFileSync(stampFile, stamp);
}

function adviceOn(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH/.test(output)) {
    return 'The npm registry could not be reached. The first run needs a network; later runs do not. Check the connection (and `npm config get registry`, proxies) and try again.';
  }
  if (/ERR_PNPM_\w*OUTDATED_LOCKFILE/.test(output)) {
    return 'A package.json and pnpm-lock.yaml disagree. If you changed dependencies, run `npx pnpm install` to bring the lock file up to date.';
  }
  return 'Installing the dependencies failed; the output above says why.';
}

function isCurrent() {
  if (!existsSync(stampFile) || !existsSync(nodeBinary)) return false;
  return readFileSync(stampFile, 'utf8') === currentStamp();
}

function currentStamp() {
  const packages = readdirSync(join(root, 'packages')).sort();
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'].concat(
    packages.map((name) => `packages/${name}/package.json`),
  );
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of files) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`\n${file}\n`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

async function acquireLock() {
  mkdirSync(join(root, '.cache'), { recursive: true });
  let told = false;
  for (;;) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw new SetupError(`The workspace cannot be written: ${error.message}`);
    }
    if (isAbandoned()) {
      removeIfThere(lockFile);
      continue;
    }
    if (!told) console.error('Another process is installing the dependencies; waiting for it …');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function isAbandoned() {
  try {
    const age = Date.now() - statSync(lockFile).mtimeMs;
    const pid = Number(readFileSync(lockFile, 'utf8'));
    // A holder that has only just created the file may not have written its number yet.
    if (!pid) return age > 5000;
    return age > longestInstallMs || !isAlive(pid);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function removeIfThere(path) {
  try {
    unlinkSync(path);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
