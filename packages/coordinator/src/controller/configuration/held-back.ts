import { isOfMinor } from '@picket/shared/etcd-version.ts';
import { configurationOf, hasStarted } from '../../model/configuration-of.ts';
import type { Configuration } from '../../model/configuration-progress.ts';
import { hasSeenLatest, isVersion, presentStatus, servingVoters } from '../../model/health.ts';
import { nextConfiguration } from '../../model/next-configuration.ts';
import type { Situation } from '../../model/situation.ts';
import { runsAloneFor } from '../../model/waits.ts';

/**
 * The next of these members that is down because its package has another minor version (R17), and that the release in these settings
 * would start again: voters first, which a quorum needs. null if there is none, and if the release is of another minor version than
 * the cluster runs.
 */
export function nextHeldBack(situation: Situation, members: readonly string[], { etcd }: Configuration): string | null {
  const { progress } = situation;
  if (etcd === undefined || progress.etcdMinor === null || !isOfMinor(etcd.version, progress.etcdMinor)) return null;
  const held = members.filter((name) => waitsForPackage(situation, name));
  return held.find((name) => progress.members[name]?.phase === 'voter') ?? held[0] ?? null;
}

/** True if this member is down because its package has another minor version (R17), and no release is given to it. */
export function waitsForPackage(situation: Situation, name: string): boolean {
  const isHeldBack = presentStatus(situation, name)?.service.state === 'held-back';
  return isHeldBack && configurationOf(situation.spec, situation.progress, name).etcd === undefined;
}

/**
 * True if a release would start this member again, and cannot reach it (R6): the member on trial has the release first, and is not heard,
 * or has lost its data. Then the package of its machine alone starts the member.
 */
export function isBeyondRelease(situation: Situation, name: string): boolean {
  const { spec, progress } = situation;
  const { trial } = progress.configuration;
  if (trial === null || nextHeldBack(situation, [name], nextConfiguration(spec, progress)) === null) return false;
  const said = presentStatus(situation, trial.member);
  return said === null || said.service.state === 'lost-data';
}

/**
 * True if this member shows nothing more than that its etcd runs: no voter serves, and its machine has no other etcd to go back to.
 * That it does not serve is no fault of its release.
 */
export function mayOnlyRunAlone(situation: Situation, name: string): boolean {
  const said = presentStatus(situation, name);
  return said?.service.noWayBack === true && answersAsGiven(situation, name) && servingVoters(situation).length === 0;
}

/**
 * True if the member on trial has shown all that it can show without a quorum: its etcd is the release that it was given, and has run
 * for longer than its agent needs to see that it ends.
 */
export function hasRunAlone(situation: Situation): boolean {
  const { progress, status } = situation;
  const { trial } = progress.configuration;
  if (trial === null || !answersAsGiven(situation, trial.member)) return false;
  const node = status.nodes[trial.member];
  if (node?.receivedAt == null || node.unhealthySince === null || !hasSeenLatest(node)) return false;
  return node.receivedAt - Math.max(node.unhealthySince, trial.since) >= runsAloneFor;
}

/** Without a quorum, an etcd that has just started says nothing but its version. */
function answersAsGiven(situation: Situation, name: string): boolean {
  const { spec, progress } = situation;
  const said = presentStatus(situation, name);
  const given = configurationOf(spec, progress, name);
  const { state, incarnation, leaderlessVersion = null } = said?.service ?? {};
  const isRunning = state === 'running' && incarnation === progress.members[name]?.incarnation;
  if (given.etcd === undefined || !isRunning || !hasStarted(said, given)) return false;
  return isVersion(said?.etcd?.version ?? leaderlessVersion, given.etcd.version);
}
