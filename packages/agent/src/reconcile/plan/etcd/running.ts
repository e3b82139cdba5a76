import { minorOf } from '@picket/shared/etcd-version.ts';
import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { isInDoubt } from '../../../journal/journal.ts';
import type { AgentStep, Plan } from '../../../model/model.ts';
import { saysItServes, serves, tendsDatabase } from '../../../model/serves.ts';
import { admits, isDown, type OtherVersion, orderOf, versionWait } from '../../../model/version-guard.ts';
import { isSilentSinceBirth, isStillborn } from '../../data-dir.ts';
import { leaseIsValid } from '../../lease.ts';
import { type Case, firstCase } from './cases.ts';
import { downCases } from './down.ts';
import type { WantedFacts } from './facts.ts';
import { fileChanges, link, noEtcd, nothing, type StartStep, waiting, writes } from './steps.ts';

/** The wanted incarnation runs. */
export const runningCases: readonly Case<WantedFacts>[] = [
  ['its conf.yml cannot be used', ({ refused }) => refused && waiting(refused)],
  ['its data is lost', ({ lost }) => lost && waiting(reason('operator_for_data', { why: lost }))],
  [
    'its guard holds it back',
    ({ other, current }) => isDown(current) && other && waiting(versionWait(other, current.etcdRemedy)),
  ],
  [
    'its guard waits for another etcd than the ordered one',
    (facts) => guardsAnother(facts) && firstCase(downCases, { ...facts, before: [stopGuard] }),
  ],
  // The next three etcds take no part in the cluster, so they need no permit. The coordinator gives no permit to this
  // node's peers until etcd is back (R2).
  [
    'it cannot run with its new settings',
    (facts) => isStoppable(facts) && isRejected(facts) && stop('rejected', facts),
  ],
  [
    'it can never serve, and starts with empty data once it is down',
    (facts) => isStoppable(facts) && facts.founds && isStillborn(facts.current) && stop('stillborn', facts),
  ],
  [
    'it takes no part in its cluster, and another conf.yml is wanted',
    (facts) => isStoppable(facts) && isSilentWithOther(facts) && stop('silent', facts),
  ],
  [
    'only a restart brings into force what is wanted',
    (facts) => {
      const restart = needsRestart(facts);
      return restart && firstCase(restartCases, restart);
    },
  ],
  [
    'it founds a cluster, and has never answered',
    (facts) => facts.founds && isSilentSinceBirth(facts.current) && waiting(reason('never_answered'), writes(facts)),
  ],
  ['it runs with what is wanted', (facts) => ({ ...nothing, steps: writes(facts) })],
];

const stopGuard: AgentStep = { kind: 'stop-etcd', of: 'guarded', why: reason('guard_waits_for_another') };

/**
 * A power cut between two steps of a start with another minor version: the definition names one, and the record the other one. Once the
 * guard is stopped, the start begins again.
 */
function guardsAnother({ current, wanted }: WantedFacts): boolean {
  const { service, versionRecords, etcdVersion, journal } = current;
  if (service.kind !== 'running' || service.guarding !== true || orderOf(wanted) === null || etcdVersion === null)
    return false;
  const isBrokenOff = journal.startedWith !== null && isInDoubt(journal.startedWith);
  return isBrokenOff || versionRecords[wanted.incarnation]?.minor !== minorOf(etcdVersion);
}

function stop(of: 'rejected' | 'stillborn' | 'silent', { current }: WantedFacts): Plan {
  const why = {
    rejected: () => {
      const { reason: why = null, refused } = current.journal.rejected ?? {};
      return refused === undefined ? reason('conf_goes_back', { why }) : reason('release_refused', { why: refused });
    },
    stillborn: () => reason('born_dead'),
    silent: () => reason('silent_with_other_conf', { silentFor: longestSilenceMs / 1000 }),
  };
  return { ...nothing, steps: [{ kind: 'stop-etcd', of, why: why[of]() }] };
}

/** If etcd could not be started again, it is not stopped (R17). */
function isStoppable({ other }: WantedFacts): boolean {
  return other === null;
}

/** What etcd cannot run with, or what was put back for that and its data has refused. It is not what will be started. */
function isRejected({ current, start }: WantedFacts): boolean {
  const { startedWith, rejected, lastGood } = current.journal;
  if (rejected === null || serves(current) || startedWith?.confKey === start?.confKey) return false;
  return startedWith?.confKey === (rejected.refused === undefined ? rejected : lastGood)?.confKey;
}

/** Time for a slow board to read its data and for a cluster to elect. */
const longestSilenceMs = 90_000;

/**
 * True if it takes no part in its cluster, and the wanted configuration may repair that: then a restart needs no permit
 * (R2), since an etcd that does not serve gets none. Another conf.yml reaches one member at a time (R6), so no two
 * members do this at once. If this node's own certificates or clock are in question, the node itself may cause the
 * silence.
 */
