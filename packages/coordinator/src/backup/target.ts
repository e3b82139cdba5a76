import type { PicketError } from '@picket/shared/errors.ts';

/** A file to store: an archive of a backup, encrypted or not. */
export interface BackupFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Where backups are stored. Each function throws `backup_not_stored`, which holds no secret (R11). */
export interface BackupTarget {
  /** For operators: the folder, or the store with its bucket. */
  readonly name: string;
  /** The names of all files there. */
  list(): Promise<readonly string[]>;
  /** Stores it under this name, whole or not at all, and reads it back: resolves once what is there has its hash. */
  put(name: string, file: BackupFile): Promise<void>;
  /** One that is not there is no error. */
  remove(name: string): Promise<void>;
  close(): void;
  /** At most so many stay, however many the schedule keeps. */
  readonly mostKept?: number;
  /** Where others fetch copies of what is stored: how many are to have the newest one, and which members have it. */
  boards?(): { readonly wanted: number; readonly held: readonly string[] };
  /** Why what is stored there does not count; null: it does. */
  shortfall?(): PicketError | null;
}
