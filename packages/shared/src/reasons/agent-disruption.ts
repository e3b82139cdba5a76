import type { Flags, Member, Texts, Why } from './facts.ts';
import type { Say } from './reason.ts';

type Purpose = Texts<'purpose'>;

/** Why an agent decides at the last moment not to restart etcd or not to change a certificate (R2, R9, R17). */
export const agentDisruptionReasons = {
  node_without_member: 'this node has no member',
  permit_over: 'the permit has expired',
  certificate_unusable: 'the {purpose} certificate cannot be used',
  certificates_end: ({ ending }: { readonly ending: readonly Ending[] }) =>
    `${ending.map(({ purpose, over, at }) => `the ${purpose} certificate ${over ? 'expired' : 'expires'} at ${at}`).join('; ')}; etcd could not start again with that`,
  renewal_unproven: 'the renewed {purpose} certificate is not confirmed to work yet',
  etcd_is_silent: 'etcd does not answer',
  etcd_without_leader: 'etcd sees no leader',
  members_unread: 'etcd did not list its members by a linearizable read',
  not_in_own_list: 'the member list of etcd on this node does not contain this node',
  voters_absent: ({ absent }: { readonly absent: readonly Absent[] }, say: Say) =>
    `not every other voter serves; ${absentInWords(absent, say)}`,
  reboots_without_hold:
    'a cluster of {voters} cannot serve without this member, and needs no hold: reboot the machine without a hold',
  voter_not_started: 'it has not started',
  voter_not_healthy: 'its health check fails',
  back_by_itself: 'it runs again, and stopping it now needs a permit',
  serves_after_all: 'it now serves with its new settings',
  defragments_now: 'it defragments its database, and answers nothing until it is done',
  follows_again: 'it follows a leader again, and stopping it now needs a permit',
  lives_after_all: 'it runs now',
  runs_other_minor: ({ minor, installed }: { readonly minor: string; readonly installed: string | null }) =>
    `it runs etcd ${minor}, but ${installed === null ? 'no etcd that can run' : `etcd ${installed}`} is installed`,
  shows_other_certificate: 'on new connections etcd uses another certificate than {serial}',
  answered_with_status: ({ status }: { readonly status: number | undefined }) => `etcd answered with status ${status}`,
  etcd_did_not_answer: 'etcd did not answer: {osError}',
  shown_does_not_hold: 'the certificate that etcd uses does not work: {osError}',
  new_connection_failed: 'a new connection failed: {osError}',
} as const;

/** A certificate that ends too soon, or has ended. */
type Ending = Purpose & Flags<'over'> & Texts<'at'>;

/** A voter that does not serve, as far as is known. */
export type Absent = Member & Why;

export function absentInWords(absent: readonly Absent[], say: Say): string {
  return absent.map(({ member, why }) => `${member}: ${say(why)}`).join('; ');
}
