import { type AuthenticationProgress, type AuthenticationStep, noAuthentication } from './authentication-progress.ts';
import { type ConfigurationProgress, type ConfigurationStep, noConfiguration } from './configuration-progress.ts';
import { type CorruptionProgress, type CorruptionStep, noCorruption } from './corruption-progress.ts';
import { type DeletionProgress, type DeletionStep, notDeleted } from './deletion-progress.ts';
import { type FormationProgress, type FormationStep, notFounded } from './formation-progress.ts';
import { type LeadershipProgress, type LeadershipStep, noLeaderMove } from './leadership-progress.ts';
import {
  type DefragmentationStep,
  type MaintenanceProgress,
  noMaintenance,
  type SpaceStep,
} from './maintenance-progress.ts';
import { type MemberStep, type MembershipProgress, noMembers } from './membership-progress.ts';
import { type HoldStep, noPermit, type PermitProgress, type PermitStep } from './permit-progress.ts';
import { noObjection, type SafetyProgress, type SafetyStep } from './safety-progress.ts';
import { noSnapshots, type SnapshotProgress, type SnapshotStep } from './snapshot-progress.ts';
import { noUpgrade, type UpgradeProgress, type UpgradeStep } from './upgrade-progress.ts';
import { noVersion, type VersionProgress, type VersionStep } from './version-progress.ts';

/** The part of the progress that each concern owns, and its steps. */
interface Parts {
  readonly safety: { readonly progress: SafetyProgress; readonly step: SafetyStep };
  readonly deletion: { readonly progress: DeletionProgress; readonly step: DeletionStep };
  readonly formation: { readonly progress: FormationProgress; readonly step: FormationStep };
  readonly version: { readonly progress: VersionProgress; readonly step: VersionStep };
  readonly upgrade: { readonly progress: UpgradeProgress; readonly step: UpgradeStep };
  readonly snapshots: { readonly progress: { readonly snapshots: SnapshotProgress }; readonly step: SnapshotStep };
  readonly configuration: {
    readonly progress: { readonly configuration: ConfigurationProgress };
    readonly step: ConfigurationStep;
  };
  readonly space: { readonly progress: { readonly maintenance: MaintenanceProgress }; readonly step: SpaceStep };
  readonly corruption: { readonly progress: CorruptionProgress; readonly step: CorruptionStep };
  readonly authentication: { readonly progress: AuthenticationProgress; readonly step: AuthenticationStep };
  readonly membership: { readonly progress: MembershipProgress; readonly step: MemberStep };
  readonly leadership: { readonly progress: LeadershipProgress; readonly step: LeadershipStep };
  /** Records in `permit` what it does. */
  readonly holds: { readonly progress: object; readonly step: HoldStep };
  readonly permits: { readonly progress: PermitProgress; readonly step: PermitStep };
  /** Records in `maintenance` what it has done, since `space` continues from that. */
  readonly defragmentation: { readonly progress: object; readonly step: DefragmentationStep };
}

export type ConcernName = keyof Parts;
export type PartOf<Name extends ConcernName> = Parts[Name]['progress'];
export type StepOf<Name extends ConcernName> = Parts[Name]['step'];

/** A field, or a kind of step, that two concerns claim. */
type Contested = {
  readonly [Name in ConcernName]: {
    readonly [Other in Exclude<ConcernName, Name>]:
      | (keyof PartOf<Name> & keyof PartOf<Other>)
      | (StepOf<Name>['kind'] & StepOf<Other>['kind']);
  }[Exclude<ConcernName, Name>];
}[ConcernName];

type Whole = {
  readonly [Name in ConcernName]: (part: PartOf<Name>) => void;
}[ConcernName] extends (whole: infer All) => void
  ? All
  : never;

/** What the coordinator has set going. Written only by the executor that publishes a step. */
export type ClusterProgress = [Contested] extends [never] ? Whole : Contested;

/**
 * One change of progress. The steps that set something going on a node are `found`, `assign…`, `grant…`, `release…` and
 * `put-back…`.
 */
export type Step = StepOf<ConcernName>;

export const emptyProgress: ClusterProgress = {
  ...noObjection,
  ...notDeleted,
  ...notFounded,
  ...noVersion,
  ...noUpgrade,
  snapshots: noSnapshots,
  configuration: noConfiguration,
  maintenance: noMaintenance,
  corruption: noCorruption,
  ...noAuthentication,
  ...noMembers,
  ...noLeaderMove,
  ...noPermit,
};

/** Progress from a version that knew fewer fields. Each missing field gets its empty value. */
export function completeProgress(stored: Partial<ClusterProgress>): ClusterProgress {
  return {
    ...emptyProgress,
    ...stored,
    snapshots: { ...noSnapshots, ...stored.snapshots },
    configuration: { ...noConfiguration, ...stored.configuration },
    maintenance: { ...noMaintenance, ...stored.maintenance },
    corruption: { ...noCorruption, ...stored.corruption },
  };
}
