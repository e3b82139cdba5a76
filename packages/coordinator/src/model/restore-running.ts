import type { FormationProgress } from './formation-progress.ts';
import type { RestoreSource } from './restore-source.ts';

/**
 * The snapshot from which the cluster is being restored, from the operator's order until a founder has served with its
 * data; null if it is not being restored. The progress of a backup does not say it. Pure.
 */
export function restoreRunning({
  restore,
  formation,
}: Pick<FormationProgress, 'restore' | 'formation'>): RestoreSource | null {
  if (restore !== null) return restore;
  return formation?.clusterId === null ? (formation.from ?? null) : null;
}
