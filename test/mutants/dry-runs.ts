import type { Mutant } from './mutant.ts';

const caughtBy = 'packages/coordinator/test/executor/judge.test.ts';

export const dryRuns: readonly Mutant[] = [
  {
    id: 'publishes-a-dry-run',
    rule: 'R12',
    does: 'publishes to nodes what an order would do that was only judged',
    file: 'packages/coordinator/src/executor/turn.ts',
    in: 'rehearse',
    guard: 'put: published.put',
    without: 'put: (publication) => publications.put(publication)',
    caughtBy,
  },
  {
    id: 'evicts-in-a-dry-run',
    rule: 'R16',
    does: 'evicts a node that an operator only asked about',
    file: 'packages/coordinator/src/api/nodes.ts',
    in: 'nodesRoutes',
    guard: 'dryRun ? judged : await deps.executor.run(node.cluster, order)',
    without: 'await deps.executor.run(node.cluster, order)',
    caughtBy,
  },
];
