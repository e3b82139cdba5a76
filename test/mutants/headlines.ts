import type { Mutant } from './mutant.ts';

const headline = 'packages/coordinator/src/status/headline.ts';
const caughtBy = 'packages/coordinator/test/status/headline.test.ts';

/** What an operator reads first, and acts on. */
export const headlines: readonly Mutant[] = [
  {
    id: 'lost-while-it-listens',
    rule: 'R16',
    does: 'takes the silence of nodes for a failure when the coordinator has just started',
    file: headline,
    find: 'if (runsFor >= longestSilence) return [];',
    replace: 'if (runsFor >= 0) return [];',
    caughtBy,
  },
  {
    id: 'unfreezes-what-is-behind',
    rule: 'headlines',
    does: 'tells operators to unfreeze a cluster that a seal keeps frozen',
    file: headline,
    find: 'next: isBehind ? null :',
    replace: 'next:',
    caughtBy,
  },
  {
    id: 'looks-on-lost-machines',
    rule: 'headlines',
    does: 'tells operators to look on a machine that they said is lost',
    file: headline,
    find: 'leaving?.machineGone !== true);',
    replace: 'phase !== undefined);',
    caughtBy,
  },
  {
    id: 'a-clock-step-is-a-start',
    rule: 'headlines',
    does: 'says after a step of its clock that the coordinator has just started',
    file: 'packages/coordinator/src/executor/executor.ts',
    find: 'const clockWasSet = cluster.clockSetAt > deps.beganAt;',
    replace: 'const clockWasSet = false;',
    caughtBy: 'packages/coordinator/test/api/clusters.test.ts',
  },
  {
    id: 'silence-is-no-quorum',
    rule: 'R16',
    does: 'says that a quorum is lost while no voter reports at all',
    file: headline,
    find: "if (!isHeard) return { state: 'unknown'",
    replace: "if (!isHeard) return { state: 'no-quorum'",
    caughtBy,
  },
  {
    id: 'headline-without-strangers',
    rule: 'R3',
    does: 'leaves voters that nobody declared out of the quorum that the headline counts',
    file: headline,
    find: 'const all = known.length + strange.length;',
    replace: 'const all = known.length;',
    caughtBy,
  },
];
