/** How long a member is held if nobody says how long, in seconds and as people write it. */
export const defaultHold = { seconds: 1800, written: '30m' } as const;
