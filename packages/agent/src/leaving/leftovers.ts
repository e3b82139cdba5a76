import { formerPath } from '../credentials/former-credential.ts';
import type { HostFiles } from '../host/host.ts';
import type { Journal } from '../journal/journal.ts';
import { allPurposes, credentialPath, fileNames, foreignConf, isEtcdctlProfile } from '../model/managed-files.ts';
import type { CurrentState, Paths } from '../model/model.ts';
import { namesOfIncarnation } from './former-data.ts';

/**
 * What this agent has left on the machine for a member that is let go: files that Picket wrote for etcd, and incarnations whose
 * data is not put away.
 */
export async function leftovers(
  files: HostFiles,
  paths: Paths,
  { incarnations }: Journal,
  texts: CurrentState['files'],
): Promise<CurrentState['leftovers']> {
  const { conf, clientBundle, peerBundle, clientKeyLink } = fileNames(paths);
  // Before the first incarnation, an agent writes nothing beside a conf.yml of others: then no file here is its own (R13).
  const lived = Object.keys(incarnations);
  const foreign = foreignConf({ files: texts }, paths) !== null;
  const profile = texts[paths.profile] ?? null;
  const found: string[] = [];
  if (!foreign && (texts[conf] ?? null) !== null) found.push(conf);
  if (!foreign || lived.length > 0) {
    const credentials = allPurposes.flatMap((purpose) => [credentialPath(paths, purpose), formerPath(paths, purpose)]);
    for (const path of [clientBundle, peerBundle, ...credentials]) if (await files.exists(path)) found.push(path);
    if ((await files.readLink(clientKeyLink)) !== null) found.push(clientKeyLink);
  }
  if (profile !== null && isEtcdctlProfile(profile)) found.push(paths.profile);
  const there = new Set(await files.list(paths.dataRoot));
  const here = lived.filter((incarnation) => namesOfIncarnation(incarnation).some((name) => there.has(name)));
  return { files: found, incarnations: here };
}

/** Removes the files of {@link leftovers}. The caller knows that no etcd uses them. */
export async function removeLeftFiles(files: HostFiles, paths: Paths, journal: Journal): Promise<void> {
  const texts: Record<string, string | null> = {};
  for (const path of [fileNames(paths).conf, paths.profile]) texts[path] = await files.read(path);
  for (const path of (await leftovers(files, paths, journal, texts)).files) await files.remove(path);
}
