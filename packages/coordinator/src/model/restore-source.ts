import type { FixedInstant } from './instant.ts';

/** The snapshot that a formation begins from. */
export interface RestoreSource {
  readonly snapshot: string;
  readonly takenAt: FixedInstant;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The minor version of the format of its data. Omitted if it was not read. */
  readonly format?: string;
  /**
   * It was imported, etcd's authentication is on in it, and Picket has no user there. Omitted otherwise: only for such a snapshot does a
   * founder get a certificate for etcd's root.
   */
  readonly keepsPicketOut?: true;
  /** The members of the cluster that is given up for it. Omitted before that. */
  readonly former?: readonly FormerMember[];
}

/** A member of a cluster that is given up for a snapshot. */
export interface FormerMember {
  readonly name: string;
  readonly nodeId: string | null;
  readonly clientUrls: readonly string[];
  readonly isVoter: boolean;
  /** etcd may have removed it already: a voter was asked to. */
  readonly mayBeOut?: true;
  /** Its data is known to be lost (R16). */
  readonly lost: boolean;
}
