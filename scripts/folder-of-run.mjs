import { chmodSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
