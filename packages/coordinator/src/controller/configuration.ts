import { configurationOf, sameConfiguration, wantedConfiguration } from './configuration-of.ts';
import { ailments, following, reachable, serving, voters } from './health.ts';
import { stayHealthyFor, unableAfter } from './limits.ts';
import {
  act,
  agreed,
  type Configuration,
  hold,
  type MemberProgress,
  type Opinion,
  remark,
  type Situation,
} from './model.ts';
import { restartRank } from './permits.ts';
import { quotaProblem } from './quota.ts';
import { snapshotBefore } from './snapshots.ts';
import { replacedMinor } from './version.ts';

/**
 * What concerns the member on trial alone, and waits for nobody else: an ill voter must not keep it from what it needs.
 *
 * If it cannot run with what it was given it gets back what it had, at once and before any other is asked for anything
 * (R6). Its agent has done so by itself already, if it lives; this is the word that it stays so.
 */
export function trialConfiguration(situation: Situation): Opinion {
  const failed = failedConfiguration(situation);
  return failed.blocks ? failed : changeOfMind(situation);
}

/** While nothing was begun for what it was given, what is wanted now can go in the place of that. */
function changeOfMind({ spec, progress, status }: Situation): Opinion {
  const { trial, paused } = progress.configuration;
  if (trial === null || progress.permit !== null || progress.members[trial.member] === undefined) return agreed;
  const wanted = wantedConfiguration(spec);
  if (sameConfiguration(configurationOf(spec, progress, trial.member), wanted)) return agreed;
  // While it is paused nobody begins with anything new; what it had before is not.
  if (paused && !sameConfiguration(trial.before, wanted)) return agreed;
  if (quotaProblem(spec, status, quotas(trial.before, wanted)) !== null) return agreed;
  return act({ kind: 'release-configuration', member: trial.member, configuration: wanted });
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
  // Only what it says with the new configuration in hand says anything of that.
  if (node === undefined || said === null || said.agent.generationSeen < node.generation) return agreed;
  if (node.receivedAt === null || node.receivedAt < trial.since) return agreed;
  const rejected = said.service.rejected ?? null;
  if (rejected !== null) return act({ kind: 'put-back-configuration', member, reason: rejected });

  // It has not been started: what keeps it down is its binary (R17).
  if (said.service.state === 'held-back') return agreed;

  const permit = progress.permit?.member === member ? progress.permit : null;
  // While its etcd is still to be restarted it ails from something else.
  if (permit === null && said.service.restartPending) return agreed;
  const life = progress.members[member];
  // A silence says nothing of what it can run with, nor does a machine in the place of another, which runs no etcd yet.
  if (life === undefined || life.leaving?.machineGone === true || node.ailingSince === null || !reachable(node, now).ok)
    return agreed;
  // From when it has been down, not from its permit: it may use that at the last moment of a lease.
  const since = Math.max(node.ailingSince, trial.since, permit?.issuedAt ?? trial.since);
  if (node.receivedAt - since < unableAfter) return agreed;
  const health = works(life)(life, node, situation);
  if (health.ok) return agreed;
  const reason = `it has not been healthy for ${unableAfter / 1000} s: ${health.why}`;
  return act({ kind: 'put-back-configuration', member, reason });
}

/** A new configuration reaches one member first, and the next only once that has shown that it can run with it (R6). */
export function configuration(situation: Situation): Opinion {
  const { spec, progress } = situation;
  const { settled, released, trial, stopped, paused } = progress.configuration;
  if (progress.formation?.clusterId == null) return agreed;
  const wanted = wantedConfiguration(spec);
  // Coordinators before 0.2 gave all members everything at once.
  if (settled === null) return act({ kind: 'settle-configuration', configuration: wanted });
  if (trial !== null) return awaitTrial(situation, trial.member);

  const behind = spec.members.filter(({ name }) => {
    const phase = progress.members[name]?.phase;
    const runs = phase === 'voter' || phase === 'learner';
    return runs && !sameConfiguration(configurationOf(spec, progress, name), wanted);
  });
  if (behind.length === 0) {
    const rest = Object.keys(released).length > 0 || !sameConfiguration(settled, wanted);
    return rest ? act({ kind: 'settle-configuration', configuration: wanted }) : agreed;
  }
  const names = behind.map(({ name }) => name);
  if (stopped !== null && sameConfiguration(stopped.configuration, wanted)) {
    return remark(
      `an operator: ${stopped.member} could not run with revision ${stopped.configuration.revision} and has its last ` +
        `good conf.yml again: ${stopped.reason}. Change the settings, or go back: picket rollout abort ${spec.name}; ` +
        `or try once more: picket rollout resume ${spec.name}`,
    );
  }
  if (paused) {
    return remark(
      `an operator, who paused the rollout of revision ${wanted.revision} before ${names.join(', ')}: ` +
        `picket rollout resume ${spec.name}`,
    );
  }
  return release(situation, names, wanted);
}

