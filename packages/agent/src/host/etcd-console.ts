import { basename, dirname, extname, join } from 'node:path';

/** The file for etcd's standard output and error, beside its log: `etcd-console.log` for `etcd.log`. */
export function consoleFileOf(logFile: string): string {
  const extension = extname(logFile);
  return join(dirname(logFile), `${basename(logFile, extension)}-console${extension}`);
}
