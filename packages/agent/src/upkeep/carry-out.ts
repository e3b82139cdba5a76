import type { UpkeepOrder } from '@picket/shared/protocol/upkeep.ts';
import { megabytes } from '@picket/shared/sizes.ts';
import type { EtcdGateway, Patience } from '../etcd/etcd.ts';

export type UpkeptEtcd = Pick<EtcdGateway, 'head' | 'compact' | 'defragment' | 'disarmNoSpace'>;

/** Does to etcd's database what was ordered, and says in words what came of it. Throws EtcdError. */
export async function carryOut(order: UpkeepOrder, etcd: UpkeptEtcd, patience: Patience): Promise<string> {
  switch (order.kind) {
    case 'compact': {
      const { revision } = await etcd.head();
      await etcd.compact(revision, patience);
      return `what keys held before revision ${revision} is gone`;
    }
    case 'defragment': {
      const before = await etcd.head();
      if (order.compactFirst) await etcd.compact(before.revision, patience);
      await etcd.defragment(patience);
      const after = await etcd.head();
      return `${megabytes(before.dbSizeBytes)} before, ${megabytes(after.dbSizeBytes)} now`;
    }
    case 'disarm': {
      const count = await etcd.disarmNoSpace(patience);
      return count === 1 ? 'one member had raised NOSPACE' : `${count} members had raised NOSPACE`;
    }
  }
}
