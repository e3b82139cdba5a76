import { isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import { corrected } from '../model/clock-doubt.ts';
import type { CurrentState } from '../model/model.ts';
import { restartsOf, serves } from '../model/serves.ts';
import type { Applied } from '../reconcile/apply/apply.ts';

/** What happened to etcd that its state does not show. The agent forgets it at its end. */
export interface ServiceNews {
  /** The count of restarts when etcd last served, or at the first observation; null before that. */
  readonly settledRestarts: number | null;
  readonly endings: Endings | null;
  readonly notices: readonly Notice[];
}

/** How often etcd has ended unexpectedly since it last served, or since the agent started. */
interface Endings {
  readonly count: number;
  /** Milliseconds since the epoch; null while the clock is in doubt. */
  readonly since: number | null;
  /** The same on the monotonic clock. */
  readonly seen: number;
}

interface Notice {
  readonly reason: AnyReason;
  /** Reported until then, on the monotonic clock. */
  readonly until: number;
}

export const noNews: ServiceNews = { settledRestarts: null, endings: null, notices: [] };

const tellMs = 10 * 60 * 1000;

/** The news after this observation. */
export function newsSeeing(before: ServiceNews, current: CurrentState): ServiceNews {
  const { service, monotonic } = current;
  const notices = before.notices.filter(({ until }) => until > monotonic);
  const restarts = restartsOf(service);
  if (restarts === null) return { ...before, notices };
  // A restarted supervisor restarts its count.
  const settledRestarts = Math.min(before.settledRestarts ?? restarts, restarts);
  const count = restarts - settledRestarts + (service.kind === 'crashed' ? 1 : 0);
  const endings = count === 0 ? null : { count, ...firstSeen(before.endings, current) };
  if (!serves(current)) {
    const stillTrue = notices.filter((one) => one.reason.code !== 'ended_and_serves');
    return { settledRestarts, endings, notices: stillTrue };
  }
  const healed = endings === null ? [] : [notice(reason('ended_and_serves', endingFacts(endings)), monotonic)];
  return { settledRestarts: restarts, endings: null, notices: [...notices, ...healed] };
}

/** When the first of these endings was seen, by what is now known about the time. */
function firstSeen(before: Endings | null, { now, monotonic, clockDoubt }: CurrentState): Omit<Endings, 'count'> {
  const seen = before?.seen ?? monotonic;
  const there = now - (monotonic - seen);
  if (clockDoubt !== null) return { since: null, seen };
  return { since: corrected(before?.since ?? there, there), seen };
}

/** The news after these acts on the observation. */
export function newsAfter(before: ServiceNews, seen: CurrentState, { done }: Applied): ServiceNews {
  const told = done.flatMap((step): AnyReason[] => {
    if (step.kind === 'install-service' && step.altered.length > 0)
      return [reason('definition_put_back', { paths: step.altered })];
    if (step.kind === 'start-etcd' && stoppedByHand(seen)) return [reason('started_after_stop')];
    return [];
  });
  return { ...before, notices: [...before.notices, ...told.map((one) => notice(one, seen.monotonic))] };
}

/** True if it ran in this very boot, and something other than this agent has stopped it since. */
export function stoppedByHand({ service, journal, boot }: CurrentState): boolean {
  return service.kind === 'stopped' && journal.startedWith !== null && boot !== null && journal.ranIn === boot;
}

/** As the facts of a reason. */
export function endingFacts({ count, since }: Endings) {
  return { count, since: isoTimeOrNull(since) };
}

function notice(why: AnyReason, monotonic: number): Notice {
  return { reason: why, until: monotonic + tellMs };
}
