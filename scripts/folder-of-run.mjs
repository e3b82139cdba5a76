import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SetupError } from './dependencies.mjs';

/** What a test puts below a temporary folder is up to 140 characters long, and an agent's folder may have 200. */
const longest = 60;

/**
 * Makes the folder in which the tests of one run keep their files; who calls this removes it. It is not in the checkout, whose
 * path may be long or have a space, which no agent takes; and not in /tmp, which may be a tmpfs, where no agent keeps an etcd.
 * Users that members of etcd run as get in.
 */
export function makeFolderOfRun(env) {
  const base = env.TMPDIR ?? (existsSync('/var/tmp') ? '/var/tmp' : tmpdir());
  const folder = mkdtempSync(join(base, 'picket-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** Where Linux has a file system in memory for all users. */
const inMemory = '/dev/shm';

/** The files of all tests in memory took less than a tenth of this, in bytes. */
const roomNeeded = 2 * 1024 ** 3;

/**
 * Makes a folder in memory for the files of tests that no power cut is to reach: on a disk that other tests keep busy, they
 * wait for it longer than for all else. Who calls this removes it. undefined if the user names a folder, or if there is too
 * little room, or no program may run from there, as in most containers.
 */
export function makeFolderInMemory(env) {
  if (env.TMPDIR !== undefined || !existsSync(inMemory)) return undefined;
  const { bavail, bsize } = statfsSync(inMemory);
  if (Math.min(bavail * bsize, freemem()) < roomNeeded) return undefined;
  let folder;
  try {
    folder = mkdtempSync(join(inMemory, 'picket-'));
    chmodSync(folder, 0o755);
    const program = join(folder, 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    if (spawnSync(program).status === 0) {
      rmSync(program);
      return folder;
    }
  } catch {
    // As where it can only be read.
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  return undefined;
}

/** Throws a SetupError if programs of Picket cannot keep their files in the temporary folder that TMPDIR names. */
export function checkTemporaryFolder(path) {
  const problem = path.length > longest ? `is longer than ${longest} characters` : wrongCharacter(path);
  if (problem === null) return;
  throw new SetupError(
    `The folder for temporary files, ${path}, ${problem}. Picket's programs cannot keep their files there. Choose another one, for example: TMPDIR=/var/tmp npm run …`,
  );
}

function wrongCharacter(path) {
  const wrong = /[^A-Za-z0-9._@+/-]/.exec(path)?.[0];
  return wrong === undefined ? null : `has the character ${JSON.stringify(wrong)}`;
}
