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

/** A member that came back must have stayed healthy for this long before the next may go. */
export const stayHealthyFor = 10_000;

/** After a permit that lapsed the same member waits this long for another. */
export const permitBackoff = 60_000;
