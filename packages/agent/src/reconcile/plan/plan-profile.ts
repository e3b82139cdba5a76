import { type DesiredState, isMemberState } from '@picket/shared/protocol/desired-state.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { credentialPath, fileNames, isEtcdctlProfile, profileMark } from '../../model/managed-files.ts';
import type { Accepted, CurrentState, ManagedFile, Paths, Plan } from '../../model/model.ts';
import { type Program, programFolder } from '../../model/program.ts';
import { nothing, waiting } from './etcd/steps.ts';

const header = `${profileMark}1 Written by Picket, which overwrites changes made here. Read by login shells, so that etcdctl needs no flag.`;

/**
 * etcdctl's environment. A member's file is written once the member has its own etcd. A problem with the file is
 * reported then, and delays neither the member's release nor its restart. Pure.
 */
export function planProfile(
  { document }: Pick<Accepted, 'document'>,
  { files, journal }: Pick<CurrentState, 'files' | 'journal'>,
  paths: Paths,
): Plan {
  const wanted = etcdctlProfile(document, paths, journal.startedWith?.program ?? null);
  const found = files[paths.profile] ?? null;
  if ((isMemberState(document) && document.etcd === null) || wanted === null || found === wanted.content)
    return nothing;
  if (found !== null && found.trim() !== '' && !isEtcdctlProfile(found))
    return waiting(reason('profile_of_others', { path: paths.profile }));
  return { ...nothing, steps: [{ kind: 'write-file', ...wanted }] };
}

/**
 * The settings of etcdctl for a POSIX shell; null while the cluster has no voter. ETCDCTL_API is left out: etcdctl 3.5
 * uses 3 by default, and 3.6 warns of the variable at every call.
 */
function etcdctlProfile({ endpoints }: DesiredState, paths: Paths, program: Program | null): ManagedFile | null {
  if (endpoints.length === 0) return null;
  const { clientBundle, clientKeyLink } = fileNames(paths);
  const lines = Object.entries({
    ETCDCTL_ENDPOINTS: endpoints.join(','),
    ETCDCTL_CACERT: clientBundle,
    ETCDCTL_CERT: credentialPath(paths, 'client'),
    ETCDCTL_KEY: clientKeyLink,
  }).map(([name, value]) => `export ${name}=${quoted(value)}`);
  const search = program === null ? [] : [rootsPath(programFolder(paths.stateDir, program))];
  return { path: paths.profile, content: `${[header, ...lines, ...search].join('\n')}\n`, mode: 0o644 };
}

/** Root's shell finds the etcdctl of the release that runs. Other users cannot read the key. */
function rootsPath(folder: string): string {
  return `if [ "$(id -u)" = 0 ]; then PATH=${quoted(folder)}:"$PATH"; fi`;
}

/** Quotes one word for a shell, whatever is in it: root's shell reads this, and some of it comes from elsewhere. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
