import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { UpgradeStage } from './upgrade-progress.ts';

/**
 * Why a stage that installs a release is needed: what etcd's guide asks for, whose packages could not start their members again, or that
 * members need a way back. For a stage that brings packages, where they are missing.
 */
export interface Need {
  readonly least?: string;
  readonly moved?: readonly string[];
  readonly keepsWayBack?: true;
  readonly boards?: readonly Board[];
  /** The members with a package that Picket does not start. */
  readonly faulty?: readonly string[];
}

/** Machines without the wanted package, and the command that installs it there; null: none is known for their system. */
interface Board {
  readonly members: readonly string[];
  readonly command: string | null;
}

/** What a stage does, and why. */
export function taskOfStage(
  stage: UpgradeStage,
  { least, moved, keepsWayBack, boards = [], faulty }: Need = {},
): Reason {
  if (stage.kind === 'restart') return reason('stage_restarts');
  if (stage.kind === 'raft-snapshot') return reason('stage_writes_raft_snapshots');
  if (stage.kind === 'downgrade') return reason('stage_downgrades', { minor: stage.to });
  const { version, beside, packageMinor } = stage;
  if (packageMinor !== undefined) {
    const facts = { minor: packageMinor, boards: [...boards] };
    return reason('stage_takes_packages', faulty === undefined ? facts : { ...facts, faulty: [...faulty] });
  }
  if (version === null) return reason('stage_goes_back', { version });
  if (beside !== undefined) return reason('stage_evens', { version, minor: beside });
  if (keepsWayBack === true) return reason('stage_keeps_way_back', { version });
  return moved === undefined
    ? reason('stage_installs', { version, least: least ?? null })
    : reason('stage_leaves_packages', { version, members: moved });
}

/**
 * How to go back during a stage.
 *
 * @param minor the other minor version that it brings; null if it brings none
 * @param down it is an earlier one
 */
export function wayBackOf(cluster: string, minor: string | null, down: boolean): Reason {
  if (minor !== null && down) return reason('back_until_down', { cluster, minor });
  return minor === null ? reason('back_by_abort', { cluster }) : reason('back_until_last', { cluster, minor });
}
