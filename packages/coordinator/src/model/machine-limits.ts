/** Below this share of free space, a disk is nearly full. */
export const leastFreeShare = 0.1;

/** From this difference on, in milliseconds, a clock is wrong. */
export const clockOffFrom = 2000;
