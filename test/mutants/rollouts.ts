import type { Mutant } from './mutant.ts';

const file = 'packages/coordinator/src/model/next-configuration.ts';
const caughtBy = 'packages/coordinator/test/controller/configuration/configuration.test.ts';

export const rollouts: readonly Mutant[] = [
  {
    id: 'mixes-timings',
    rule: 'R6',
    does: 'gives a member timing that cannot be beside the timing of the others',
    file,
    find: 'if (!isClose({ heartbeatIntervalMs: Math.max(...heartbeats), electionTimeoutMs }))',
    replace: 'if (heartbeats.length === 0)',
    caughtBy,
  },
  {
    id: 'forgets-the-settled-timing',
    rule: 'R6',
    does: 'begins the second step before newcomers get the settings of the first',
    file,
    find: 'const newcomers = [settled];',
    replace: 'const newcomers = [settled].slice(1);',
    caughtBy,
  },
];
