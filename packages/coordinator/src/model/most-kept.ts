/** How many entries of each kind the progress keeps. */

/**
 * The number of removed member IDs that are kept, the newest. An older list that shows an earlier one is not accepted
 * either: it is older than what is recorded of each voter of a majority.
 */
export const mostGone = 1000;

/**
 * The number of incarnations of each member that are kept for replaced machines, which never confirm that their data is put
 * away.
 */
export const mostRetiredOfGone = 8;

/** The number of retired incarnations of one member that only a node's own word knows: a node can invent any number. */
export const mostUnknownIncarnations = 8;

/** If this many former incarnations of a node are kept because it has not put them away, its member does not enter again. */
export const mostFormerIncarnations = 8;
