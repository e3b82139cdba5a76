/** The sizes of a database at which the controller acts. A share is of the quota unless the comment says otherwise. */

/** A smaller database is not worth a moment without its member, however large its gaps: 64 MiB. */
export const defragmentFromBytes = 64 * 1024 ** 2;

/** Defragmentation is worth it if at most this share of the database is in use, */
export const sparseShare = 0.5;

/**
 * or, if the database takes this share of its quota, this one: gaps count against the quota, and at the quota writes
 * end.
 */
export const fullShare = 0.8;
export const gapsShare = 0.7;

/** NOSPACE is disarmed once every database is below this share of its quota; less room would last only for moments. */
export const roomShare = 0.9;

/** The largest quota that etcd recommends, and that Picket proposes. */
export const largestQuotaBytes = 8 * 1024 ** 3;
