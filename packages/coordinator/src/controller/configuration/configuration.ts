import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { changedFrom, configurationOf, hasStarted, sameConfiguration } from '../../model/configuration-of.ts';
import type { Configuration } from '../../model/configuration-progress.ts';
import {
  following,
  hasApplied,
  hasSeenLatest,
  presentStatus,
  reachable,
  servingVoters,
  voters,
  works,
} from '../../model/health.ts';
import { namesOf } from '../../model/member-names.ts';
import { nextConfiguration } from '../../model/next-configuration.ts';
import { act, agreed, type Opinion, remark, waitFor } from '../../model/opinion.ts';
import { packageAwaited } from '../../model/packages.ts';
import { quotaProblem } from '../../model/quota.ts';
import { restartRank } from '../../model/restart-rank.ts';
import { risks } from '../../model/risks.ts';
import type { Situation } from '../../model/situation.ts';
import { mayPutBack } from '../../model/upgrade-stage.ts';
import { stayHealthyFor, unableAfter } from '../../model/waits.ts';
import { snapshotBefore } from '../snapshots/snapshots.ts';
import { beforeRelease, upgradePause } from '../upgrade/before-release.ts';
import { releaseWithoutOrder } from '../upgrade/release-without-order.ts';
import { replacedMinor } from '../version/version.ts';
import { mayOnlyRunAlone, nextHeldBack } from './held-back.ts';
import { wayBackByOrder } from './way-back-by-order.ts';

/**
 * What concerns only the member on trial and waits for nobody else: an unhealthy voter must not keep it from what it
 * needs.
 *
 * If it cannot run with its settings, it gets its former ones back at once, before any other member gets anything (R6).
 * Its agent, if it lives, has already gone back; this confirms it.
 */
export function trialConfiguration(situation: Situation): Opinion {
  const failed = failedConfiguration(situation);
  if (failed.blocks) return failed;
  const other = changeOfMind(situation);
  const way = wayBackByOrder(situation);
  return other.blocks || way === null ? other : remark(way);
}

/** Until the member has begun with its settings, the newest ones may replace them, and another one may need them first. */
function changeOfMind(situation: Situation): Opinion {
  const { spec, progress, status } = situation;
  const { trial, paused } = progress.configuration;
  if (trial === null || progress.permit !== null || progress.members[trial.member] === undefined) return agreed;
  const next = nextConfiguration(spec, progress);
  const wanted = settingsToReviveFirst(situation, next) ?? next;
  if (sameConfiguration(configurationOf(spec, progress, trial.member), wanted)) return agreed;
  // While the rollout is paused, no member begins with new settings; going back is allowed.
  if (paused && !sameConfiguration(trial.before, wanted)) return agreed;
  if (quotaProblem(spec, status, quotas(trial.before, wanted)) !== null) return agreed;
  if (releaseWithoutOrder(situation, wanted) !== null) return agreed;
  // What it had before is no way back any more: first it shows that it runs with what it has, or that its settings are to blame.
  const isBack = rejectedSettings(situation, trial.member) !== null;
  if (!mayPutBack(situation) && works(situation, trial.member).ok && !isBack) return agreed;
  return act({ kind: 'release-configuration', member: trial.member, configuration: wanted });
}

/** Why the agent of this member has put its former settings back, and has kept the etcd that it was given; null if it has not. */
function rejectedSettings({ spec, progress, status }: Situation, name: string): Reason | null {
  const node = status.nodes[name];
  const rejected = node?.status?.service.rejected ?? null;
  if (rejected === null || node === undefined || !hasSeenLatest(node)) return null;
  return hasStarted(node.status, configurationOf(spec, progress, name)) ? reason('node_says', { why: rejected }) : null;
}

function quotas(is: Configuration, wanted: Configuration): { readonly is: number; readonly wanted: number } {
  return { is: is.tuning.quotaBackendBytes, wanted: wanted.tuning.quotaBackendBytes };
}

