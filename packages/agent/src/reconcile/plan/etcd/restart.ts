import { minorOf } from '@picket/shared/etcd-version.ts';
import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { AgentStep, CurrentState, Plan } from '../../../model/model.ts';
import { saysItServes } from '../../../model/serves.ts';
import { type OtherVersion, versionWait } from '../../../model/version-guard.ts';
import { leaseHolds } from '../../lease.ts';
import type { Case } from './cases.ts';
import type { WantedFacts } from './facts.ts';
import { fileChanges, link, nothing, type StartStep, waiting, writes } from './steps.ts';

export interface RestartFacts extends WantedFacts {
  readonly start: StartStep;
  /** True if it runs with the wanted configuration: then its binary was replaced. */
  readonly configured: boolean;
  /** The binary that a restart replaces; null if the restart brings another configuration into force. */
  readonly replaced: { readonly installed: string; readonly runs: string } | null;
}

/** What a restart is needed for: what only a restart brings into force, or an operator's word. null if nothing. */
export function needsRestart(facts: WantedFacts): RestartFacts | null {
  const { start, current } = facts;
  if (start === null) return null;
  if (start.restartKey !== current.journal.startedWith?.restartKey)
    return { ...facts, start, configured: false, replaced: null };
  const replaced = replacedBinary(current);
  return replaced === null && !isAsked(facts) ? null : { ...facts, start, configured: true, replaced };
}

/** An operator has asked for a restart, and this agent has not done it yet. */
function isAsked({ accepted: { document }, current: { journal } }: WantedFacts): boolean {
  const { permit } = document;
  return permit?.act === 'restart' && permit.asked === true && permit.id !== journal.lastPermit;
}

/** The wanted life runs, and only a restart brings into force what is wanted. */
export const restartCases: readonly Case<RestartFacts>[] = [
  ['another minor version is installed', (facts) => facts.other && pending(facts, otherWait(facts, facts.other))],
  [
    'there is no permit',
    (facts) =>
      facts.accepted.document.permit?.act !== 'restart' &&
      pending(facts, reason('restart_permit', { replaced: facts.replaced })),
  ],
  ['the permit has expired', (facts) => permitOf(facts) === null && pending(facts, reason('another_restart_permit'))],
  [
    'it is not fit for a restart',
    (facts) => {
      const why = unfit(facts);
      return why !== null && pending(facts, reason('before_restart', { why }));
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

function otherWait({ current }: RestartFacts, other: OtherVersion): Reason {
  return reason('not_restarted_until_then', { why: versionWait(other, current.etcdRemedy) });
}

function permitOf({ accepted, current }: RestartFacts) {
  const { permit } = accepted.document;
  return permit?.act === 'restart' && leaseHolds(accepted, permit.validForSeconds, current.monotonic) ? permit : null;
}

function pending(facts: RestartFacts, why: AnyReason): Plan {
  return { ...waiting(why, written(facts)), restartPending: true };
}

/** What a restart brings into force is written with it; what etcd reads without a restart is written now. */
function written(facts: RestartFacts): readonly AgentStep[] {
  return facts.configured ? writes(facts) : link(facts);
}

/**
 * The version that a package installed over the running one; null if there is none. Not another minor version: that
 * would be an upgrade of the cluster. Not a version that a restart has failed to bring in: another restart would fail
 * too.
 */
function replacedBinary({ etcd, etcdVersion: installed, journal }: CurrentState): RestartFacts['replaced'] {
  const runs = etcd?.version ?? '';
  if (runs === '' || installed === null || installed === runs || minorOf(installed) !== minorOf(runs)) return null;
  return journal.startedWith?.etcdVersion === installed ? null : { installed, runs };
}

function unfit({ current, obstacle }: RestartFacts): AnyReason | null {
  if (current.clockDoubt !== null) return reason('clock_right');
  if (obstacle !== null) return obstacle;
  return saysItServes(current.etcd) ? null : reason('etcd_healthy');
}
