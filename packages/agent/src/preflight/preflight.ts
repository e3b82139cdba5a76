import { dirname } from 'node:path';
import type { AgentConfig } from '../agent-config.ts';
import { ownsMachine, pathsOf } from '../config.ts';
import { checkGuarded, guardedFolders } from '../host/guarded-folder.ts';
import type { HostFiles } from '../host/host.ts';
import type { Inspection } from '../host/inspection.ts';
import { etcdOwner } from '../host/users.ts';
import { checkDiskSpace } from './disk-space.ts';
import { etcdInstalled, installCommand } from './etcd-installed.ts';
import { checkEtcdVersion } from './etcd-version.ts';
import { checkForeignEtcd } from './foreign-etcd.ts';
import { checkWritable } from './writable.ts';

export interface FitMachine {
  /** Absolute path. */
  readonly etcdBinary: string;
  readonly etcdVersion: string;
}

/**
 * Whether this machine can become a node, before anything is sent. It changes nothing (R13). Throws the first of what
 * stands in the way: `foreign_etcd`, `etcd_not_installed`, `etcd_unusable`, `etcd_too_old`, `etcd_too_new`,
 * `user_unknown`, `path_not_writable`, `data_root_exposed`, `disk_full`.
 *
 * @param uid the user that runs the agent; null where the system has no such number
 */
export async function preflight(
  inspection: Inspection,
  files: HostFiles,
  config: AgentConfig,
  uid: number | null,
): Promise<FitMachine> {
  const { etcDir, stateDir, logFile } = config;
  await checkForeignEtcd(inspection, files, {
    etcDir,
    wholeMachine: ownsMachine(config),
    joined: await hasBegun(files, stateDir),
  });
  const etcdBinary = await etcdInstalled(inspection, files, config.etcdBinary);
  const etcdVersion = await inspection.etcdVersion(etcdBinary);
  checkEtcdVersion(etcdVersion, etcdBinary, await installCommand(files));
  // After etcd itself, whose package makes its user.
  const owner = await etcdOwner(files, config.etcdUser, uid);
  await checkWritable(inspection, [stateDir, etcDir, dirname(logFile)]);
  for (const folder of guardedFolders(pathsOf(config))) await checkGuarded(folder, owner, uid);
  await checkDiskSpace(inspection, stateDir);
  return { etcdBinary, etcdVersion };
}

/** A journal comes before anything is written for etcd; an identity without one has lost it. */
async function hasBegun(files: HostFiles, stateDir: string): Promise<boolean> {
  const traces = ['journal.json', 'identity.pem', 'identity.key'];
  return (await files.list(stateDir)).some((name) => traces.includes(name));
}
