import type { PicketError } from '@picket/shared/errors.ts';
import { messageOf } from '@picket/shared/problems.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { EtcdGateway } from '../../etcd/etcd.ts';
import { healthPath } from '../../etcd/gateway-json.ts';
import type { Probe } from '../../etcd/probe.ts';
import { purposes } from '../../model/managed-files.ts';
import { type AcceptedMember, type CurrentState, isMember, type Paths } from '../../model/model.ts';
import { lostDataReason } from '../data-dir.ts';
import { leaseIsValid } from '../lease.ts';
import { type Asking, absentOf, shownCredentials } from './ask-voter.ts';
import type { ExecutionContext } from './execution.ts';

interface Disruption {
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
  if (!permitIsValid(accepted, permitId, current.monotonic)) throw refuse(reason('permit_over'));
  const memberList = () => gateway.memberList();
  const verdict = await checkAbsence({ current, incarnation, paths, memberList, probe, credentials });
  if (!verdict.ok) throw refuse(verdict.why);
  if (verdict.handOverTo !== null) await handOver(gateway, verdict.handOverTo, context);
  // The checks took time. If a lease has expired meanwhile, it permits nothing.
  if (!permitIsValid(accepted, permitId, host.clock.monotonic())) throw refuse(reason('permit_over'));
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

interface AbsenceCheck {
  /** The present state, observed for this check. */
  readonly current: CurrentState;
  readonly incarnation: string;
  readonly paths: Paths;
  readonly memberList: EtcdGateway['memberList'];
  readonly probe: Probe;
  readonly credentials: Asking['credentials'];
}

/** A disruption that may continue, and the voter that can take over the leadership if this member leads. */
type DisruptionVerdict =
  | { readonly ok: true; readonly handOverTo: string | null }
  | { readonly ok: false; readonly why: Reason };

/** Certificates must be valid for longer than a restart on the slowest board, including its return to the quorum. */
const outliveMs = 10 * 60 * 1000;

/**
 * Checks whether the cluster can do without this member now, whoever permits it (R2). A permit says that the coordinator
 * thought so.
 */
export async function checkAbsence(check: AbsenceCheck): Promise<DisruptionVerdict> {
  const local = localProblem(check);
  if (local !== null) return { ok: false, why: local };
  const { current, memberList } = check;
  // It counts in no quorum, leads nothing, and etcd returns no member list for the check.
  if (current.etcd?.isLearner === true) return { ok: true, handOverTo: null };
  const own = current.etcd?.memberId;
  const members = await memberList();
  const others = members.filter(({ id, isLearner }) => id !== own && !isLearner);
  if (own === undefined || !members.some(({ id }) => id === own)) {
    return { ok: false, why: reason('not_in_own_list') };
  }
  const asking = { ...check, path: healthPath(current.etcd?.alarms ?? []) };
  const absent = await absentOf(others, asking);
  // All of them, not only a quorum: a member that is away now may be needed next.
  if (absent.length > 0) return { ok: false, why: reason('voters_absent', { absent }) };
  const leads = current.etcd?.leader === own;
  return { ok: true, handOverTo: leads ? (others[0]?.id ?? null) : null };
}

/** Whether exactly this permit still allows the act. */
function permitIsValid(accepted: AcceptedMember, permitId: string, monotonic: number): boolean {
  const { permit, maintenance } = accepted.document;
  const leaves = [permit, maintenance?.kind === 'defragment' ? maintenance : null];
  return leaves.some((leave) => leave?.id === permitId && leaseIsValid(accepted, leave.validForSeconds, monotonic));
}

function localProblem({ current, incarnation, paths }: AbsenceCheck): Reason | null {
  if (current.clockDoubt !== null) return reason('clock_wrong', { why: current.clockDoubt });
  for (const purpose of purposes) {
    const state = current.credentials[purpose];
    if (state.kind !== 'held' || !state.issuedByBundle) return reason('certificate_unusable', { purpose });
  }
  const ending = purposes.flatMap((purpose) => endingOf(purpose, current));
  if (ending.length > 0) return reason('certificates_end', { ending });
  // etcd and its clients do without the agent's own certificate.
  const unproven = current.unproven.find((purpose) => purpose !== 'admin');
  if (unproven !== undefined) return reason('renewal_unproven', { purpose: unproven });
  if (current.etcd === null) return reason('etcd_is_silent');
  if (current.etcd.leader === '0') return reason('etcd_without_leader');
  return lostDataReason(incarnation, current, paths.dataRoot);
}

function endingOf(purpose: LeafPurpose, { credentials, now }: CurrentState) {
  const state = credentials[purpose];
  if (state.kind !== 'held' || state.until - now >= outliveMs) return [];
  return [{ purpose, over: now >= state.until, at: state.held.notAfter }];
}
