import type { KeysHash, MaintenanceOrder } from '@picket/shared/protocol/maintenance.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { EtcdGateway, Patience } from '../etcd/etcd.ts';

export type UpkeptEtcd = Pick<
  EtcdGateway,
  | 'head'
  | 'compact'
  | 'defragment'
  | 'disarmNoSpace'
  | 'disarmCorrupt'
  | 'hashKeys'
  | 'prepareAuthentication'
  | 'enableAuthentication'
  | 'disableAuthentication'
  | 'moveLeader'
  | 'downgrade'
>;

/** How an order ended; the hash, if it was for one. */
export interface Result {
  readonly reason: Reason;
  readonly hash?: KeysHash;
}

/**
 * Carries out an order for etcd's database and returns the result. Throws EtcdError, and an error if permission has
 * ended: recording the start, and compaction before it, take time.
 */
export async function carryOut(
  order: Exclude<MaintenanceOrder, { kind: 'admit-picket' }>,
  etcd: UpkeptEtcd,
  { leave, ...patience }: Patience & { readonly leave: () => boolean },
): Promise<Result> {
  const requireLeave = (): void => {
    if (!leave()) throw new Error('its time ran out before it began');
  };
  switch (order.kind) {
    case 'compact': {
      const { revision } = await etcd.head();
      requireLeave();
      await etcd.compact(revision, patience);
      return { reason: reason('keys_compacted', { revision }) };
    }
    case 'defragment': {
      const before = await etcd.head();
      if (order.compactFirst) await etcd.compact(before.revision, patience);
      requireLeave();
      await etcd.defragment(patience);
      const after = await etcd.head();
      return { reason: reason('defragmented', { before: before.dbSizeBytes, after: after.dbSizeBytes }) };
    }
    case 'disarm': {
      requireLeave();
      const count = await etcd.disarmNoSpace(patience);
      return { reason: reason('disarmed', { count }) };
    }
    case 'disarm-corrupt': {
      requireLeave();
      const count = await etcd.disarmCorrupt(patience);
      return { reason: reason('corrupt_disarmed', { count }) };
    }
    case 'hash': {
      requireLeave();
      const hash = await etcd.hashKeys(order.revision, patience);
      return { reason: reason('keys_hashed', hash), hash };
    }
    case 'enable-authentication': {
      await etcd.prepareAuthentication(order.clients, patience);
      requireLeave();
      await etcd.enableAuthentication(patience);
      return { reason: reason('authentication_enabled') };
    }
    case 'disable-authentication': {
      requireLeave();
      await etcd.disableAuthentication(patience);
      return { reason: reason('authentication_disabled') };
    }
    case 'move-leader': {
      requireLeave();
      await etcd.moveLeader(order.to);
      return { reason: reason('leadership_handed_over', { memberId: order.to }) };
    }
    case 'downgrade': {
      requireLeave();
      await etcd.downgrade(order.to, patience);
      return { reason: reason('etcd_downgrades', { to: order.to }) };
    }
  }
}
