/** How long a member is held if nobody says how long, in seconds. */
export const defaultHold = 1800;
