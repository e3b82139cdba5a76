import type { Static } from 'typebox';
import * as Type from 'typebox';

/** The most octets that the coordinator sends of a copy at once. */
export const backupPartBytes = 512 * 1024;

/** A larger one would fill the card of a board. */
export const mostCopyBytes = 512 * 1024 * 1024;

/** An encrypted backup of the coordinator, of which this node is to have a copy. */
export const BackupCopy = Type.Object({
  name: Type.String({ pattern: '^picket-[0-9a-z]{1,64}-[0-9]{8}T[0-9]{6}Z\\.tar\\.gz\\.age$' }),
  sizeBytes: Type.Integer({ minimum: 1, maximum: mostCopyBytes }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
});
export type BackupCopy = Static<typeof BackupCopy>;
