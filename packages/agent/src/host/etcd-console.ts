import { basename, dirname, extname, join } from 'node:path';

/** Where etcd's standard output and error go, beside its log: `etcd.log` has `etcd-console.log`. */
export function consoleFileOf(logFile: string): string {
  const extension = extname(logFile);
  return join(dirname(logFile), `${basename(logFile, extension)}-console${extension}`);
}
