/** The coordinator's own version; agents may differ from it by one minor version. */
export const version = '0.1.0';