function failedConfiguration(situation: Situation): Opinion {
  const { now, progress, status } = situation;
  const { trial } = progress.configuration;
  if (trial === null) return agreed;
  const { member } = trial;
  const node = status.nodes[member];
  const said = node?.status ?? null;
  // Only its reports with the new configuration count.
  if (node === undefined || said === null || !hasSeenLatest(node)) return agreed;
  if (node.receivedAt === null || node.receivedAt < trial.since) return agreed;
  const rejected = said.service.rejected;
  const changed = changedFrom(configurationOf(situation.spec, progress, member), trial.before);
  // Its former etcd would refuse the data: nothing else can be done for it but to bring the cluster on.
  const staysWithIt = !mayPutBack(situation);
  if (rejected !== null)
    return staysWithIt
      ? agreed
      : act({ kind: 'put-back-configuration', member, changed, reason: reason('node_says', { why: rejected }) });

  // It has not been started: its binary keeps it down (R17).
  if (said.service.state === 'held-back') return agreed;

  const permit = progress.permit?.member === member ? progress.permit : null;
  // While its etcd still waits for the restart, something else makes it unhealthy.
  if (permit === null && said.service.restartPending) return agreed;
  // So it does while its release is being fetched, which may take hours.
  if (permit === null && !hasStarted(said, configurationOf(situation.spec, progress, member))) return agreed;
  const incarnation = progress.members[member];
  // A silent node shows nothing about its settings, and neither does a new machine that runs no etcd yet.
  if (
    incarnation === undefined ||
    incarnation.leaving?.machineGone === true ||
    node.unhealthySince === null ||
    !reachable(node, now).ok
  )
    return agreed;
  // Counted from when it went down, not from its permit: it may use the permit at the last moment of the lease.
  const since = Math.max(node.unhealthySince, trial.since, permit?.issuedAt ?? trial.since);
  if (node.receivedAt - since < unableAfter) return agreed;
  const health = works(situation, member);
  if (health.ok || mayOnlyRunAlone(situation, member)) return agreed;
  const why = reason('not_healthy', { seconds: unableAfter / 1000, why: health.why });
  if (staysWithIt) return agreed;
  return act({ kind: 'put-back-configuration', member, changed, reason: why });
}

/**
 * A new configuration reaches one member first. The next member gets it only after that one has shown that it can run
 * with it (R6).
 */
export function configuration(situation: Situation): Opinion {
  const { spec, progress } = situation;
  const { settled, rolledOut, trial } = progress.configuration;
  if (progress.formation?.clusterId == null) return agreed;
  const wanted = nextConfiguration(spec, progress);
  // A backup from before the founding knows none.
  if (settled === null) return act({ kind: 'settle-configuration', configuration: wanted });
  if (trial !== null) return awaitTrial(situation, trial.member);

  const other = releaseWithoutOrder(situation, wanted);
  if (other !== null) return remark(other);
  const behind = membersBehind(situation, wanted);
  if (behind.length === 0) {
    // Those that are to leave keep what they have, which is the settled configuration: they run nothing untried.
    if (Object.keys(progress.departing).some((name) => progress.members[name] !== undefined)) return agreed;
    const rest = Object.keys(rolledOut).length > 0 || !sameConfiguration(settled, wanted);
    return rest ? act({ kind: 'settle-configuration', configuration: wanted }) : agreed;
  }
  return rolloutObstacle(situation, behind, wanted) ?? rollOut(situation, behind, wanted);
}

/** The declared members that run, and are to run with other settings than these. */
export function membersBehind({ spec, progress }: Situation, wanted: Configuration): readonly string[] {
  return namesOf(spec.members).filter((name) => {
    const phase = progress.members[name]?.phase;
    const runs = phase === 'voter' || phase === 'learner';
    return runs && !sameConfiguration(configurationOf(spec, progress, name), wanted);
  });
}

/**
 * The settings for the member on trial, while these ones would start another member again: without that one it gets no permit (R2), and the
 * release cannot reach that one before the trial has ended (R6). It gets its former settings back; if it runs with the release already,
 * it keeps that. null if no other member comes first.
 */
export function settingsToReviveFirst(situation: Situation, wanted: Configuration): Configuration | null {
  const { spec, progress, status } = situation;
  const { trial } = progress.configuration;
  const said = trial === null ? null : (status.nodes[trial.member]?.status ?? null);
  if (trial === null || said === null) return null;
  const isAlone = lacksOnlyQuorum(situation, trial.member);
  if (!isAlone && !following(situation, trial.member).ok) return null;
  // Without a quorum, what it runs by now is shown as that of a member which the release has started.
  const former = isAlone || hasStarted(said, trial.before) ? trial.before : withEtcdOf(wanted, trial.before);
  if (!hasStarted(said, former)) return null;
  const isBack = sameConfiguration(configurationOf(spec, progress, trial.member), former);
  const waits = !hasStarted(said, wanted) || said.service.restartPending;
  if (!isBack && !waits) return null;
  const behind = membersBehind(situation, wanted);
  const next = nextHeldBack(situation, behind, wanted);
  const comesFirst = next !== null && next !== trial.member && rolloutObstacle(situation, behind, wanted) === null;
  return comesFirst ? former : null;
}

/** True if no voter serves, and the etcd of this one runs: it starts nothing else without a permit. */
export function lacksOnlyQuorum(situation: Situation, name: string): boolean {
  const health = following(situation, name);
  const isRunning = presentStatus(situation, name)?.service.state === 'running';
  return isRunning && !health.ok && health.why.code === 'no_leader' && servingVoters(situation).length === 0;
}

/** The second settings with the etcd of the first ones. */
function withEtcdOf({ etcd, packageMinor }: Configuration, settings: Configuration): Configuration {
  const { etcd: _etcd, packageMinor: _package, ...rest } = settings;
  return {
    ...rest,
    ...(etcd === undefined ? {} : { etcd }),
    ...(packageMinor === undefined ? {} : { packageMinor }),
  };
}

