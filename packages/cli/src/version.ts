/** The version of this `picket`; it talks to coordinators of the same minor version and the one before. */
export const version = '0.1.0';
