import { configurationOf, sameConfiguration } from '@picket/coordinator/model/configuration-of.ts';
import type { Step } from '@picket/coordinator/model/progress.ts';
import type { Situation } from '@picket/coordinator/model/situation.ts';
import { isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { Violate } from './etcd-model.ts';

/** No report of a node counts for longer. */
const believedFor = 35_000;

/** Whether the rules allow a step in what the coordinator itself knows, said once more and independently of it. */
export function judgeStep(step: Step, situation: Situation, violate: Violate): void {
  const { spec, progress } = situation;
  const phases = Object.entries(progress.members).filter(([name]) => spec.members.some((one) => one.name === name));
  const foreigner = phases.find(([name]) => isForeign(name, situation));
  if (foreigner !== undefined && !beforeForeigner.includes(step.kind))
    violate('R1', `${step.kind} comes while it is not known whether ${foreigner[0]} is in the right cluster`);
  switch (step.kind) {
    case 'found':
      if (progress.formation !== null)
        violate('R1', `${step.member} founds a cluster that ${progress.formation.member} has founded`);
      return;
    case 'assign': {
      const { mutation } = step;
      // An agent may still carry out an order from before this change of members, so the controller repeats that order.
      const isRepeated = progress.assignment?.mutation.member === mutation.member;
      if (!isRepeated && (mutation.kind === 'add-learner' || mutation.kind === 'promote'))
        judgeHalf(mutation.kind, situation, violate);
      if (!isRepeated && mutation.kind === 'promote') judgePromotion(mutation.member, situation, violate);
      if (progress.permit !== null)
        violate('R2', `${mutation.kind} is asked for while ${progress.permit.member} may be down`);
      const learner = phases.find(([name, { phase }]) => phase === 'learner' && name !== mutation.member);
      if (mutation.kind === 'add-learner' && learner !== undefined)
        violate('R3', `${mutation.member} is to be added while ${learner[0]} is a learner`);
      if (mutation.kind === 'add-learner' && progress.members[mutation.member] === undefined)
        judgeVersion(mutation.member, situation, violate);
      if (mutation.kind === 'remove-learner' && progress.members[mutation.member]?.phase === 'voter') {
        if (progress.members[mutation.member]?.memberId === mutation.memberId)
          violate('R3', `the voter ${mutation.member} is to be removed`);
      }
      if (mutation.kind === 'remove-voter') {
        judgeRemoval(mutation.member, situation, violate);
        judgePair(mutation.member, situation, violate);
      }
      return;
    }
    case 'change-hold': {
      const { permit } = progress;
      if (permit?.hold === undefined || permit.member !== step.member || permit.withdrawnAt !== null)
        violate('R2', `the hold of ${step.member} gets another end, and no hold of it is in force`);
      return;
    }
    case 'grant-permit': {
      // Also those that are to leave: etcd counts them.
      const voters = Object.keys(progress.members).filter((name) => progress.members[name]?.phase === 'voter');
      if (progress.permit !== null)
        violate('R2', `${step.member} gets a permit while ${progress.permit.member} has one`);
      const { etcd, service } = situation.status.nodes[step.member]?.status ?? {};
      const next = service?.etcdVersion ?? '';
      if (etcd && !isOfMinor(next, minorOf(etcd.version)) && !isOrdered(step.member, next, situation))
        violate('R17', `${step.member} gets a permit, runs ${etcd.version}, and ${service?.etcdVersion} is installed`);
      judgeHalf('a permit', situation, violate);
      const sick = voters.find((name) => !serves(name, situation));
      if (sick !== undefined) violate('R2', `${step.member} gets a permit, and ${sick} is not known to serve`);
      if (voters.length <= 2 && !spec.allowDowntime)
        violate('R2', `${step.member} gets a permit in a cluster of ${voters.length}, and no operator allows downtime`);
      const later = voters.find(
        (name) =>
          name !== step.member &&
          progress.departing[name] === undefined &&
          pending(name, situation) &&
          couldStartAgain(name, situation),
      );
      if (leads(step.member, situation) && later !== undefined)
        violate('R6', `${step.member}, which leads, gets a permit before ${later}`);
      return;
    }
    case 'release-configuration': {
      const { trial, stopped, paused } = progress.configuration;
      if (trial !== null && trial.member !== step.member)
        violate('R6', `${step.member} is given new settings before ${trial.member} has run with them`);
      if (paused && trial === null)
        violate('R6', `${step.member} is given new settings, and an operator has paused that`);
      if (
        stopped !== null &&
        stopped.configuration.tuning.heartbeatIntervalMs === step.configuration.tuning.heartbeatIntervalMs &&
        stopped.configuration.etcd?.version === step.configuration.etcd?.version &&
        stopped.configuration.raftSnapshots === step.configuration.raftSnapshots
      )
        violate('R6', `${step.member} is given the settings that ${stopped.member} could not run with`);
      judgeMinor(step, situation, violate);
      return;
    }
    case 'assign-downgrade':
      if (step.to !== null && progress.upgrade?.down !== true)
        violate('R17', `${step.executor} is asked for a downgrade to ${step.to}, and no operator has ordered one`);
      return;
    case 'confirm-configuration':
      judgeProof(step.member, situation, violate);
      return;
    default:
      return;
  }
}

/** In an upgrade this member is given the release that it would start: that of the stage, or after a take-over, that which all had before. */
function isOrdered(name: string, version: string, { spec, progress }: Situation): boolean {
  return progress.upgrade !== null && configurationOf(spec, progress, name).etcd?.version === version;
}

/** An order brings another minor version than the cluster runs: the stage of an upgrade, or the way back from it. */
function judgeMinor(
  step: Extract<Step, { kind: 'release-configuration' }>,
  { progress }: Situation,
  violate: Violate,
): void {
  const { version } = step.configuration.etcd ?? {};
  const { etcdMinor, upgrade } = progress;
  if (version === undefined || etcdMinor === null || isOfMinor(version, etcdMinor)) return;
  const stage = upgrade?.stages[upgrade.at];
  if (stage?.kind !== 'install' || stage.version !== version)
    violate('R17', `${step.member} is given etcd ${version} in a cluster of etcd ${etcdMinor}, and no order says so`);
}

/** What a member has shown before the next one gets its settings: only where nobody serves, no more than that its etcd runs with them. */
function judgeProof(name: string, situation: Situation, violate: Violate): void {
  const { progress, status } = situation;
  const { rolledOut, trial } = progress.configuration;
  const given = rolledOut[name];
  const release = given?.etcd?.version;
  const { service, etcd } = status.nodes[name]?.status ?? {};
  const runs = etcd?.version ?? service?.leaderlessVersion;
  if (service?.state !== 'running' || service.release !== release || (release !== undefined && runs !== release))
    violate('R6', `${name} counts as able to run etcd ${release}, and runs ${runs} of the release ${service?.release}`);
  const voters = Object.keys(progress.members).filter((one) => progress.members[one]?.phase === 'voter');
  const isServed = voters.some((one) => serves(one, situation));
  // It has its former settings again, so that another one may have the new ones.
  const isFormer = given !== undefined && trial !== null && sameConfiguration(given, trial.before);
  if (voters.includes(name) && !serves(name, situation) && (isServed || (release === undefined && !isFormer)))
    violate('R6', `${name} counts as able to run with its settings, and does not serve`);
}

/** What may come before it is decided whose cluster is the right one: what decides it, and the end of a permit. */
const beforeForeigner: readonly Step['kind'][] = [
  'freeze',
  'quarantine',
  'end-quarantine',
  'withdraw-permit',
  'close-permit',
  'record-defragmentation',
];

function isForeign(name: string, { progress, status }: Situation): boolean {
  const { etcd, service } = status.nodes[name]?.status ?? {};
  const clusterId = progress.formation?.clusterId ?? null;
  if (!etcd || clusterId === null || service?.incarnation !== progress.members[name]?.incarnation) return false;
  return etcd.clusterId !== clusterId;
}

/** It begins with what its cluster runs. */
function judgeVersion(name: string, { progress, status }: Situation, violate: Violate): void {
  const installed = status.nodes[name]?.status?.service.etcdVersion ?? '';
  if (progress.etcdMinor === null || !isOfMinor(installed, progress.etcdMinor))
    violate('R17', `${name} is to be added with etcd ${installed} to a cluster of etcd ${progress.etcdMinor}`);
}

/** An exchange that has begun goes on before anything else: the cluster does not rest on an even count. */
function judgeHalf(what: string, { spec, progress, ...rest }: Situation, violate: Violate): void {
  const names = Object.keys(progress.members).filter((name) => progress.members[name]?.phase === 'voter');
  if (names.length % 2 === 1 || names.length === spec.members.length || names.length === 2) return;
  const leaver = names.find((name) => progress.departing[name] !== undefined);
  const isHealthy = names.every((name) => serves(name, { spec, progress, ...rest }));
  if (leaver !== undefined && isHealthy)
    violate('R3', `${what} comes while there are ${names.length} voters, and ${leaver} can leave`);
}

/** An odd count becomes even only where the spec asks for that, or where a removal or another newcomer can follow. */
function judgePromotion(enters: string, situation: Situation, violate: Violate): void {
  const { spec, progress, status, now } = situation;
  const voters = Object.keys(progress.members).filter((name) => progress.members[name]?.phase === 'voter');
  if (voters.length % 2 === 0 || voters.length + 1 === spec.members.length) return;
  const { length: able } = voters.filter((name) => serves(name, situation));
  const leaves = (name: string): boolean => {
    const { leaving } = progress.members[name] ?? {};
    if (leaving === undefined || leaving.learnerOnly === true) return false;
    // With the newcomer, those who stay are as many as there are now.
    return able + 1 - (serves(name, situation) ? 1 : 0) > voters.length / 2;
  };
  const comes = ({ name }: { readonly name: string }): boolean => {
    const receivedAt = status.nodes[name]?.receivedAt ?? null;
    if (name === enters || progress.members[name]?.phase === 'voter' || receivedAt === null) return false;
    return now - receivedAt <= believedFor;
  };
  if (!voters.some(leaves) && !spec.members.some(comes))
    violate('R3', `${enters} is to be promoted beside ${voters.length} voters, and nothing can follow`);
}

/** A voter stays until the one that is declared instead is a voter, unless it does not serve. */
function judgePair(leaves: string, situation: Situation, violate: Violate): void {
  const { spec, progress } = situation;
  const { members, departing } = progress;
  const voters = Object.keys(members).filter((name) => members[name]?.phase === 'voter');
  const waiting = spec.members.find(({ name }) => members[name]?.phase !== 'voter');
  if (departing[leaves] === undefined || members[leaves]?.leaving?.machineGone === true) return;
  if (voters.length % 2 === 1 && waiting !== undefined && serves(leaves, situation))
    violate('R3', `${leaves} is to be removed from ${voters.length} voters, before ${waiting.name} is one`);
}

/** By an operator's word alone, and only if those who stay can continue. */
function judgeRemoval(leaves: string, situation: Situation, violate: Violate): void {
  const { members } = situation.progress;
  const { leaving } = members[leaves] ?? {};
  if (leaving === undefined || leaving.learnerOnly === true)
    violate('R3', `the voter ${leaves} is to be removed, and no operator has said so`);
  const stay = Object.keys(members).filter((name) => name !== leaves && members[name]?.phase === 'voter');
  const able = stay.filter((name) => serves(name, situation));
  if (able.length <= stay.length / 2)
    violate('R3', `the voter ${leaves} is to be removed, and of ${stay.length} that stay ${able.length} serve`);
  if (stay.length === 1 && leaving?.force !== true)
    violate('R3', `the voter ${leaves} is to be removed, which leaves one, and nobody has forced it`);
}

function serves(name: string, { status, now }: Situation): boolean {
  const node = status.nodes[name];
  if (node?.receivedAt == null || now - node.receivedAt > believedFor || node.receivedAt > now) return false;
  return node.status?.etcd?.healthy === true && node.status.etcd.linearizableRead;
}

/** What it has not heard of yet may be a restart. */
function pending(name: string, { status }: Situation): boolean {
  const node = status.nodes[name];
  if (!node?.status) return false;
  return node.status.service.restartPending || node.status.agent.generationSeen < node.generation;
}

function leads(name: string, { status, progress }: Situation): boolean {
  const { leader, memberId } = status.nodes[name]?.status?.etcd ?? {};
  return leader !== undefined && leader === memberId && progress.members[name]?.phase === 'voter';
}

/** False for a member whose package has moved to another minor version: it cannot restart before it gets a release (R17). */
function couldStartAgain(name: string, { status }: Situation): boolean {
  const { etcd, service } = status.nodes[name]?.status ?? {};
  return !etcd || isOfMinor(service?.etcdVersion ?? '', minorOf(etcd.version));
}
