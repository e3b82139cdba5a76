import { dirname } from 'node:path';
import { PicketError } from '@picket/shared/errors.ts';
import type { AgentConfig } from '../config/config.ts';
import { ownsMachine, pathsOf } from '../config/config.ts';
import { checkGuarded, guardedFolders } from '../host/files/guarded-folder.ts';
import type { HostFiles } from '../host/host.ts';
import type { Inspection } from '../host/inspection.ts';
import { etcdOwner } from '../host/users.ts';
import { filesOfFormerClient } from '../leaving/client-files.ts';
import type { ClockEvidence } from '../model/clock-doubt.ts';
import { checkArchitecture } from './architecture.ts';
import { type Check, type CheckName, ok, type Refuse, throwAtOnce } from './check.ts';
import { checkClock } from './clock.ts';
import { checkDisk } from './disk.ts';
import { checkEtcdVersion, etcdInstalled, installCommand, judgeEtcdVersion } from './etcd-installed.ts';
import { checkFileSystem } from './file-system.ts';
import { checkForeignEtcd } from './foreign-etcd.ts';
import { checkMemory } from './memory.ts';
import { checkWritable } from './writable.ts';

export interface PreflightDeps {
  readonly inspection: Inspection;
  readonly files: HostFiles;
  readonly config: AgentConfig;
  /** The user that runs the agent; null if the system has no such number. */
  readonly uid: number | null;
  /** In Node's spelling: `arm64`. */
  readonly architecture: string;
  /**
   * Why the clock is in doubt, as far as this is known without the coordinator. Rejects if the agent's record cannot be
   * read.
   */
  readonly clock: () => Promise<ClockEvidence>;
  /** See `measureFsync`. */
  readonly measureFsync: (folder: string) => Promise<readonly number[]>;
}

interface FitMachine {
  readonly etcdVersion: string;
  readonly checks: readonly Check[];
}

/**
 * Whether this machine can become a node, before anything is sent. It changes nothing (R13). Once nothing stands in the
 * way, it measures the disk with a file that it removes. Throws the first obstacle: `architecture_unsupported`,
 * `foreign_etcd`, `etcd_not_installed`, `etcd_unusable`, `etcd_too_old`, `etcd_too_new`, `user_unknown`,
 * `path_not_writable`, `data_root_exposed`, `clock_wrong`, `data_in_memory`, `disk_full`.
 *
 * @param refuse `refused` for all obstacles instead
 */
export async function preflight(
  { inspection, files, config, uid, architecture, clock, measureFsync }: PreflightDeps,
  refuse: Refuse = throwAtOnce,
): Promise<FitMachine> {
  const { etcDir, stateDir, logFile } = config;
  const checks: Check[] = [];
  let etcdVersion = '';
  const check = async (name: CheckName, work: () => Check | Promise<Check>): Promise<void> => {
    try {
      checks.push(await work());
    } catch (error) {
      if (!(error instanceof PicketError)) throw error;
      checks.push(refuse(name, error));
    }
  };

  await check('architecture', () => checkArchitecture(architecture));
  await check('other etcd', async () => {
    const wholeMachine = ownsMachine(config);
    const joined = await hasBegun(files, stateDir);
    const own = await filesOfFormerClient(files, pathsOf(config));
    await checkForeignEtcd(inspection, files, { etcDir, wholeMachine, joined, own });
    return ok('other etcd', 'none found');
  });
  await check('etcd', async () => {
    const binary = await etcdInstalled(inspection, files, config.etcdBinary);
    // The check of the folders reports a missing user.
    const owner = await etcdOwner(files, config.etcdUser, uid).catch(() => null);
    etcdVersion = await inspection.etcdVersion(binary, uid === 0 ? owner : null);
    checkEtcdVersion(etcdVersion, binary, await installCommand(files));
    return judgeEtcdVersion(etcdVersion, binary);
  });
  await check('folders', async () => {
    // After the check of etcd, whose package creates its user.
    const owner = await etcdOwner(files, config.etcdUser, uid);
    await checkWritable(inspection, [stateDir, etcDir, dirname(logFile)]);
    for (const folder of guardedFolders(pathsOf(config))) await checkGuarded(folder, owner, uid);
    return ok('folders', `${stateDir}, ${etcDir} and ${dirname(logFile)} can be written`);
  });
  await check('memory', () => checkMemory(inspection));
  await check('clock', async () => checkClock(await clock()));
  if (checks.some(({ name, result }) => name === 'folders' && result === 'refused')) return { checks, etcdVersion };
  await check('file system', () => checkFileSystem(inspection, stateDir, ownsMachine(config)));
  // The last one, because it writes.
  if (checks.every(({ result }) => result !== 'refused')) {
    await check('disk', () => checkDisk(inspection, stateDir, measureFsync));
  }
  return { checks, etcdVersion };
}

/** The journal is written before anything for etcd; an identity without a journal has lost it. */
async function hasBegun(files: HostFiles, stateDir: string): Promise<boolean> {
  const traces = ['journal.json', 'identity.pem', 'identity.key'];
  return (await files.list(stateDir)).some((name) => traces.includes(name));
}
