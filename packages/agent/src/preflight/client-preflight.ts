import { basename } from 'node:path';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { problemList } from '@picket/shared/problems.ts';
import { pathsOf } from '../config/config.ts';
import type { HostFiles } from '../host/host.ts';
import { clientFiles, filesOfFormerClient } from '../leaving/client-files.ts';
import type { Paths } from '../model/model.ts';
import { type Check, type CheckName, ok, type Refuse, throwAtOnce } from './check.ts';
import { checkClock } from './clock.ts';
import type { PreflightDeps } from './preflight.ts';
import { checkWritable } from './writable.ts';

export type ClientPreflightDeps = Pick<PreflightDeps, 'inspection' | 'files' | 'config' | 'clock'>;

/**
 * Whether this machine can become a client node, before anything is sent. A client node needs no etcd and ignores one
 * that is installed. It changes nothing (R13). Throws the first obstacle: `foreign_files`, `path_not_writable`,
 * `clock_wrong`.
 *
 * @param refuse `refused` for all obstacles instead
 */
export async function clientPreflight(
  { inspection, files, config, clock }: ClientPreflightDeps,
  refuse: Refuse = throwAtOnce,
): Promise<readonly Check[]> {
  const { etcDir, stateDir } = config;
  const looks: Readonly<Partial<Record<CheckName, () => Promise<Check>>>> = {
    files: () => checkForeignFiles(files, pathsOf(config)),
    async folders() {
      await checkWritable(inspection, [stateDir, etcDir]);
      return ok('folders', `${stateDir} and ${etcDir} can be written`);
    },
    clock: async () => checkClock(await clock()),
  };
  const checks: Check[] = [];
  for (const [name, check] of Object.entries(looks)) {
    try {
      checks.push(await check());
    } catch (error) {
      if (!(error instanceof PicketError)) throw error;
      checks.push(refuse(name as CheckName, error));
    }
  }
  return checks;
}

/** Throws `foreign_files` if files that a client node writes exist already, and this machine has not joined. */
async function checkForeignFiles(files: HostFiles, paths: Paths): Promise<Check> {
  const joined = (await files.list(paths.stateDir)).includes('identity.pem');
  const there = new Set(await files.list(paths.etcDir));
  const own = await filesOfFormerClient(files, paths);
  const found = clientFiles(paths).filter((path) => there.has(basename(path)) && !own.includes(path));
  if (!joined && found.length > 0) throw failure('foreign_files', { found: problemList(found) });
  return ok('files', `${paths.etcDir} has no other files under the names that Picket writes`);
}
