import { hash } from 'node:crypto';
import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import { restartKey } from '@picket/shared/etcd-config/render.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';

/** Identifies the part of a conf.yml that only a restart brings into force. */
export function confKeyOf(config: EtcdConfig): string {
  return hash('sha256', restartKey(config));
}

/**
 * Identifies everything that only a restart brings into force: conf.yml without what etcd ignores once it has data, and
 * the CA files, which etcd reads only at its start. Equal keys need no restart.
 */
export function restartKeyOf(config: EtcdConfig, trust: Pick<MemberState['trust'], 'client' | 'peer'>): string {
  return hash('sha256', JSON.stringify([restartKey(config), trust.client, trust.peer]));
}
