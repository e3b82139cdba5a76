import type { Numbers, Texts, Why } from './facts.ts';
import type { AnyReason, Sayers } from './reason.ts';
import { megabytes } from './sizes.ts';

type Of = Texts<'cluster' | 'name'>;
type Target = Texts<'target'>;

/** What notifications tell beyond the headline and the notices, and why a receiver did not take one. */
export const notificationReasons = {
  learner_stays: ({ name }: Of) => `${name} is still a learner: it receives data and does not vote`,
  not_up_to_date: ({ name }: Of) => `${name} has not applied its desired state`,
  reports_uncounted: ({ name, why }: Of & Why, say) => `the reports of ${name} do not count: ${say(why)}`,
  data_is_lost: ({ name, why }: Of & { readonly why: AnyReason | null }, say) =>
    `the etcd of ${name} has lost its data and does not start again${why === null ? '' : `: ${say(why)}`}`,
  client_is_silent: ({ name }: Of) => `the client ${name} has not reported for ten minutes`,
  rollout_has_stopped: ({ why }: { readonly why: AnyReason | null }, say) =>
    `the rollout has stopped${why === null ? '' : `: ${say(why)}`}`,
  backup_is_old: ({ lastAt }: { readonly lastAt: string | null }) =>
    lastAt === null
      ? 'no backup of the coordinator is known'
      : `the last backup of the coordinator was made at ${lastAt}`,
  backup_fails: ({ targets, why }: { readonly targets: readonly string[]; readonly why: AnyReason }, say) =>
    `no backup of the coordinator can be stored in ${targets.join(', ')}: ${say(why)}`,
  own_disk_nearly_full: ({ freeBytes }: Numbers<'freeBytes'>) =>
    `the disk of the coordinator has only ${megabytes(freeBytes)} free: it can soon store nothing`,
  receiver_answered: ({ target, status }: Target & Numbers<'status'>) =>
    status === 401 || status === 403
      ? `${target} refuses the token or the signature (HTTP ${status})`
      : status === 404
        ? `${target} does not know this address (HTTP 404)`
        : `${target} answered with HTTP ${status}`,
  mail_refused: ({
    target,
    what,
    status,
  }: Target & { readonly what: 'login' | 'address' | 'message' | 'tls'; readonly status: number | null }) => {
    const code = status === null ? '' : ` (SMTP ${status})`;
    switch (what) {
      case 'login':
        return `${target} refuses the user or the password${code}`;
      case 'address':
        return `${target} refuses the sender or every recipient${code}`;
      case 'message':
        return `${target} refuses the message${code}`;
      case 'tls':
        return `${target} offers no STARTTLS, or its certificate is not trusted${code}`;
      default:
        return `${target} refuses the mail${code}`;
    }
  },
  receiver_redirects:
    '{target} answered with a redirect (HTTP {status}), which Picket does not follow: add the channel again with the final address',
  receiver_silent: '{target} did not answer within {seconds} s',
  receiver_unreachable: '{target} cannot be reached ({problem})',
  channel_unreadable:
    'its settings in the store cannot be decrypted with the key of this coordinator: remove the channel and add it again',
} as const satisfies Sayers;
