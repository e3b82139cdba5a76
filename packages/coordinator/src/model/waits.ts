/** Every wait of the controller. Milliseconds unless the name says otherwise. */

/** A report older than this says nothing about now: three missed ones at the slowest cadence, and a little. */
export const freshFor = 35_000;

/** An agent that was refused, or found no coordinator, asks again within this. */
export const longestAgentPause = 60_000;

/** How long a node may take to begin a step or use a permit, from its own request on (see the protocol). */
export const leaseSeconds = 90;

/** From then on an order that was taken back can be begun no more, and whoever has begun it has reported that. */
export const orderOverAfter = leaseSeconds * 1000 + freshFor;

/** A membership step without a visible effect is given out anew after this. */
export const reassignAfter = 30_000;

/** A learner that has not caught up for this long is taken out again (k3s waits as long). */
export const stallAfter = 300_000;

/** A learner whose promotion etcd has refused for this long will not be in sync: it is taken out as well. */
export const promotionPatience = 900_000;

/**
 * A learner that lags has had its turn this long after its promotion was first asked for: if another member waits to enter, it
 * is taken out. Longer than an honest one may take, since lags and refusals of 20 minutes in a row end it before.
 */
export const learnerTurn = 3_600_000;

/** One that lagged counts as caught up after this at the earliest: each change is events and commits (R18). */
export const caughtUpAgainAfter = 120_000;

/** A learner that was taken out waits 1, 2, 4 … minutes before it may enter again, at most this. */
export const longestBackoff = 30 * 60_000;

/** A permit that is not confirmed by then is withdrawn, and lapses a lease later. */
export const withdrawPermitAfter = 120_000;

/**
 * A quarantine lasts at least this long, whatever its node reports: each one is two events and two commits, which a node
 * could repeat as often as it reports (R18).
 */
export const shortestQuarantine = 300_000;

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

/** A node has this long for maintenance, from when it began: 8 GiB, the largest quota, written at 5 MB/s. */
export const maintenanceSeconds = 1800;

/** After a failure of it: this, twice this, and so on, at most an hour. */
export const maintenanceRetryAfter = 30_000;

/** A member that was defragmented is left alone for this long: history grows and goes by turns, and takes the gaps again. */
export const defragmentAgainAfter = 24 * 3_600_000;
/** One that comes near its quota for this long. */
export const relieveAgainAfter = 3_600_000;

/**
 * For so long NOSPACE is kept for a voter that may be full and is not heard; twice that after each time within a day that
 * etcd took writes again, at most an hour.
 */
export const unheardFor = 300_000;
export const unheardForAtMost = 3_600_000;
export const recoveryCountsFor = 24 * 3_600_000;

/** Once disarmed, for so long a report may be from before. */
export const alarmSettles = 15_000;

/** Keys that an operator deletes go on taking room until their history is dropped: not for each of them anew. */
export const compactAgainAfter = 30_000;

/** From here on the wall clock was set, in milliseconds; less than that is within what each wait adds for safety. */
export const clockStepFrom = 5_000;
