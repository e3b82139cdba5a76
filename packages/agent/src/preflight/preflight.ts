import { dirname } from 'node:path';
import type { AgentConfig } from '../agent-config.ts';
import { ownsMachine } from '../config.ts';
import type { HostFiles } from '../host/host.ts';
import type { Inspection } from '../host/inspection.ts';
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
 * `path_not_writable`, `disk_full`.
 */
export async function preflight(inspection: Inspection, files: HostFiles, config: AgentConfig): Promise<FitMachine> {
  const { etcDir, stateDir, logFile } = config;
  await checkForeignEtcd(inspection, files, { etcDir, wholeMachine: ownsMachine(config) });
  const etcdBinary = await etcdInstalled(inspection, files, config.etcdBinary);
  const etcdVersion = await inspection.etcdVersion(etcdBinary);
  checkEtcdVersion(etcdVersion, etcdBinary, await installCommand(files));
  await checkWritable(inspection, [stateDir, etcDir, dirname(logFile)]);
  await checkDiskSpace(inspection, stateDir);
  return { etcdBinary, etcdVersion };
}
