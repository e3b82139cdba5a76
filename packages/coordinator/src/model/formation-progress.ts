import type { Configuration } from './configuration-progress.ts';
import type { Instant } from './instant.ts';
import type { AppliedIndices } from './membership-progress.ts';
import type { RestoreSource } from './restore-source.ts';

export interface Formation {
  readonly member: string;
  readonly incarnation: string;
  /** initial-cluster-token, with a random nonce: a second formation can never be the same cluster (R1). */
  readonly token: string;
  readonly startedAt: Instant;
  /**
   * The minor version of etcd that the founder had installed, or of the release that it was given. Its conf.yml is written for
   * that until it is known what it runs. Left out if it was not known.
   */
  readonly installed?: string;
  /** Only from a member that has a leader and has served a linearizable read (R1). */
  readonly clusterId: string | null;
  /** Omitted if it began empty. */
  readonly from?: RestoreSource;
}

/** How the cluster was founded (R1). */
export interface FormationProgress {
  readonly formation: Formation | null;
  /** Counts formations, including abandoned ones. */
  readonly formations: number;
  /** True once a promotion was ordered since the founding: from then on the formation cannot be abandoned (R1). */
  readonly secondVoterPossible: boolean;
  /** The snapshot that the next founder begins from, by an operator's order; null: it begins empty. */
  readonly restore: RestoreSource | null;
}

export const notFounded: FormationProgress = {
  formation: null,
  formations: 0,
  secondVoterPossible: false,
  restore: null,
};

export type FormationStep =
  | { readonly kind: 'found'; readonly member: string; readonly installed?: string }
  | {
      readonly kind: 'record-cluster';
      readonly member: string;
      readonly clusterId: string;
      readonly memberId: string;
      readonly asOf: AppliedIndices;
      readonly configuration: Configuration;
      /** What the founder runs; null if that is not known. */
      readonly etcdMinor: string | null;
    };
