import { hash } from 'node:crypto';
import type { HostFiles } from '../host/host.ts';
import { credentialPath, fileNames } from '../model/managed-files.ts';
import type { Paths } from '../model/model.ts';
import { readLeftRecord } from './left-record.ts';

type Folders = Pick<Paths, 'etcDir' | 'stateDir'>;

/** The files in etcd's folder that a client node writes, and that stay when it leaves: its certificate works until it ends. */
export function clientFiles(paths: Folders): readonly string[] {
  const { clientBundle, clientKeyLink } = fileNames(paths);
  return [clientBundle, credentialPath(paths, 'client'), clientKeyLink];
}

/** Marks by which those files are recognized again, by path. A mark shows nothing of a key. */
export async function markClientFiles(files: HostFiles, paths: Folders): Promise<Record<string, string>> {
  const marks: Record<string, string> = {};
  for (const path of clientFiles(paths)) {
    const content = (await files.readLink(path)) ?? (await files.read(path));
    if (content !== null) marks[path] = hash('sha256', content);
  }
  return marks;
}

/** The files that the client node which this machine was has written, and that nobody has changed since (R13). */
export async function filesOfFormerClient(files: HostFiles, paths: Folders): Promise<readonly string[]> {
  const { left } = await readLeftRecord(files, paths.stateDir);
  if (left?.files === undefined) return [];
  const present = await markClientFiles(files, paths);
  return Object.entries(left.files).flatMap(([path, mark]) => (present[path] === mark ? [path] : []));
}
