import { configurationOf, hasStarted, sameConfiguration } from '../../model/configuration-of.ts';
import type { Configuration, ConfigurationProgress } from '../../model/configuration-progress.ts';
import { hasSeenLatest, servingVoters, staysWell, works } from '../../model/health.ts';
import { nextConfiguration } from '../../model/next-configuration.ts';
import { act, agreed, type Opinion, remark } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { orderOverAfter } from '../../model/waits.ts';
import {
  awaitTrial,
  giveTo,
  lacksOnlyQuorum,
  membersBehind,
  rolloutObstacle,
  settingsToReviveFirst,
} from './configuration.ts';
import { hasRunAlone, nextHeldBack } from './held-back.ts';

/**
 * Gives the wanted release to members that are down for their packages (R17): only the release starts them again, and with them perhaps
 * a quorum. One after another (R6): while no voter serves, the next member gets it after the etcd of the one before runs with it, for
 * more than that none of them can show without a quorum. A member that serves, has the release on trial and waits for a permit to start it
 * gives way. Comes before whatever waits for a voter to serve.
 */
export function revival(situation: Situation): Opinion {
  const { spec, progress } = situation;
  const { settled, trial } = progress.configuration;
  if (progress.formation?.clusterId == null || settled === null) return agreed;
  // An open permit is waited for: its holder may be down by it (R2).
  if (progress.permit !== null || mayChangeMembers(situation)) return agreed;
  const wanted = nextConfiguration(spec, progress);
  const behind = membersBehind(situation, wanted);
  const next = nextHeldBack(situation, behind, wanted);
  if (next === null) return agreed;
  if (trial === null) return rolloutObstacle(situation, behind, wanted) ?? giveTo(situation, next, wanted);
  const former = settingsToReviveFirst(situation, wanted);
  if (former !== null)
    return hasHeardOfFormer(situation, trial, former)
      ? act({ kind: 'confirm-configuration', member: trial.member })
      : remark(...awaitTrial(situation, trial.member).waits);
  if (servingVoters(situation).length > 0) {
    // What waits for the voter that is down comes before the rollout, which would end the trial otherwise.
    const ended = awaitTrial(situation, trial.member);
    return ended.step === null ? agreed : ended;
  }
  return hasRunAlone(situation)
    ? act({ kind: 'confirm-configuration', member: trial.member })
    : remark(...awaitTrial(situation, trial.member).waits);
}

/**
 * True if the change of members that was asked for may still begin. It is asked for again while a voter serves. One that can no longer
 * begin may need the very member that is down.
 */
function mayChangeMembers({ progress: { assignment }, now }: Situation): boolean {
  return assignment !== null && now - assignment.issuedAt <= orderOverAfter;
}

/**
 * True if the member on trial has its former settings again, has heard of that, and serves with them, or lacks only a quorum: it starts nothing else any more. It may
 * need a restart for another reason, which it does not get while a member is down.
 */
function hasHeardOfFormer(
  situation: Situation,
  { member, before, since }: NonNullable<ConfigurationProgress['trial']>,
  former: Configuration,
): boolean {
  const { spec, progress, status } = situation;
  const node = status.nodes[member];
  if (node === undefined || !sameConfiguration(configurationOf(spec, progress, member), former)) return false;
  // The release that it keeps is new to it (R6).
  if (!sameConfiguration(former, before) && !staysWell(situation, member, since)) return false;
  const isLater = node.receivedAt !== null && node.receivedAt > since;
  const isUp = works(situation, member).ok || lacksOnlyQuorum(situation, member);
  return isLater && hasSeenLatest(node) && hasStarted(node.status, former) && isUp;
}
