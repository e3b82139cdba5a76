import { readFile, stat } from 'node:fs/promises';

/** Where this process writes its log. */
export type OwnOutput =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'journal'; readonly service: string }
  | { readonly kind: 'elsewhere' };

/** Linux opens the same file here, also after it was renamed. */
const standardOutput = '/proc/self/fd/1';

/** Whether the init system has led this process's standard output into a file or into systemd's journal. */
export async function ownOutput(env: Readonly<Record<string, string | undefined>>): Promise<OwnOutput> {
  const found = await stat(standardOutput).catch(() => null);
  if (found === null) return { kind: 'elsewhere' };
  if (found.isFile()) return { kind: 'file', path: standardOutput };
  // systemd.exec(5): the device and inode of the stream, so that a program can tell whether its output still is that one.
  if (env.JOURNAL_STREAM !== `${found.dev}:${found.ino}`) return { kind: 'elsewhere' };
  const groups = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const [, service] = /^(?:0:|\d+:name=systemd):\/?.*?\/([\w@.-]+\.service)(?:\/|$)/m.exec(groups) ?? [];
  return service === undefined ? { kind: 'elsewhere' } : { kind: 'journal', service };
}
