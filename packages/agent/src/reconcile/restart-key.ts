import { hash } from 'node:crypto';
import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import { restartKey } from '@picket/shared/etcd-config/render.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
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
