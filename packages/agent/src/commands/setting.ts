import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import type { PackageSystem } from '@picket/shared/protocol/package-system.ts';
import { type AgentConfig, type Driver, type InitChoice, loadConfig, ownsMachine, pathsOf } from '../config/config.ts';
import { systemClock } from '../host/clock.ts';
import { guardName } from '../host/etcd-guard.ts';
import { hostFiles } from '../host/files/files.ts';
import type { Clock, EtcdUnit, Host, HostFiles, InitSystem, NamedOwner } from '../host/host.ts';
import { type Inspection, inspection } from '../host/inspection.ts';
import { findLbu } from '../host/lbu.ts';
import { consoleFileOf } from '../host/log-folder.ts';
import { hostNetwork } from '../host/network.ts';
import { openrcInit } from '../host/openrc/openrc-init.ts';
import { isOpenrcShuttingDown } from '../host/openrc/openrc-state.ts';
import { processInit } from '../host/process/process-init.ts';
import { currentBoot, etcdFileOf } from '../host/process-table.ts';
import { pathOutside } from '../host/programs.ts';
import { isSystemdStopping } from '../host/systemd/systemctl.ts';
import { systemdInit } from '../host/systemd/systemd-init.ts';
import { type Identity, type IdentityStore, identityStore } from '../identity/identity-store.ts';
import { isJournalBegun } from '../journal/journal-store.ts';
import { fileNames } from '../model/managed-files.ts';
import type { Paths } from '../model/model.ts';
import { programsFolder } from '../model/program.ts';
import { packageSystem, reinstallCommand } from '../preflight/reinstall-command.ts';
import type { AgentIo, CommonOptions } from './io.ts';

/** The machine as agent.yml describes it. */
export interface Setting {
  readonly config: AgentConfig;
  readonly paths: Paths;
  readonly host: Host;
  readonly inspection: Inspection;
  readonly store: IdentityStore;
}

/** Throws what `loadConfig` and `realHost` throw. */
export async function readSetting(io: Pick<AgentIo, 'env' | 'uid'>, options: CommonOptions): Promise<Setting> {
  const config = await loadConfig(hostFiles(), options.config);
  const { init, stateDir } = config;
  const host = realHost({ init, stateDir, ownsMachine: ownsMachine(config), uid: io.uid });
  return {
    config,
    paths: pathsOf(config),
    host,
    // Root's shell finds etcdctl in the folder of the release that runs. The etcd beside it is not that of the package.
    inspection: inspection(pathOutside(io.env.PATH ?? '', programsFolder(stateDir))),
    store: identityStore(host.files, stateDir),
  };
}

/** This node's identity; throws `not_joined`, `identity_damaged`. */
export async function joinedIdentity({ store, host, paths }: Setting): Promise<Identity> {
  const identity = await store.load();
  if (identity !== null) return identity;
  const { stateDir: path } = paths;
  if (!(await isJournalBegun(host.files, path))) throw failure('not_joined', { path });
  throw failure('identity_damaged', { path, problem: 'identity.pem is lost, and this node has worked before' });
}

/** What the init system should run. If etcd is not installed yet, its usual path is assumed. */
export async function etcdUnit(
  { config, paths, inspection: machine }: Setting,
  owner: NamedOwner | null,
): Promise<EtcdUnit> {
  const binary = config.etcdBinary ?? (await machine.findProgram('etcd')) ?? '/usr/bin/etcd';
  const { logFile, stateDir, dataRoot } = paths;
  const guard = { script: join(stateDir, guardName), dataRoot };
  return { binary, confFile: fileNames(paths).conf, logFile, consoleFile: consoleFileOf(logFile), owner, guard };
}

/** Which packages this machine has. */
export function systemHere({ config, host, inspection: machine }: Setting): Promise<PackageSystem> {
  return packageSystem(host.files, config.etcdBinary !== null, async () => (await findLbu(machine)) !== null);
}

/** How an etcd of this minor version is installed on this machine. */
export async function etcdRemedy(setting: Setting, minor: string): Promise<string> {
  return reinstallCommand(await systemHere(setting), minor);
}

interface HostOptions {
  readonly init: InitChoice;
  /** The agent's state folder; the drivers keep their files in `run/` below it. */
  readonly stateDir: string;
  /** See `ownsMachine`. Without it, the agent uses the machine's services only if agent.yml says so. */
  readonly ownsMachine: boolean;
  /** The user that runs the agent; null if the system has no such number. */
  readonly uid: number | null;
}

/** The files that show which init system runs the machine. */
interface InitEvidence {
  readonly systemd: boolean;
  readonly openrc: boolean;
}

/** This machine. Throws `init_system_unsupported`. */
function realHost(options: HostOptions): Host {
  const { stateDir } = options;
  const files = hostFiles();
  const clock = systemClock();
  const evidence = initEvidence();
  const init = initSystem(chooseInit(options, evidence), stateDir, files, clock);
  const isShuttingDown = shutdownOf(evidence);
  return { files, clock, network: hostNetwork(), init, boot: currentBoot(), isShuttingDown, etcdFile: etcdFileOf };
}

/**
 * Chooses the driver that runs etcd. `auto` takes the init system of the machine if the agent is root and set up for
 * the whole machine, and otherwise `process`. Throws `init_system_unsupported` if the requested one is not available.
 */
export function chooseInit(
  { init, ownsMachine, uid }: Pick<HostOptions, 'init' | 'ownsMachine' | 'uid'>,
  evidence: InitEvidence,
): Driver {
  if (init === 'process') return init;
  if (init === 'auto') {
    if (!ownsMachine || uid !== 0) return 'process';
    return evidence.systemd ? 'systemd' : evidence.openrc ? 'openrc' : 'process';
  }
  if (!evidence[init]) throw failure('init_system_unsupported', { init, problem: 'it does not run this machine' });
  if (uid !== 0) throw failure('init_system_unsupported', { init, problem: 'only root can use it' });
  return init;
}

function initEvidence(): InitEvidence {
  return {
    // The test of sd_booted(3).
    systemd: existsSync('/run/systemd/system'),
    openrc: existsSync('/run/openrc/softlevel') && ['/sbin', '/usr/sbin', '/bin', '/usr/bin'].some(hasRcService),
  };
}

/** Whichever driver runs etcd, the init system of the machine stops the agent. */
function shutdownOf({ systemd, openrc }: InitEvidence): Host['isShuttingDown'] {
  if (systemd) return () => isSystemdStopping();
  return openrc ? () => isOpenrcShuttingDown() : async () => false;
}

function hasRcService(folder: string): boolean {
  return existsSync(join(folder, 'rc-service'));
}

function initSystem(name: Driver, stateDir: string, files: HostFiles, clock: Clock): InitSystem {
  switch (name) {
    case 'process':
      return processInit({ files, clock, runDir: join(stateDir, 'run') });
    case 'openrc':
      return openrcInit({ files, clock, stateDir });
    case 'systemd':
      return systemdInit({ files, stateDir });
  }
}
