import type { LeafPurpose } from '@picket/shared/protocol/words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { EtcdGateway } from '../../etcd/etcd.ts';
import { healthPath } from '../../etcd/gateway-json.ts';
import type { Probe } from '../../etcd/probe.ts';
import { purposes } from '../../model/managed-files.ts';
import type { AcceptedMember, CurrentState, Paths } from '../../model/model.ts';
import { lostDataReason } from '../data-dir.ts';
import { leaseHolds } from '../lease.ts';
import { type Asking, absentOf } from './ask-voter.ts';

export interface AbsenceCheck {
  /** The present state, observed for this check. */
  readonly current: CurrentState;
  readonly incarnation: string;
  readonly paths: Paths;
  readonly memberList: EtcdGateway['memberList'];
  readonly probe: Probe;
  readonly credentials: Asking['credentials'];
}

/** A disruption that may continue, and the voter that can take over the leadership if this member leads. */
export type DisruptionVerdict =
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
export function permitHolds(accepted: AcceptedMember, permitId: string, monotonic: number): boolean {
  const { permit, maintenance } = accepted.document;
  const leaves = [permit, maintenance?.kind === 'defragment' ? maintenance : null];
  return leaves.some((leave) => leave?.id === permitId && leaseHolds(accepted, leave.validForSeconds, monotonic));
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
