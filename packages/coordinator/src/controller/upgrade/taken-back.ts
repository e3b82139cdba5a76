import { configurationOf } from '../../model/configuration-of.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import type { Upgrade } from '../../model/upgrade-progress.ts';
import { minorBeside, minorIn } from '../../model/upgrade-stage.ts';

/**
 * Whether an operator can still take the present stage back: until each member has been ordered to start with the next minor version.
 * Then etcd raises its cluster version at any moment. A member that went back by itself keeps the way open.
 */
export function upgradeMayEnd({ spec, progress }: Pick<Situation, 'spec' | 'progress'>): boolean {
  const brings = minorBeside(progress);
  if (brings === null || progress.upgrade?.leaves !== undefined) return true;
  return Object.keys(progress.members).some(
    (name) => minorIn(configurationOf(spec, progress, name), progress) !== brings,
  );
}

/** The upgrade on its way back to what all members ran before the present stage; null if there is none. */
export function takenBack(progress: ClusterProgress): Upgrade | null {
  const { upgrade, configuration } = progress;
  if (upgrade === null) return null;
  const version = configuration.settled?.etcd?.version ?? null;
  const beside = minorBeside(progress);
  const back = { ...upgrade, stages: [{ kind: 'install', version } as const], at: 0, restarts: {}, pausedAt: [] };
  return beside === null ? null : { ...back, leaves: beside };
}
