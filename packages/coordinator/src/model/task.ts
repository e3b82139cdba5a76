import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { MaintenanceOrder } from '@picket/shared/protocol/maintenance.ts';
import type { FreshNames } from './fresh-names.ts';
import type { Instant } from './instant.ts';
import type { Permit } from './permit-progress.ts';
import { leaseSeconds, maintenanceSeconds } from './waits.ts';

/** An order that the agent of one member carries out once. */
export interface Task {
  readonly id: string;
  readonly executor: string;
  readonly issuedAt: Instant;
}

interface Beginning {
  readonly now: Instant;
  readonly fresh: Pick<FreshNames, 'id'>;
}

/** A task that begins now. */
export function newTask(executor: string, { now, fresh }: Beginning): Task {
  return { id: fresh.id, executor, issuedAt: now };
}

/** A permit that begins now. */
export function newPermit(member: string, { now, fresh }: Beginning): Permit {
  return { id: fresh.id, member, issuedAt: now, withdrawnAt: null };
}

type ActOf<Order> = Order extends MaintenanceOrder ? Omit<Order, 'id' | 'validForSeconds' | 'deadlineSeconds'> : never;

/** The order for a node to do this to its etcd. It may begin within its lease, and end by this deadline. */
export function maintenanceOrder(
  id: string,
  act: ActOf<MaintenanceOrder>,
  deadlineSeconds = maintenanceSeconds,
): Pick<MemberState, 'maintenance'> {
  return { maintenance: { id, ...act, validForSeconds: leaseSeconds, deadlineSeconds } };
}
