/** With what a target begins that is the packages of one minor version, such as `package:3.6`. */
export const packagePrefix = 'package:';

/** What a target of an upgrade is called after the word etcd: `3.6.14`, or `3.6 from the packages`. */
export function targetInWords(to: string): string {
  return to.startsWith(packagePrefix) ? `${to.slice(packagePrefix.length)} from the packages` : to;
}
