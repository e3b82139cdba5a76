import type { Cause } from './rule.ts';

/** What follows if a voter does not serve, for whatever reason. */
export const ofSilence: readonly Cause[] = [
  'cause_voter_down',
  'cause_no_quorum',
  'cause_peer_refused',
  'cause_peer_unreachable',
];

/** What follows if etcd cannot run. */
export const ofDownEtcd: readonly Cause[] = [...ofSilence, 'cause_etcd_ends', 'cause_state_not_applied'];

/** What follows if peers refuse a certificate. */
export const ofRefusal: readonly Cause[] = [
  'cause_voter_down',
  'cause_no_quorum',
  'cause_peer_tls',
  'cause_state_not_applied',
];
