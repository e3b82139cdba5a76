import type { UpkeepOrder } from '@picket/shared/protocol/upkeep.ts';
import { megabytes } from '@picket/shared/reasons/sizes.ts';
import type { EtcdGateway, Patience } from '../etcd/etcd.ts';

export type UpkeptEtcd = Pick<EtcdGateway, 'head' | 'compact' | 'defragment' | 'disarmNoSpace'>;

/**
 * Does to etcd's database what was ordered, and says in words what came of it. Throws EtcdError, and an error where there
 * is no leave any more: noting that it is begun, and dropping history first, have taken their time.
 */
export async function carryOut(
  order: UpkeepOrder,
  etcd: UpkeptEtcd,
  { leave, ...patience }: Patience & { readonly leave: () => boolean },
): Promise<string> {
  const requireLeave = (): void => {
    if (!leave()) throw new Error('its time ran out before it was begun');
  };
  switch (order.kind) {
    case 'compact': {
      const { revision } = await etcd.head();
      requireLeave();
      await etcd.compact(revision, patience);
      return `what keys held before revision ${revision} is gone`;
    }
    case 'defragment': {
      const before = await etcd.head();
      if (order.compactFirst) await etcd.compact(before.revision, patience);
      requireLeave();
      await etcd.defragment(patience);
      const after = await etcd.head();
      return `${megabytes(before.dbSizeBytes)} before, ${megabytes(after.dbSizeBytes)} now`;
    }
    case 'disarm': {
      requireLeave();
      const count = await etcd.disarmNoSpace(patience);
      return count === 1 ? 'one member had raised NOSPACE' : `${count} members had raised NOSPACE`;
    }
  }
}