function isSilentWithOther({ accepted, current, foreign, obstacle, start }: WantedFacts): boolean {
  const { silence, monotonic, journal, clockDoubt, credentials, now, etcdVersion } = current;
  if (silence === null || tendsDatabase(journal)) return false;
  // Nobody needs to wait for a guard to serve.
  if (!isDown(current) && monotonic - silence.since < longestSilenceMs) return false;
  if (journal.startedWith?.confKey === start?.confKey || foreign !== null) return false;
  const heard = accepted.document.certificates.every(({ purpose }) => {
    const state = credentials[purpose];
    return state.kind === 'held' && state.issuedByBundle && state.until > now;
  });
  return heard && clockDoubt === null && obstacle === null && etcdVersion !== null;
}

interface RestartFacts extends WantedFacts {
  readonly start: StartStep;
  /** True if it runs with the wanted configuration: then its binary was replaced. */
  readonly configured: boolean;
  /** The binary that a restart replaces; null if the restart brings another configuration into force. */
  readonly replaced: { readonly installed: string; readonly runs: string } | null;
}

/** What a restart is needed for: what only a restart brings into force, or an operator's word. null if nothing. */
function needsRestart(facts: WantedFacts): RestartFacts | null {
  const { start, current } = facts;
  if (start === null) return null;
  const replaced = replacedBinary(facts);
  if (start.restartKey !== current.journal.startedWith?.restartKey)
    return { ...facts, start, configured: false, replaced: isOrdered(facts) ? replaced : null };
  return replaced === null && !isAsked(facts) ? null : { ...facts, start, configured: true, replaced };
}

/** An operator has ordered another minor version than the one that runs. */
function isOrdered({ wanted, current: { etcd, etcdVersion } }: WantedFacts): boolean {
  const [runs, installed] = [etcd?.version ?? '', etcdVersion ?? ''].map(minorOf);
  return runs !== installed && admits(orderOf(wanted), runs ?? '', installed ?? '');
}

/** An operator has asked for a restart, and this agent has not done it yet. */
function isAsked({ accepted: { document }, current: { journal } }: WantedFacts): boolean {
  const { permit } = document;
  return permit?.act === 'restart' && permit.asked === true && permit.id !== journal.lastPermit;
}

/** The wanted incarnation runs, and only a restart brings into force what is wanted. */
export const restartCases: readonly Case<RestartFacts>[] = [
  [
    'its release cannot be started here',
    (facts) => facts.current.etcdVersion === null && isOfRelease(facts) && waiting(noEtcd(facts.current), link(facts)),
  ],
  [
    'it runs a release, and there is no package to go back to',
    (facts) => {
      const { etcdVersion, journal } = facts.current;
      const isGone = etcdVersion === null && journal.startedWith?.program !== undefined;
      return isGone && pending(facts, noEtcd(facts.current));
    },
  ],
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

function isOfRelease({ accepted }: RestartFacts): boolean {
  return accepted.document.program !== undefined;
}

function otherWait({ current }: RestartFacts, other: OtherVersion): Reason {
  return reason('not_restarted_until_then', { why: versionWait(other, current.etcdRemedy) });
}

function permitOf({ accepted, current }: RestartFacts) {
  const { permit } = accepted.document;
  return permit?.act === 'restart' && leaseIsValid(accepted, permit.validForSeconds, current.monotonic) ? permit : null;
}

function pending(facts: RestartFacts, why: AnyReason): Plan {
  return { ...waiting(why, written(facts)), restartPending: true };
}

/** What a restart brings into force is written with it; what etcd reads without a restart is written now. */
function written(facts: RestartFacts): readonly AgentStep[] {
  return facts.configured ? writes(facts) : link(facts);
}

/**
 * The version that a package installed over the running one; null if there is none. Not another minor version without an order: that
 * would be an upgrade of the cluster. Not a version that a restart has failed to bring in: another restart would fail
 * too.
 */
function replacedBinary({ wanted, current }: WantedFacts): RestartFacts['replaced'] {
  const { etcd, etcdVersion: installed, journal } = current;
  const runs = etcd?.version ?? '';
  if (runs === '' || installed === null || installed === runs) return null;
  if (!admits(orderOf(wanted), minorOf(runs), minorOf(installed))) return null;
  return journal.startedWith?.etcdVersion === installed ? null : { installed, runs };
}

function unfit({ current, obstacle }: RestartFacts): AnyReason | null {
  if (current.clockDoubt !== null) return reason('clock_right');
  if (obstacle !== null) return obstacle;
  return saysItServes(current.etcd) ? null : reason('etcd_healthy');
}
