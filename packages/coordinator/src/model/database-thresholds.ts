/** From when on the controller acts for the size of a database. A share is of the quota unless the comment says otherwise. */

/** A smaller database is not worth a moment without its member, however much of it is gaps: 64 MiB. */
export const defragmentFromBytes = 64 * 1024 ** 2;

/** It is worth it where no more than this share of the database holds anything, */
export const sparseShare = 0.5;

/** or, where it takes up this share of its quota, this one: gaps count against the quota, and at the quota writes end. */
export const fullShare = 0.8;
export const gapsShare = 0.7;

/** NOSPACE is disarmed once every database is below this share of its quota; less room would last for moments. */
export const roomShare = 0.9;
