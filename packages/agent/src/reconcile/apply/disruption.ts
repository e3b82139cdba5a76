import type { PicketError } from '@picket/shared/errors.ts';
import { messageOf } from '@picket/shared/problems.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { EtcdGateway } from '../../etcd/etcd.ts';
import { isMember } from '../../model/model.ts';
import { shownCredentials } from './ask-voter.ts';
import { checkAbsence, permitHolds } from './disruption-check.ts';
import type { ExecutionContext } from './execution.ts';

export interface Disruption {
  readonly permitId: string;
  readonly incarnation: string;
  readonly refuse: (why: Reason) => PicketError;
}

/**
 * Resolves to this node's etcd once the cluster can do without it for a while, by this node's own check, and it no
 * longer leads (R2, R6). Otherwise throws what `refuse` makes of the reason.
 */
export async function clearForDisruption(
  { permitId, incarnation, refuse }: Disruption,
  context: ExecutionContext,
): Promise<EtcdGateway> {
  const { host, accepted } = context;
  if (!isMember(accepted)) throw refuse(reason('node_without_member'));
  const gateway = await context.gateway();
  const credentials = await shownCredentials(accepted, context);
  if (gateway === null || credentials === null) throw refuse(reason('certificates_unread'));
  const { paths, probe } = context;
  const current = await context.observe();
  if (!permitHolds(accepted, permitId, current.monotonic)) throw refuse(reason('permit_over'));
  const memberList = () => gateway.memberList();
  const verdict = await checkAbsence({ current, incarnation, paths, memberList, probe, credentials });
  if (!verdict.ok) throw refuse(verdict.why);
  if (verdict.handOverTo !== null) await handOver(gateway, verdict.handOverTo, context);
  // The checks took time. If a lease has expired meanwhile, it permits nothing.
  if (!permitHolds(accepted, permitId, host.clock.monotonic())) throw refuse(reason('permit_over'));
  return gateway;
}

/** The cluster elects another leader in any case; handing over saves it the election timeout (R6). */
async function handOver(gateway: EtcdGateway, to: string, { log }: ExecutionContext): Promise<void> {
  try {
    await gateway.moveLeader(to);
  } catch (error) {
    log.warn({ to, error: messageOf(error) }, 'the leadership was not handed over');
  }
}
