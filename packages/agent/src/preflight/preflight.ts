import { dirname } from 'node:path';
import { PicketError } from '@picket/shared/errors.ts';
import type { AgentConfig } from '../config/config.ts';
import { ownsMachine, pathsOf } from '../config/config.ts';
import { checkGuarded, guardedFolders } from '../host/files/guarded-folder.ts';
import type { HostFiles, Owner } from '../host/host.ts';
import type { Inspection } from '../host/inspection.ts';
import { etcdOwner } from '../host/users.ts';
import { filesOfFormerClient } from '../leaving/client-files.ts';
import type { ClockEvidence } from '../model/clock-doubt.ts';
import { checkArchitecture } from './architecture.ts';
import { type Check, type CheckName, ok, type Refuse, throwAtOnce, warning } from './check.ts';
import { checkClock } from './clock.ts';
import { checkDisk } from './disk.ts';
import { checkEtcdVersion, etcdInstalled, installCommand, judgeEtcdVersion } from './etcd-installed.ts';
import { checkFileSystem } from './file-system.ts';
import { checkForeignEtcd } from './foreign-etcd.ts';
import { checkMemory } from './memory.ts';
import { releaseInstead } from './release-instead.ts';
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
  readonly checks: readonly Check[];
  /** Of the installed etcd; null if this machine has none that a member could run. */
  readonly etcdVersion: string | null;
  /** Why no member can run what is installed: the machine can join only a cluster that runs a release. */
  readonly etcdProblem: PicketError | null;
}

interface InstalledEtcd {
  readonly version: string | null;
  readonly problem: PicketError | null;
  readonly check: Check;
}

/**
 * Whether this machine can become a node, before anything is sent. It changes nothing (R13). Once nothing stands in the
 * way, it measures the disk with a file that it removes. Throws the first obstacle: `architecture_unsupported`,
 * `foreign_etcd`, `user_unknown`, `path_not_writable`, `data_root_exposed`, `clock_wrong`, `data_in_memory`, `disk_full`.
 *
 * The etcd of the system's package is no obstacle: only the coordinator knows whether the cluster takes it.
 *
 * @param refuse `refused` for all obstacles instead
 */
export async function preflight(
  { inspection, files, config, uid, architecture, clock, measureFsync }: PreflightDeps,
  refuse: Refuse = throwAtOnce,
): Promise<FitMachine> {
  const { etcDir, stateDir, logFile } = config;
  const checks: Check[] = [];
  let etcd: InstalledEtcd | null = null;
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
    etcd = await look({ inspection, files, config, uid });
    return etcd.check;
  });
  await check('folders', async () => {
    const owner = await etcdOwner(files, config.etcdUser, uid).catch((error: unknown) => {
      // Root can make the user, once the coordinator has said that the cluster runs a release.
      if (uid === 0 && isUnknownUser(error)) return newUser;
      throw error;
    });
    await checkWritable(inspection, [stateDir, etcDir, dirname(logFile)]);
    for (const folder of guardedFolders(pathsOf(config))) await checkGuarded(folder, owner, uid);
    return ok('folders', `${stateDir}, ${etcDir} and ${dirname(logFile)} can be written`);
  });
  await check('memory', () => checkMemory(inspection));
  await check('clock', async () => checkClock(await clock()));
  const { version: etcdVersion, problem: etcdProblem } = etcd ?? { version: null, problem: null };
  const found = { checks, etcdVersion, etcdProblem };
  if (checks.some(({ name, result }) => name === 'folders' && result === 'refused')) return found;
  await check('file system', () => checkFileSystem(inspection, stateDir, ownsMachine(config)));
  // The last one, because it writes.
  if (checks.every(({ result }) => result !== 'refused')) {
    await check('disk', () => checkDisk(inspection, stateDir, measureFsync));
  }
  return found;
}

/** No file belongs to a user that does not exist yet. */
const newUser: Owner = { uid: -1, gid: -1 };

/** The etcd of the system's package, or that of agent.yml, as a member would run it. */
async function look({
  inspection,
  files,
  config,
  uid,
}: Pick<PreflightDeps, 'inspection' | 'files' | 'config' | 'uid'>): Promise<InstalledEtcd> {
  let version: string | null = null;
  try {
    const binary = await etcdInstalled(inspection, files, config.etcdBinary);
    const owner = await etcdOwner(files, config.etcdUser, uid);
    version = await inspection.etcdVersion(binary, uid === 0 ? owner : null);
    checkEtcdVersion(version, binary, await installCommand(files));
    return { version, problem: null, check: judgeEtcdVersion(version, binary) };
  } catch (error) {
    if (!(error instanceof PicketError)) throw error;
    const { message, hint } = error;
    return { version, problem: error, check: warning('etcd', message, `${hint} ${releaseInstead}`) };
  }
}

function isUnknownUser(error: unknown): boolean {
  return error instanceof PicketError && error.code === 'user_unknown';
}

/** The journal is written before anything for etcd; an identity without a journal has lost it. */
async function hasBegun(files: HostFiles, stateDir: string): Promise<boolean> {
  const traces = ['journal.json', 'identity.pem', 'identity.key'];
  return (await files.list(stateDir)).some((name) => traces.includes(name));
}
