/** Every wait of the controller, in one place. Milliseconds unless the name says otherwise. */

/** A report older than this says nothing about now: three missed ones at the slowest cadence, and a little. */
export const freshFor = 35_000;

/** How long a node may take to begin a step or use a permit, from its own request on (see the protocol). */
export const leaseSeconds = 90;

/** A membership step without a visible effect is given out anew after this. */
export const reassignAfter = 30_000;

/** A learner that has not caught up for this long is taken out again (k3s waits as long). */
export const stallAfter = 300_000;

/** A learner whose promotion etcd has refused for this long will not be in sync: it is taken out as well. */
export const promotionPatience = 900_000;

/** A learner that was taken out waits 1, 2, 4 … minutes before it may enter again, at most this. */
export const longestBackoff = 30 * 60_000;

/** A permit that is not confirmed by then is withdrawn, and lapses a lease later. */
export const withdrawPermitAfter = 120_000;

/** A member on trial that has not been healthy for this long cannot run with what it was given. */
export const unableAfter = 120_000;

/** A member that came back must have stayed healthy for this long before the next may go. */
export const stayHealthyFor = 10_000;

/** After a permit that lapsed the same member waits this long for another. */
export const permitBackoff = 60_000;

/** A node that was asked for a snapshot has this long to send it, from when it began. */
export const snapshotSeconds = 1800;

/** In its first minutes a formation holds nothing that its founding, or the snapshot that it is of, does not have. */
export const youngFor = 600_000;

/** Before a change a snapshot of the last so many minutes will do. */
export const snapshotFreshFor = 600_000;

/** A change waits this long for the snapshot before it, and then goes on without. */
export const snapshotHoldFor = 600_000;

/** After so many failures a change goes on without a snapshot, for as long as the last is this recent. */
export const snapshotTries = 2;
export const snapshotPardonFor = 900_000;

/** After a failure it is tried again after this, twice this, and so on, at most an hour. */
export const snapshotRetryAfter = 30_000;
