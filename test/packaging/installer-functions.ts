import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Finished, runToEnd } from '../support/children.ts';

const installer = readFileSync(join(import.meta.dirname, '../../packaging/install.sh'), 'utf8');

export interface InstallerFunctions {
  readonly folder: string;
  /** Runs these commands in a shell that has the functions of the install script. */
  run(commands: string): Promise<Finished>;
}

/**
 * The functions of the install script with these programs, in a folder of its own.
 *
 * @param moved paths of the system that are paths in the folder instead, in the functions and in the programs
 */
export function installerFunctions(
  t: Test,
  programs: Readonly<Record<string, string>>,
  moved: readonly string[] = [],
): InstallerFunctions {
  const folder = mkdtempSync(join(tmpdir(), 'picket-installer-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const inFolder = (text: string) => moved.reduce((done, path) => done.replaceAll(path, folder + path), text);
  for (const path of ['bin', ...moved]) mkdirSync(join(folder, path), { recursive: true });
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(folder, 'bin', name), inFolder(`#!/bin/sh\n${text}\n`), { mode: 0o755 });
  // Without its last line, which calls it, the script only defines its functions.
  writeFileSync(join(folder, 'functions'), inFolder(installer.slice(0, installer.lastIndexOf('main "$@"'))));
  const start = `. "$0"; work=$1 dry=no keepdir=$1/none statedir=$1/none; : >"$work/undo"`;
  const env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  return {
    folder,
    run: (commands) =>
      runToEnd('/bin/sh', ['-c', `${start}\n${commands}`, join(folder, 'functions'), folder], { env, bare: true }),
  };
}
