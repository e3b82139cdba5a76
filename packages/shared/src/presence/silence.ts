/** A report older than this says nothing about now: three missed ones at the slowest rate, and a little. Seconds. */
export const freshForSeconds = 35;

/** An agent that was refused, or found no coordinator, asks again within this time. Seconds. */
export const longestPauseSeconds = 60;

/**
 * The agent of a node that runs, and that the coordinator answers, is heard within this time: its last report is fresh no
 * longer, and it has asked again after its longest pause. Seconds.
 */
export const longestSilenceSeconds = freshForSeconds + longestPauseSeconds;
