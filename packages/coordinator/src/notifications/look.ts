import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Backups } from '../backup/open-backups.ts';
import type { ClusterSituation, Executor } from '../executor/executor.ts';
import type { RestorationBoard } from '../executor/restoration-board.ts';
import type { Instant } from '../model/instant.ts';
import type { ClusterStatus } from '../status/cluster-status.ts';
import { clusterProblems, clusterSight, detected } from './cluster-problems.ts';
import type { Problem, Seen, SightOf } from './problem.ts';

export interface LookDeps {
  readonly executor: Pick<Executor, 'specs' | 'clusters' | 'situation'>;
  readonly restoration: Pick<RestorationBoard, 'rests'>;
  /** What operators see: notifications judge nothing a second time. */
  readonly statusOf: (cluster: ClusterSituation, now: Instant) => ClusterStatus;
  readonly backups: Pick<Backups, 'lastAt' | 'targets'>;
  /** Of the disk with the store; null if it cannot be read. */
  readonly freeBytes: () => Promise<number | null>;
  readonly now: () => Instant;
}

/** Collects all that is wrong now. Between two clusters others get their turn. */
export async function lookAtAll(deps: LookDeps): Promise<Seen> {
  const { executor, restoration } = deps;
  const freeBytes = await deps.freeBytes();
  const now = deps.now();
  const names = executor.specs().map(({ name }) => name);
  const backups = { lastBackupAt: deps.backups.lastAt(), backupFailures: deps.backups.targets().flatMap(failureOf) };
  const own = { clusters: names.length, ...backups, freeBytes };
  const problems = new Map<string, Problem>();
  const add = (found: readonly Problem[]) => {
    for (const one of found) if (!problems.has(one.key)) problems.set(one.key, one);
  };
  add(detected({ cluster: null, name: null }, ({ ofCoordinator }) => ofCoordinator?.(own, now)));
  const sights = new Map<string, SightOf>();
  const failures: Seen['failures'][number][] = [];
  for (const name of names) {
    // Deleted since the last turn.
    if (!executor.clusters().includes(name)) continue;
    try {
      const cluster = executor.situation(name);
      const status = deps.statusOf(cluster, now);
      add(clusterProblems(cluster, status, now));
      // Reports do not count while a restored coordinator waits for the re-adoption of its nodes.
      sights.set(name, restoration.rests(name) ? () => 'blind' : clusterSight(cluster, status, now));
    } catch (error) {
      // The other clusters are judged all the same.
      sights.set(name, () => 'blind');
      failures.push({ cluster: name, error });
    }
    await nextTurn();
  }
  const sightOf: SightOf = (about) => {
    if (about.cluster === null) return 'clear';
    return sights.get(about.cluster)?.(about) ?? 'gone';
  };
  return { problems: [...problems.values()], sightOf, failures };
}

function failureOf({ target, failure }: ReturnType<Backups['targets']>[number]) {
  return failure === null ? [] : [{ target, reason: failure.reason }];
}