/** Why no member gets these settings before an operator decides; null if one may. */
export function rolloutObstacle(
  situation: Situation,
  members: readonly string[],
  wanted: Configuration,
): Opinion | null {
  const { spec, progress } = situation;
  const { stopped, paused } = progress.configuration;
  if (stopped !== null && sameConfiguration(stopped.configuration, wanted)) {
    return remark(
      reason('rollout_stopped', {
        cluster: spec.name,
        member: stopped.member,
        revision: stopped.configuration.revision,
        changed: changedFrom(stopped.configuration, configurationOf(spec, progress, stopped.member)),
        why: stopped.reason,
      }),
    );
  }
  if (!paused) return null;
  const revision = { cluster: spec.name, members, revision: wanted.revision };
  return remark(upgradePause(situation, members) ?? reason('rollout_paused', revision));
}

function rollOut(situation: Situation, behind: readonly string[], configuration: Configuration): Opinion {
  const { spec, status } = situation;
  const { revision } = configuration;
  const sick = risks(situation);
  if (sick.length > 0) {
    return waitFor(...sick.map((ailment) => reason('all_serve_before_revision', { revision, ailment })));
  }
  const count = voters(situation).length;
  if (count <= 2 && !spec.allowDowntime) {
    return remark(reason('revision_needs_downtime', { cluster: spec.name, members: behind, revision, count }));
  }
  const rank = restartRank(situation);
  // A learner that is away may stay away for months, and delays nobody.
  const able = behind.filter((name) => following(situation, name).ok);
  // A restart brings it into force, and members that cannot be restarted do not delay it.
  const startable = able.filter((name) => canStart(situation, name, configuration));
  // The stage of the upgrade says whose packages it awaits.
  if (startable.length === 0 && configuration.packageMinor !== undefined) return agreed;
  if (startable.length === 0 && able.length > 0) {
    return remark(
      ...able.map((name) => {
        const minor = replacedMinor(status.nodes[name]);
        return reason('minor_installed_before_revision', { member: name, minor, revision });
      }),
    );
  }
  const [first] = startable.sort((one, other) => rank(one) - rank(other));
  if (first === undefined) return remark(reason('members_back', { members: behind, revision }));
  const given = giveTo(situation, first, configuration);
  if (given.step === null) return given;
  const before =
    beforeRelease(situation, first, configuration) ??
    snapshotBefore(situation, reason('given_revision', { member: first, revision }));
  return before ?? given;
}

/** Whether this member has the etcd that these settings start (R17). A release needs no package. */
function canStart(situation: Situation, name: string, { etcd, packageMinor }: Configuration): boolean {
  if (etcd !== undefined) return true;
  if (packageMinor !== undefined) return packageAwaited(situation, name, packageMinor) === null;
  return replacedMinor(situation.status.nodes[name]) === null;
}

/** Gives it these settings. There was room when they were declared; data grows while a rollout is paused or waits. */
export function giveTo({ spec, progress, status }: Situation, member: string, configuration: Configuration): Opinion {
  const problem = quotaProblem(spec, status, quotas(configurationOf(spec, progress, member), configuration));
  return problem === null
    ? act({ kind: 'release-configuration', member, configuration })
    : remark(reason('quota_too_small', { cluster: spec.name, revision: configuration.revision, ...problem }));
}

/** Until the member has it, needs no restart for it, serves, and has done so for a while. */
export function awaitTrial(situation: Situation, name: string): Opinion {
  const { now, spec, progress, status } = situation;
  const given = configurationOf(spec, progress, name);
  const incarnation = progress.members[name];
  if (incarnation === undefined) return agreed;
  const node = status.nodes[name];
  const said = node?.status ?? null;
  const { revision } = given;
  const toRun = (why: Reason | null = null) => waitFor(reason('runs_revision', { member: name, revision, why }));
  const reach = reachable(node, now);
  if (!reach.ok) return toRun(reach.why);
  if (node === undefined || said === null) return toRun();
  const rejected = rejectedSettings(situation, name);
  if (rejected !== null) return toRun(rejected);
  // That no restart is pending proves nothing: if its agent refuses the conf.yml, none is needed.
  const started = hasStarted(said, given);
  const carriedOut = started && hasApplied(node) && !said.service.restartPending;
  if (!carriedOut || progress.permit !== null) {
    const [obstacle] = said.agent.waits;
    if (obstacle === undefined)
      return toRun(started ? null : reason('etcd_not_exchanged', { version: given.etcd?.version ?? null }));
    return waitFor(reason('runs_revision_once_agent_can', { member: name, revision, why: obstacle }));
  }
  const health = works(situation, name);
  if (!health.ok) return toRun(mayPutBack(situation) ? health.why : reason('no_way_back_by_swap', { why: health.why }));
  const { since } = progress.configuration.trial ?? { since: now };
  if (node.receivedAt === null || node.receivedAt - since < stayHealthyFor) return toRun();
  return act({ kind: 'confirm-configuration', member: name });
}
