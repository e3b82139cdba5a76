import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import type { AgentConfig } from '../config/config.ts';
import { loadConfig, ownsMachine, pathsOf } from '../config/config.ts';
import { guardName } from '../host/etcd-guard.ts';
import { hostFiles } from '../host/files/files.ts';
import type { EtcdUnit, Host, NamedOwner } from '../host/host.ts';
import { type Inspection, inspection } from '../host/inspection.ts';
import { consoleFileOf } from '../host/log-folder.ts';
import { type Identity, type IdentityStore, identityStore } from '../identity/identity-store.ts';
import { isJournalBegun } from '../journal/journal-store.ts';
import { fileNames } from '../model/managed-files.ts';
import type { Paths } from '../model/model.ts';
import type { AgentIo, CommonOptions } from './io.ts';
import { realHost } from './real-host.ts';

/** The machine as agent.yml describes it. */
export interface Setting {
  readonly config: AgentConfig;
  readonly paths: Paths;
  readonly host: Host;
  readonly inspection: Inspection;
  readonly store: IdentityStore;
}

/** Throws what `loadConfig` and `realHost` throw. */
export async function readSetting(io: AgentIo, options: CommonOptions): Promise<Setting> {
  const config = await loadConfig(hostFiles(), options.config);
  const { init, stateDir } = config;
  const host = realHost({ init, stateDir, ownsMachine: ownsMachine(config), uid: io.uid });
  return {
    config,
    paths: pathsOf(config),
    host,
    inspection: inspection(io.env.PATH ?? ''),
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
