import type { ClusterSpec, Tuning } from '@picket/shared/protocol/clusters.ts';
import { configurationOf, wantedConfiguration } from './configuration-of.ts';
import type { Configuration } from './configuration-progress.ts';
import type { ClusterProgress } from './progress.ts';
import { stageOf } from './upgrade-stage.ts';

/** The settings of the spec, with the etcd that the stage of an upgrade brings. */
export function stagedConfiguration(spec: ClusterSpec, progress: ClusterProgress): Configuration {
  const wanted = wantedConfiguration(spec);
  const stage = stageOf(progress);
  if (stage === null) return wanted;
  const { etcd: _last, ...settings } = wanted;
  const packageMinor = stage.kind === 'install' ? stage.packageMinor : undefined;
  const version = stage.kind === 'install' ? stage.version : (progress.configuration.settled?.etcd?.version ?? null);
  // A snapshot that is written before the index is noted may not be past it, and a quiet cluster writes no other.
  const writes = stage.kind === 'raft-snapshot' && progress.upgrade?.raftIndex !== undefined;
  return {
    ...settings,
    ...(version === null ? {} : { etcd: { version } }),
    ...(packageMinor === undefined ? {} : { packageMinor }),
    ...(writes ? { raftSnapshots: true } : {}),
  };
}

/**
 * The settings that the members get next: those of the spec, or a step on the way to them. While members restart one
 * after another, some have the old timing and some the new one. If these could not be in one cluster, the first rollout
 * changes the heartbeat or the election timeout alone, and the next one the other. Pure.
 */
export function nextConfiguration(spec: ClusterSpec, progress: ClusterProgress): Configuration {
  const wanted = stagedConfiguration(spec, progress);
  const { settled, trial } = progress.configuration;
  const incarnations = Object.keys(progress.members);
  if (settled === null || incarnations.length < 2) return wanted;
  // Newcomers get the settled ones. Until it restarts, the member on trial runs with its former settings.
  const newcomers = [settled];
  const former = trial === null ? [] : [trial.before];
  const given = [...newcomers, ...former, ...incarnations.map((member) => configurationOf(spec, progress, member))];
  const heartbeats = given.map(({ tuning }) => tuning.heartbeatIntervalMs);
  const timeouts = given.map(({ tuning }) => tuning.electionTimeoutMs);
  const { heartbeatIntervalMs, electionTimeoutMs } = wanted.tuning;
  if (!isClose({ heartbeatIntervalMs: Math.max(...heartbeats), electionTimeoutMs }))
    return retimed(wanted, { electionTimeoutMs: Math.max(...timeouts) });
  if (!isClose({ heartbeatIntervalMs, electionTimeoutMs: Math.min(...timeouts) }))
    return retimed(wanted, { heartbeatIntervalMs: Math.min(...heartbeats) });
  return wanted;
}

type Timing = Pick<Tuning, 'heartbeatIntervalMs' | 'electionTimeoutMs'>;

/**
 * The same ratio that etcd requires within one member: otherwise a follower starts an election between two heartbeats
 * of its leader.
 */
function isClose({ heartbeatIntervalMs, electionTimeoutMs }: Timing): boolean {
  return electionTimeoutMs >= 5 * heartbeatIntervalMs;
}

function retimed(wanted: Configuration, timing: Partial<Timing>): Configuration {
  return { ...wanted, tuning: { ...wanted.tuning, ...timing } };
}
