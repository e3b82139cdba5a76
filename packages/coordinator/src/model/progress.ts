import { type ConfigurationProgress, type ConfigurationStep, noConfiguration } from './configuration-progress.ts';
import { type FormationProgress, type FormationStep, notFounded } from './formation-progress.ts';
import { type MemberStep, type MembershipProgress, noMembers } from './membership-progress.ts';
import { noPermit, type PermitProgress, type PermitStep } from './permit-progress.ts';
import { noRestore, type RestoreProgress } from './restore-progress.ts';
import { noObjection, type SafetyProgress, type SafetyStep } from './safety-progress.ts';
import { noSnapshots, type SnapshotProgress, type SnapshotStep } from './snapshot-progress.ts';
import { type DefragmentationStep, noUpkeep, type SpaceStep, type UpkeepProgress } from './upkeep-progress.ts';
import { noVersion, type VersionProgress, type VersionStep } from './version-progress.ts';

/** What the coordinator has set going. Written only by the executor that publishes a step. */
export interface ClusterProgress
  extends FormationProgress,
    MembershipProgress,
    PermitProgress,
    SafetyProgress,
    VersionProgress,
    RestoreProgress {
  readonly configuration: ConfigurationProgress;
  readonly snapshots: SnapshotProgress;
  readonly upkeep: UpkeepProgress;
}

export const emptyProgress: ClusterProgress = {
  ...notFounded,
  ...noMembers,
  ...noPermit,
  configuration: noConfiguration,
  ...noObjection,
  snapshots: noSnapshots,
  upkeep: noUpkeep,
  ...noVersion,
  ...noRestore,
};

/** One mutation of progress. Those that set something going on a node are named for it: `found`, `assign…`, `grant…`, `release…`. */
export type Step =
  | FormationStep
  | MemberStep
  | PermitStep
  | SafetyStep
  | VersionStep
  | ConfigurationStep
  | SnapshotStep
  | SpaceStep
  | DefragmentationStep;
