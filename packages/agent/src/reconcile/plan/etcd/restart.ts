import { minorOf } from '@picket/shared/etcd-version.ts';
import type { AgentStep, CurrentState, Plan } from '../../../model/model.ts';
import { type OtherVersion, versionWait } from '../../../model/version-guard.ts';
import { leaseHolds } from '../../lease.ts';
import type { Case } from './cases.ts';
import type { WantedFacts } from './facts.ts';
import { fileChanges, link, nothing, type StartStep, waiting, writes } from './steps.ts';

export interface RestartFacts extends WantedFacts {
  readonly start: StartStep;
  /** Whether it runs with the configuration that is wanted: then it is its binary that was replaced. */
  readonly configured: boolean;
  /** What a restart brings into force. */
  readonly brings: string;
}

/** What only a restart brings into force; null where nothing waits for one. */
export function needsRestart(facts: WantedFacts): RestartFacts | null {
  const { start, current } = facts;
  if (start === null) return null;
  if (start.restartKey !== current.journal.startedWith?.restartKey)
    return { ...facts, start, configured: false, brings: 'its new configuration' };
  const brings = replacedBinary(current);
  return brings === null ? null : { ...facts, start, configured: true, brings };
}

/** The wanted life runs, and only a restart brings into force what is wanted. */
export const restartCases: readonly Case<RestartFacts>[] = [
  ['another minor version is installed', (facts) => facts.other && pending(facts, otherWait(facts, facts.other))],
  [
    'there is no permit',
    (facts) =>
      facts.accepted.document.permit === null &&
      pending(facts, `a permit to restart etcd, which brings ${facts.brings} into force`),
  ],
  [
    'the permit has lapsed',
    (facts) =>
      permitOf(facts) === null && pending(facts, 'another permit to restart etcd: the last one was not used in time'),
  ],
  [
    'it is not fit for a restart',
    (facts) => {
      const why = unfit(facts);
      return why !== null && pending(facts, `${why} before etcd is restarted`);
    },
  ],
  [
    'it may restart',
    (facts) => {
      const permit = permitOf(facts);
      return permit && { ...nothing, steps: [...written(facts), restart(facts, permit.id)], restartPending: true };
    },
  ],
];

function restart(facts: RestartFacts, permitId: string): AgentStep {
  return { ...facts.start, kind: 'restart-etcd', permitId, files: facts.configured ? [] : fileChanges(facts) };
}

function otherWait({ current }: RestartFacts, other: OtherVersion): string {
  return `${versionWait(other, current.etcdRemedy)}; until then etcd is not restarted`;
}

function permitOf({ accepted, current }: RestartFacts) {
  const { permit } = accepted.document;
  return permit !== null && leaseHolds(accepted, permit.validForSeconds, current.monotonic) ? permit : null;
}

function pending(facts: RestartFacts, why: string): Plan {
  return { ...waiting(why, written(facts)), restartPending: true };
}

/** What waits for a restart is written with it; what etcd does not ask for again is written now. */
function written(facts: RestartFacts): readonly AgentStep[] {
  return facts.configured ? writes(facts) : link(facts);
}

/**
 * The version that a package has put in the place of the one that runs, or null. Not one of another minor version, which
 * would be an upgrade of the cluster; nor one that a restart has not brought in already, which another would not either.
 */
function replacedBinary({ etcd, etcdVersion: installed, journal }: CurrentState): string | null {
  const runs = etcd?.version ?? '';
  if (runs === '' || installed === null || installed === runs || minorOf(installed) !== minorOf(runs)) return null;
  return journal.startedWith?.etcdVersion === installed ? null : `etcd ${installed} in the place of ${runs}`;
}

function unfit({ current, obstacle }: RestartFacts): string | null {
  if (current.clockDoubt !== null) return 'the clock to be right';
  if (obstacle !== null) return obstacle;
  // A learner answers no linearizable read, which is what etcd's health is made of.
  const fit =
    current.etcd !== null && (current.etcd.healthy || (current.etcd.isLearner && current.etcd.leader !== '0'));
  return fit ? null : 'etcd to be healthy';
}
