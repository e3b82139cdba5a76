import { freshForSeconds, longestPauseSeconds } from '@picket/shared/presence/silence.ts';
import { longSilence } from '@picket/shared/reasons/long-silence.ts';

/** Every wait of the controller. Milliseconds unless the name says otherwise. */

/** See `freshForSeconds`. */
export const freshFor = freshForSeconds * 1000;

/** See `longestPauseSeconds`. */
export const longestAgentPause = longestPauseSeconds * 1000;

/** See `longestSilenceSeconds`. */
export const longestSilence = freshFor + longestAgentPause;

/** A silence is long enough to be told what to do if a machine is lost: before that, an operator should look at it. */
export const lossConsideredAfter = longSilence * 1000;

/** How long a node may take to begin a step or use a permit, from its own request on (see the protocol). */
export const leaseSeconds = 90;

/** After this, a withdrawn order can no longer begin, and an executor that has begun it has reported that. */
export const orderOverAfter = leaseSeconds * 1000 + freshFor;

/**
 * The greatest age of a decision by which a node is answered, since the answer extends leases (R2). A coordinator decides every two seconds, unless its process was suspended, its disk does not answer, or nothing can be stored.
 */
export const decisionGoodFor = 5_000;

/** A membership step without a visible effect is ordered again after this. */
export const reassignAfter = 30_000;

/** A learner that has not caught up for this long is removed (k3s waits as long). */
export const stallAfter = 300_000;

/** A learner whose promotion etcd has refused for this long will not catch up: it is removed as well. */
export const promotionPatience = 900_000;

/**
 * A learner that lags has had its turn this long after its promotion was first ordered: if another member waits to
 * enter, it is removed. Longer than an honest one may take, since lags and refusals of 20 minutes in a row end it
 * before.
 */
export const learnerTurn = 3_600_000;

/** A learner that lagged counts as caught up after this at the earliest: each change costs events and commits (R18). */
export const caughtUpAgainAfter = 120_000;

/** A removed learner waits 1, 2, 4 … minutes before it may enter again, at most this. */
export const longestBackoff = 30 * 60_000;

/** A permit that is not confirmed by then is withdrawn, and expires a lease later. */
export const withdrawPermitAfter = 120_000;

/**
 * A quarantine lasts at least this long, whatever its node reports: each one costs two events and two commits, which a
 * node could repeat as often as it reports (R18).
 */
export const shortestQuarantine = 300_000;

/** A member on trial that has not been healthy for this long cannot run with its settings. */
export const unableAfter = 120_000;

/**
 * Without a quorum, an etcd that runs with a release for this long has shown that it can: its agent would have rejected one that ends
 * again and again.
 */
export const runsAloneFor = 30_000;

/** A member that returned must stay healthy for this long before the next may restart. */
export const stayHealthyFor = 10_000;

/** After an expired permit, the same member waits this long for another. */
export const permitBackoff = 60_000;

/** A node with an order for a snapshot has this long to send it, from when it began. */
export const snapshotSeconds = 1800;

/** In its first minutes a formation holds nothing beyond its founding, or beyond the snapshot that it began from. */
export const youngFor = 600_000;

/** A snapshot of the last minutes, this many, is enough before a change. */
export const snapshotFreshFor = 600_000;

/** A change waits this long for the snapshot before it, and then continues without. */
export const snapshotAwaitedFor = 600_000;

/** After this many failures a change continues without a snapshot, as long as the last failure is this recent. */
export const snapshotTries = 2;
export const snapshotPardonFor = 900_000;

/** After a failure it is tried again after this, twice this, and so on, at most an hour. */
export const snapshotRetryAfter = 30_000;

/** After a failed rehearsal by the schedule the next one begins after this, twice this, and so on, at most the interval of the schedule. */
export const rehearsalRetryAfter = 3_600_000;

/** A node has this long for maintenance, from when it began: 8 GiB, the largest quota, written at 5 MB/s. */
export const maintenanceSeconds = 1800;
/** As long as this an agent may take to switch etcd's authentication, in seconds. Other orders wait until then. */
export const authenticationSeconds = 60;

/** So often a founder is asked to give Picket its etcd user; then an operator restores the snapshot again. */
export const admissionTries = 3;
/** A certificate for etcd's root lasts so long, in milliseconds. */
export const rootLifetime = 3_600_000;

/** As long as this an agent may take to order etcd's downgrade, or its end, in seconds. */
export const downgradeSeconds = 60;

/** After a failure of it: this, twice this, and so on, at most an hour. */
export const maintenanceRetryAfter = 30_000;

/**
 * After a defragmentation a member is left alone for this long: history grows and shrinks by turns, and fills the gaps
 * again.
 */
export const defragmentAgainAfter = 24 * 3_600_000;
/** After one that was close to its quota, for this long. */
export const relieveAgainAfter = 3_600_000;

/**
 * NOSPACE stays this long for a voter that may be full and does not report. The time doubles each time that etcd took
 * writes again within a day, to at most an hour.
 */
export const unheardFor = 300_000;
export const unheardForAtMost = 3_600_000;
export const recoveryCountsFor = 24 * 3_600_000;

/** Once disarmed, a report may be from before for this long. */
export const alarmSettles = 15_000;

/** Deleted keys take room until the next compaction: it is not repeated for each of them. */
export const compactAgainAfter = 30_000;

/** After an undecided comparison of the voters' data the next one comes after this, twice this, and so on, at most an hour. */
export const compareAgainAfter = 30_000;
export const compareAgainAfterAtMost = 3_600_000;

/** From this difference on, in milliseconds, the wall clock was set; less is within what each wait adds for safety. */
export const clockStepFrom = 5_000;
