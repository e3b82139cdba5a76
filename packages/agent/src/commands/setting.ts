import { failure } from '@picket/shared/errors.ts';
import type { AgentConfig } from '../agent-config.ts';
import { loadConfig, pathsOf } from '../config.ts';
import { hostFiles } from '../host/files.ts';
import type { EtcdUnit, Host, Owner } from '../host/host.ts';
import { type Inspection, inspection } from '../host/inspection.ts';
import { realHost } from '../host/real-host.ts';
import { type Identity, type IdentityStore, identityStore } from '../identity/identity-store.ts';
import { fileNames } from '../reconcile/managed-files.ts';
import type { Paths } from '../reconcile/model.ts';
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
export async function readSetting(io: AgentIo, options: CommonOptions): Promise<Setting> {
  const config = await loadConfig(hostFiles(), options.config);
  const host = realHost({ init: config.init, stateDir: config.stateDir });
  return {
    config,
    paths: pathsOf(config),
    host,
    inspection: inspection(io.env.PATH ?? ''),
    store: identityStore(host.files, config.stateDir),
  };
}

/** This node's identity; throws `not_joined`, `identity_damaged`. */
export async function joinedIdentity({ store }: Setting): Promise<Identity> {
  const identity = await store.load();
  if (identity === null) throw failure('not_joined', {});
  return identity;
}

/** What the init system is to run. An etcd that is not installed yet is expected where packages put it. */
export async function etcdUnit(
  { config, paths, inspection: machine }: Setting,
  owner: Owner | null,
): Promise<EtcdUnit> {
  const binary = config.etcdBinary ?? (await machine.findProgram('etcd')) ?? '/usr/bin/etcd';
  return { binary, confFile: fileNames(paths).conf, logFile: paths.logFile, owner };
}
