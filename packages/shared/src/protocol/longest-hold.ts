/** How long a hold lasts at most, in seconds, however often it is extended. */
export const longestHold = 86_400;
