import { reason } from '@picket/shared/reasons/reason.ts';
import type { Plan } from '../../../model/model.ts';
import { serves } from '../../../model/serves.ts';
import { isDown, versionWait } from '../../../model/version-guard.ts';
import { isSilentSinceBirth, isStillborn } from '../../birth.ts';
import { tendsDatabase } from '../../tends-database.ts';
import { type Case, firstCase } from './cases.ts';
import type { WantedFacts } from './facts.ts';
import { needsRestart, restartCases } from './restart.ts';
import { nothing, waiting, writes } from './steps.ts';

/** The wanted life runs. */
export const runningCases: readonly Case<WantedFacts>[] = [
  ['its conf.yml cannot be used', ({ refused }) => refused && waiting(refused)],
  ['its data is lost', ({ lost }) => lost && waiting(reason('operator_for_data', { why: lost }))],
  [
    'its guard holds it back',
    ({ other, current }) => isDown(current) && other && waiting(versionWait(other, current.etcdRemedy)),
  ],
  // The next three etcds take no part in the cluster, so they need no permit. The coordinator gives no permit to this
  // node's peers until etcd is back (R2).
  [
    'it cannot run with its new conf.yml',
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

function stop(of: 'rejected' | 'stillborn' | 'silent', { current }: WantedFacts): Plan {
  const why = {
    rejected: () => reason('conf_goes_back', { why: current.journal.rejected?.reason ?? null }),
    stillborn: () => reason('born_dead'),
    silent: () => reason('silent_with_other_conf', { silentFor: longestSilenceMs / 1000 }),
  };
  return { ...nothing, steps: [{ kind: 'stop-etcd', of, why: why[of]() }] };
}

/** If etcd could not be started again, it is not stopped (R17). */
function isStoppable({ other }: WantedFacts): boolean {
  return other === null;
}

function isRejected({ current }: WantedFacts): boolean {
  const { startedWith, rejected } = current.journal;
  return rejected !== null && startedWith?.confKey === rejected.confKey && !serves(current);
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
  if (silence === null || monotonic - silence.since < longestSilenceMs || tendsDatabase(journal)) return false;
  if (journal.startedWith?.confKey === start?.confKey || foreign !== null) return false;
  const heard = accepted.document.certificates.every(({ purpose }) => {
    const state = credentials[purpose];
    return state.kind === 'held' && state.issuedByBundle && state.until > now;
  });
  return heard && clockDoubt === null && obstacle === null && etcdVersion !== null;
}
