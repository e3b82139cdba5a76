import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reasonTable } from '@picket/shared/reasons/table.ts';
import t from 'tap';
import { nextStep } from '../../src/controller/next-step.ts';
import type { ClusterSituation } from '../../src/executor/executor.ts';
import { clusterSamples } from '../../src/metrics/cluster-samples.ts';
import { noConditions } from '../../src/model/conditions.ts';
import { clusterProblems } from '../../src/notifications/cluster-problems.ts';
import { clusterStatus } from '../../src/status/cluster-status.ts';
import { diagnosis } from '../../src/status/diagnosis.ts';
import { Scene } from '../controller/support/situations.ts';

const listener = { runsFor: 3_600_000, clockWasSet: false, reportEverySeconds: 10, awaited: null };

/** Everything that is decided and shown of a cluster. */
function judged(scene: Scene): void {
  const { spec, progress, now } = scene;
  const observed = scene.status();
  const { waits } = nextStep(spec, observed, progress, now);
  const record = { id: 'cluster1', spec, progress, conditions: noConditions, progressVersion: 1, createdAt: 0 };
  const cluster: ClusterSituation = { record, nodes: [], waits, unrendered: [], status: observed, ...listener };
  const shown = clusterStatus(cluster, now, listener, () => null, { toReadopt: [], rests: false, others: [] });
  diagnosis(cluster, shown, { count: 0, at: null }, now);
  clusterSamples(cluster, shown, now);
  const problems = clusterProblems(cluster, shown, now).map(({ why }) => why);
  for (const one of [shown.headline, ...shown.notices, ...shown.waitsFor, ...problems]) inWords(one);
}

t.test('R18: no reason that a node makes up stops what is decided or shown of its cluster', async (t) => {
  for (const code of [...Object.keys(reasonTable), 'made_up'])
    for (const facts of [{}, { why: null, member: 7, members: 'x', at: 'never', lastWords: 4, off: 3 }]) {
      const reason = { code, facts };
      const outcome = { id: 'step0001', outcome: 'failed', reason } as const;
      const service = {
        ...{ reason, rejected: reason, etcdctlReady: reason, authenticationOn: true as const },
        holdRefused: { permit: 'permit01', reason },
        logFacts: [{ reason, at: null }],
      };
      const more = {
        agent: { waits: [reason, reason] },
        lastStep: { ...outcome, member: 'x-k3s-m-1' },
        lastSnapshot: outcome,
        lastMaintenance: outcome,
        restoreTool: { installed: null, obstacle: reason },
      };
      const scene = Scene.formed(3).reports(3, { ...more, etcd: null, service });
      scene.clientReports('client1', { agent: more.agent, service });
      try {
        judged(scene);
      } catch (error) {
        t.error(error, `${code} ${JSON.stringify(facts)}`);
      }
    }
  t.pass('all are judged');
});