function release(situation: Situation, behind: readonly string[], configuration: Configuration): Opinion {
  const { spec, progress, status } = situation;
  const sick = ailments(situation);
  if (sick.length > 0) {
    return hold(
      ...sick.map((ailment) => `every voter to serve before revision ${configuration.revision} goes on; ${ailment}`),
    );
  }
  const count = voters(situation).length;
  if (count <= 2 && !spec.allowDowntime) {
    return remark(
      `an operator: for revision ${configuration.revision} ${behind.join(', ')} must restart, and a cluster of ${count} ` +
        `cannot keep serving meanwhile; allow it: picket cluster set ${spec.name} allowDowntime=true`,
    );
  }
  const rank = restartRank(situation);
  // A learner that is away may be so for months, and keeps nobody from anything.
  const able = behind.filter((name) => {
    const life = progress.members[name];
    return life !== undefined && following(life, status.nodes[name], situation).ok;
  });
  // A restart is what brings it into force, and those that cannot be restarted keep nobody from it.
  const startable = able.filter((name) => replacedMinor(status.nodes[name]) === null);
  if (startable.length === 0 && able.length > 0) {
    return remark(
      ...able.map(
        (name) =>
          `an operator: etcd ${replacedMinor(status.nodes[name])} to be installed again on ${name}, before it gets ` +
          `revision ${configuration.revision}; \`picket-agent status\` there prints the command`,
      ),
    );
  }
  const [first] = startable.sort((one, other) => rank(one) - rank(other));
  if (first === undefined)
    return remark(`${behind.join(', ')} to be back, and then to get revision ${configuration.revision}`);
  // It had room when it was asked for; data grows while a rollout is paused or waits.
  const problem = quotaProblem(spec, status, quotas(configurationOf(spec, progress, first), configuration));
  if (problem !== null) {
    return remark(
      `an operator: the quota of revision ${configuration.revision} has too little room for the database of ` +
        `${problem.member}, of ${problem.bytes} bytes; give it more: picket cluster set ${spec.name} ` +
        `quotaBackendBytes=${problem.leastBytes}`,
    );
  }
  const before = snapshotBefore(situation, `${first} is given revision ${configuration.revision}`);
  return before ?? act({ kind: 'release-configuration', member: first, configuration });
}

/** Until it has it, needs no restart for it, serves, and has done so for a while. */
function awaitTrial(situation: Situation, name: string): Opinion {
  const { now, spec, progress, status } = situation;
  const given = configurationOf(spec, progress, name);
  const life = progress.members[name];
  if (life === undefined) return agreed;
  const node = status.nodes[name];
  const said = node?.status ?? null;
  const wait = `${name} to run with revision ${given.revision}, before another gets it`;
  const reach = reachable(node, now);
  if (!reach.ok) return hold(`${wait}: ${reach.why}`);
  if (node === undefined || said === null) return hold(wait);
  // That no restart is pending proves nothing by itself: a conf.yml that its agent refuses needs none.
  const carriedOut = said.agent.generationApplied >= node.generation && !said.service.restartPending;
  if (!carriedOut || progress.permit !== null) {
    const [obstacle] = said.agent.waits;
    return hold(obstacle === undefined ? wait : `${wait}; its agent waits: ${obstacle}`);
  }
  const health = works(life)(life, node, situation);
  if (!health.ok) return hold(`${wait}: ${health.why}`);
  const { since } = progress.configuration.trial ?? { since: now };
  if (node.receivedAt === null || node.receivedAt - since < stayHealthyFor) return hold(wait);
  return act({ kind: 'confirm-configuration', member: name });
}

/** What of a member shows that it can run with its settings: a learner serves nobody. */
function works({ phase }: MemberProgress): typeof serving {
  return phase === 'learner' ? following : serving;
}
