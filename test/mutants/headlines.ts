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
  {
    id: 'names-the-survivor',
    rule: 'R16',
    does: 'names the voter that has lost its leader as the one that does not serve, and not those that are silent since then',
    file: headline,
    find: 'if (able - silent.length < quorum) {',
    replace: 'if (able < quorum) {',
    caughtBy,
  },
  {
    id: 'joins-beside-a-returned-one',
    rule: 'R16',
    does: 'proposes a new machine in a rescue while a machine that was evicted as lost serves',
    file: headline,
    find: 'if (lost.length > 0) {',
    replace: 'if (lost.length > all) {',
    caughtBy,
  },
  {
    id: 'an-older-snapshot-will-do',
    rule: 'R16',
    does: 'takes a snapshot from before the quorum came back for the one to restore',
    file: 'packages/coordinator/src/status/lost-that-serve.ts',
    find: 'last.takenAt >= node.healthySince',
    replace: 'last.takenAt >= 0',
    caughtBy,
  },
];
