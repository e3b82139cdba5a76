import { failure } from '@picket/shared/errors.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { EtcdGateway } from '../../etcd/etcd.ts';
import { carryOut, type UpkeptEtcd } from '../../maintenance/carry-out.ts';
import type { AgentStep, StepOf } from '../../model/model.ts';
import { leaseIsValid } from '../lease.ts';
import { admitPicket } from './admit-picket.ts';
import { clearForDisruption } from './disruption.ts';
import type { ExecutionContext } from './execution.ts';

/**
 * The check that the cluster can do without this member expires. If the compaction takes longer than this, the next
 * attempt finds it done.
 */
const clearedForMs = 10_000;

/**
 * Starts maintenance. The journal records how it ends; a failure is not a failure of this node. What takes this member
 * out of service starts only once this node has checked that the cluster can do without it (R2).
 */
export async function tendDatabase(
  { order, incarnation, kind }: StepOf<'maintenance'>,
  context: ExecutionContext,
): Promise<void> {
  const { accepted, host, maintenance, journal } = context;
  const { clock } = host;
  const leased = (): boolean => leaseIsValid(accepted, order.validForSeconds, clock.monotonic());
  if (order.kind === 'admit-picket') {
    const keptOut = await etcdOf(kind, context);
    await maintenance.begin(
      order,
      (patience) => admitPicket(keptOut, context, { ...patience, leave: leased }),
      journal,
    );
    return;
  }
  const begin = (etcd: UpkeptEtcd, leave: () => boolean) =>
    maintenance.begin(order, (patience) => carryOut(order, etcd, { ...patience, leave }), journal);
  if (order.kind === 'defragment') {
    const refuse = (why: AnyReason) => failure('defragmentation_refused', { reason: why });
    const cleared = await clearForDisruption({ permitId: order.id, incarnation, refuse }, context);
    const clearedAt = clock.monotonic();
    const fresh = (): boolean => clock.monotonic() - clearedAt <= clearedForMs;
    await begin(cleared, () => leased() && fresh());
    return;
  }
  await begin(await etcdOf(kind, context), leased);
}

/** Starts a snapshot. The journal records how it ends; a failure is not a failure of this node. */
export async function takeSnapshot({ order, kind }: StepOf<'take-snapshot'>, context: ExecutionContext): Promise<void> {
  await context.snapshots.begin(order, await etcdOf(kind, context), context.journal);
}

async function etcdOf(step: AgentStep['kind'], { gateway }: ExecutionContext): Promise<EtcdGateway> {
  const etcd = await gateway();
  if (etcd === null) throw failure('step_impossible', { step, problem: 'this node has no certificate for etcd' });
  return etcd;
}
