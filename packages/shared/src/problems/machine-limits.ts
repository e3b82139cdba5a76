/** Below this share of free space, a disk is nearly full. */
export const leastFreeShare = 0.1;

/** From this difference on, in milliseconds, a clock is wrong. */
export const clockOffFrom = 2000;

/**
 * With less free space, in bytes, a disk counts as full: etcd allocates its log in segments of 64 MB (etcd,
 * `wal.SegmentSizeBytes`) and ends if it cannot.
 */
export const segmentBytes = 64_000_000;

/**
 * From this temperature on a Raspberry Pi slows down (its documentation, "Frequency management and thermal control").
 */
export const hotCelsius = 80;

/** etcd's FAQ recommends that the 99th percentile of its log's fsyncs is below this. */
export const mostFsyncMs = 10;
