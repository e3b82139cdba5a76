import type { Mutant } from './mutant.ts';

const file = 'packages/coordinator/src/model/next-configuration.ts';
const caughtBy = 'packages/coordinator/test/controller/configuration/configuration.test.ts';

export const rollouts: readonly Mutant[] = [
  {
    id: 'mixes-timings',
    rule: 'R6',
    does: 'gives a member timing that cannot be beside the timing of the others',
    file,
    in: 'nextConfiguration',
    guard: '!isClose({ heartbeatIntervalMs: Math.max(...heartbeats), electionTimeoutMs })',
    without: 'heartbeats.length === 0',
    caughtBy,
  },
  {
    id: 'forgets-the-settled-timing',
    rule: 'R6',
    does: 'begins the second step before newcomers get the settings of the first',
    file,
    in: 'nextConfiguration',
    guard: 'const newcomers = [settled];',
    without: 'const newcomers = [settled].slice(1);',
    caughtBy,
  },
];
