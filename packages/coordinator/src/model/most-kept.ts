/** How many entries of each kind the progress keeps. */

/**
 * So many member IDs that are out are kept, the newest. An older list that shows one before them is not believed either: it is
 * older than what is recorded of each voter of a majority.
 */
export const mostGone = 1000;

/** Of machines that gave way to others, and never confirmed that their lives are put away: so many lives of each member. */
export const mostRetiredOfGone = 8;

/** So many lives that only a node's own word knows are retired of one member: a node can make up any number. */
export const mostUnknownLives = 8;

/** While so many former lives of a node are kept, which it has not put away, its member does not enter again. */
export const mostFormerLives = 8;
