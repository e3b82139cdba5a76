import { failure } from '@picket/shared/errors.ts';
import type { ClusterSpec, Tuning } from '@picket/shared/protocol/clusters.ts';
import { configurationOf } from '../model/configuration-of.ts';
import { quotaProblem } from '../model/quota.ts';
import type { Situation } from '../model/situation.ts';

/** The present state that a change must fit, besides being valid. */
export type ChangeGround = Omit<Situation, 'now'>;

/** Throws `quota_too_small`, `timing_apart`. */
export function requireFit(changed: ClusterSpec, ground: ChangeGround): void {
  requireRoom(changed, ground);
  requireCloseTiming(changed, ground);
}

function requireRoom({ name, tuning }: ClusterSpec, { spec, status }: ChangeGround): void {
  const wanted = tuning.quotaBackendBytes;
  const problem = quotaProblem(spec, status, { is: spec.tuning.quotaBackendBytes, wanted });
  if (problem !== null) throw failure('quota_too_small', { name, wanted, ...problem });
}

/** While they restart one after another, members with the old timing and with the new one are in one cluster. */
function requireCloseTiming({ name, tuning: wanted }: ClusterSpec, { spec, progress }: ChangeGround): void {
  const lives = Object.keys(progress.members);
  if (lives.length < 2) return;
  const refuse = (one: Timing, steps: { readonly first: string; readonly next: string }) =>
    failure('timing_apart', { name, ...one, ...steps });
  const heartbeat = `heartbeatIntervalMs=${wanted.heartbeatIntervalMs}`;
  const election = `electionTimeoutMs=${wanted.electionTimeoutMs}`;
  const { trial } = progress.configuration;
  const given = lives.map((member) => configurationOf(spec, progress, member));
  // Until it restarts, the member on trial runs with its former settings.
  for (const { tuning: is } of trial === null ? given : [...given, trial.before]) {
    const { heartbeatIntervalMs, electionTimeoutMs } = is;
    const faster = { heartbeatIntervalMs, electionTimeoutMs: wanted.electionTimeoutMs };
    if (!isClose(faster)) throw refuse(faster, { first: heartbeat, next: election });
    const slower = { heartbeatIntervalMs: wanted.heartbeatIntervalMs, electionTimeoutMs };
    if (!isClose(slower)) throw refuse(slower, { first: election, next: heartbeat });
  }
}

type Timing = Pick<Tuning, 'heartbeatIntervalMs' | 'electionTimeoutMs'>;

/**
 * The same ratio that etcd requires within one member: otherwise a follower starts an election between two heartbeats
 * of its leader.
 */
function isClose({ heartbeatIntervalMs, electionTimeoutMs }: Timing): boolean {
  return electionTimeoutMs >= 5 * heartbeatIntervalMs;
}
