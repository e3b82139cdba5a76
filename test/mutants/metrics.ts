import type { Mutant } from './mutant.ts';

const caughtBy = 'packages/coordinator/test/api/metrics.test.ts';

export const metrics: readonly Mutant[] = [
  {
    id: 'series-for-any-code',
    rule: 'R18',
    does: 'makes a series of each code that a node makes up',
    file: 'packages/coordinator/src/metrics/member-samples.ts',
    in: 'knownCode',
    guard: "Object.hasOwn(reasonTable, code) ? code : 'other'",
    without: 'code',
    caughtBy,
  },
  {
    id: 'series-for-any-version',
    rule: 'R18',
    does: 'makes a series of each version that a node makes up',
    file: 'packages/coordinator/src/metrics/member-samples.ts',
    in: 'knownVersion',
    guard: "/^\\d{1,2}\\.\\d{1,2}\\.\\d{1,2}(-(alpha|beta|rc)\\.\\d{1,2})?$/.test(version) ? version : 'other'",
    without: '/^\\d{1,2}\\.\\d{1,2}\\.\\d{1,2}(-(alpha|beta|rc)\\.\\d{1,2})?$/.test(version) ? version : version',
    caughtBy,
  },
  {
    id: 'scrapes-for-each',
    rule: 'R18',
    does: 'looks everything up again for each of the scrapes at one time',
    file: 'packages/coordinator/src/api/metrics.ts',
    in: 'metricsRoutes',
    guard: 'running ??= $1',
    without: 'running = $1',
    caughtBy,
  },
  {
    id: 'one-unshown-hides-all',
    rule: 'R18',
    does: 'answers no metrics while one cluster cannot be shown',
    file: 'packages/coordinator/src/api/metrics.ts',
    in: 'scrape',
    guard: "log.error({ err: error, cluster: name }, 'the metrics of a cluster cannot be shown');",
    without: 'throw error;',
    caughtBy: 'packages/coordinator/test/api/metrics.test.ts',
  },
];
