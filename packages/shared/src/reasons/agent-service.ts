import { lastWordsTold } from './agent-etcd.ts';
import { authenticationOnReason } from './etcd-authentication.ts';
import type { AnyReason, Say } from './reason.ts';

/** `since` is an ISO time; null while the clock is in doubt. */
type Endings = { readonly count: number; readonly since: string | null };
type Said = { readonly how: string; readonly lastWords: string | null };
type Incarnation = { readonly incarnation: string };
type Why = { readonly why: AnyReason };

/** What happened to the service, and why an agent stopped it. */
export const agentServiceReasons = {
  stopped_by_hand: () => 'etcd was stopped by hand (not by this agent)',
  started_after_stop: () => 'etcd was stopped by hand (not by this agent); this agent started it again',
  ended: ({ how, lastWords }: Said) => `etcd ended by itself: ${how}${lastWordsTold(lastWords)}`,
  ended_often: ({ how, lastWords, ...endings }: Endings & Said) =>
    `${endingsTold(endings)}: ${how}${lastWordsTold(lastWords)}`,
  ended_and_silent: ({ lastWords, ...endings }: Endings & Pick<Said, 'lastWords'>) =>
    `${endingsTold(endings)}${lastWordsTold(lastWords)}`,
  ended_and_serves: (endings: Endings) => `${endingsTold(endings)}, and serves again`,
  ended_unobserved: ({ how, why }: Why & { readonly how: string }, say: Say) =>
    `etcd ended by itself: ${how}. ${say(why)}`,
  authentication_on: () => authenticationOnReason,
  supervisor_ended: () =>
    'etcd runs without its supervisor, which has ended: if etcd ends, this agent alone brings it back. `kill $(pidof etcd)` has it started under a new one; `rc-service etcd restart` does not',
  definition_put_back: ({ paths }: { readonly paths: readonly string[] }) =>
    `${paths.join(' and ')} had been changed or removed, by hand or by another version of this agent; ` +
    'it was put back, and etcd was left as it is',
  life_retired: ({ incarnation }: Incarnation) => `the incarnation ${incarnation} is retired`,
  files_change: () => 'it is down, and its files change',
  conf_goes_back: ({ why }: { readonly why: AnyReason | null }, say: Say) =>
    `its new conf.yml is put back${why === null ? '' : `: ${say(why)}`}`,
  born_dead: () =>
    'it has committed nothing since it was first started, as after a power cut just then, and begins anew',
  silent_with_other_conf: ({ silentFor }: { readonly silentFor: number }) =>
    `it has taken no part in its cluster for ${silentFor} s, and is wanted with another conf.yml`,
} as const;

function endingsTold({ count, since }: Endings): string {
  const times = count === 1 ? 'once' : `${count} times`;
  return `etcd has ended by itself ${times}${since === null ? '' : ` since ${since}`}`;
}
