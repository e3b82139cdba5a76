import { nextStep } from './next-step.ts';
import { type AnyReason, type Reason, reason } from './reason.ts';

/**
 * What to do after this cause has kept etcd's authentication from being switched. Another version may send causes that are not in
 * the table.
 */
export function adviceOnAuthentication(cause: AnyReason, cluster: string): Reason {
  switch (cause.code) {
    case 'authentication_is':
      return reason('authentication_as_wanted');
    case 'authentication_unseen':
      return reason('repeat_when_seen', { cluster });
    case 'is_frozen':
      return reason('repeat_when_unfrozen', { cluster });
    case 'all_serve_first':
    case 'no_voter_serves':
      return reason('repeat_when_all_serve', { cluster, place: 'elsewhere' });
    case 'etcdctl_unready':
      return reason('make_etcdctl_ready');
    case 'clients_without_role':
      return reason('give_clients_users');
    case 'users_like_servers':
      return reason('repeat_without_users');
    default:
      return nextStep(cause, { cluster, place: 'elsewhere' });
  }
}
