import { minorOf } from '@picket/shared/etcd-version.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { EtcdUnit, InitSystem } from '../host/host.ts';
import type { Journal } from '../journal/journal.ts';
import { type Accepted, memberStateOf } from '../model/model.ts';
import { admits, orderOf, versionWait } from '../model/version-guard.ts';
import type { ObserveDeps } from '../observe/observe.ts';

interface PackageDeps extends Pick<ObserveDeps, 'etcdRemedy' | 'installedEtcd'> {
  readonly host: { readonly init: Pick<InitSystem, 'state'> };
  readonly unit: EtcdUnit;
}

/**
 * Why the package cannot take the place of the release that etcd served with last: it is missing, or of another minor version. null
 * if it can, if a release is wanted, and while etcd runs: then nothing needs to be started.
 */
export async function packageProblem(
  { host, unit, installedEtcd, etcdRemedy }: PackageDeps,
  received: Accepted | null,
  { lastGood, startedWith }: Pick<Journal, 'lastGood' | 'startedWith'>,
): Promise<Reason | null> {
  const document = memberStateOf(received);
  if (!document?.etcd || document.program !== undefined || lastGood?.program === undefined) return null;
  if ((await host.init.state()).kind === 'running') return null;
  const installed = (await installedEtcd(unit.binary))?.version ?? null;
  // It has taken that place already. The order by which it did may be over before it has served for long enough to be the last good one.
  const ran = startedWith?.program === undefined ? (startedWith?.etcdVersion ?? null) : null;
  if (installed !== null && ran !== null && minorOf(ran) === minorOf(installed)) return null;
  const minor = minorOf(lastGood.program.version);
  if (installed !== null && admits(orderOf(document.etcd), minor, minorOf(installed))) return null;
  const remedy = await etcdRemedy(minor);
  return installed === null
    ? reason('etcd_to_install', { remedy })
    : versionWait({ minor, installed, begins: false }, remedy);
}
