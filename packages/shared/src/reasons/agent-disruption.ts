import type { AnyReason, Say } from './reason.ts';

type Purpose = { readonly purpose: string };
type OsError = { readonly osError: string };

/** Why an agent leaves etcd or a certificate as it is just before it would have changed it (R2, R9, R17). */
export const agentDisruptionReasons = {
  node_without_member: () => 'this node has no member',
  permit_over: () => 'the permit has run out',
  certificate_unusable: ({ purpose }: Purpose) => `the ${purpose} certificate cannot be used`,
  certificates_end: ({ ending }: { readonly ending: readonly Ending[] }) =>
    `${ending.map(({ purpose, over, at }) => `the ${purpose} certificate ${over ? 'ended' : 'ends'} at ${at}`).join('; ')}; it would not come back with that`,
  renewal_unproven: ({ purpose }: Purpose) => `the renewed ${purpose} certificate has not been seen to hold yet`,
  etcd_is_silent: () => 'etcd does not answer',
  etcd_without_leader: () => 'etcd sees no leader',
  not_in_own_list: () => 'etcd on this node is not in its own member list',
  voters_absent: ({ absent }: { readonly absent: readonly Absent[] }, say: Say) =>
    `not every other voter can be counted on; ${absentTold(absent, say)}`,
  voter_not_started: () => 'it has not started',
  voter_not_healthy: () => 'it does not call itself healthy',
  back_by_itself: () => 'it is back by itself, and may be stopped by permit alone',
  serves_after_all: () => 'it serves with its new conf.yml after all',
  defragments_now: () => 'it defragments its database, and answers nobody meanwhile',
  follows_again: () => 'it follows a leader again, and may be stopped by permit alone',
  lives_after_all: () => 'it has come to life after all',
  runs_other_minor: ({ minor, installed }: { readonly minor: string; readonly installed: string | null }) =>
    `it runs etcd ${minor}, and ${installed === null ? 'none that can be run' : `etcd ${installed}`} is installed`,
  shows_other_certificate: ({ serial }: { readonly serial: string }) =>
    `etcd shows another certificate than ${serial} to new connections`,
  answered_with_status: ({ status }: { readonly status: number | undefined }) =>
    `etcd answered to it with status ${status}`,
  etcd_did_not_answer: ({ osError }: OsError) => `etcd did not answer: ${osError}`,
  shown_does_not_hold: ({ osError }: OsError) => `the certificate that etcd shows does not hold: ${osError}`,
  new_connection_failed: ({ osError }: OsError) => `a new connection failed: ${osError}`,
} as const;

/** A certificate that ends too soon, or has ended. */
type Ending = Purpose & { readonly over: boolean; readonly at: string };

/** A voter that cannot be counted on. */
export type Absent = { readonly member: string; readonly why: AnyReason };

export function absentTold(absent: readonly Absent[], say: Say): string {
  return absent.map(({ member, why }) => `${member}: ${say(why)}`).join('; ');
}
