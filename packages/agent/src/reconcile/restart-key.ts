import { hash } from 'node:crypto';
import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import { restartKey } from '@picket/shared/etcd-config/render.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import { configOf } from '../model/conf.ts';
import { fileNames } from '../model/managed-files.ts';
import type { CurrentState, Paths } from '../model/model.ts';
import type { Program } from '../model/program.ts';

/**
 * Identifies what a rollout gives one member first (R6): the part of a conf.yml that only a restart brings into force, and the
 * release.
 *
 * @param program null: the etcd of the system's package
 */
export function confKeyOf(config: EtcdConfig, program: Program | null): string {
  const conf = restartKey(config);
  return hash('sha256', program === null ? conf : JSON.stringify([conf, program.sha256]));
}

/** The `restartKeyOf` of an etcd that was started with the files that lie here; null if they cannot be read. */
export function restartKeyHere(files: CurrentState['files'], paths: Paths, program: Program | null): string | null {
  const names = fileNames(paths);
  const [client, peer] = [files[names.clientBundle], files[names.peerBundle]];
  const config = configOf(files[names.conf] ?? '');
  return config === null || client == null || peer == null ? null : restartKeyOf(config, { client, peer }, program);
}

/**
 * Identifies everything that only a restart brings into force: conf.yml without what etcd ignores once it has data, the CA
 * files, which etcd reads only at its start, and the release. Equal keys need no restart.
 */
export function restartKeyOf(
  config: EtcdConfig,
  trust: Pick<MemberState['trust'], 'client' | 'peer'>,
  program: Program | null,
): string {
  const release = program === null ? [] : [program.sha256];
  return hash('sha256', JSON.stringify([restartKey(config), trust.client, trust.peer, ...release]));
}
