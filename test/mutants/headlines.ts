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
    find: 'if (runsFor >= listensFor) return [];',
    replace: 'if (runsFor >= 0) return [];',
    caughtBy,
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
