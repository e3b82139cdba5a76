import { refusedAsTarget } from '@picket/shared/advisories/advisories-for.ts';
import { fixedWithin } from '@picket/shared/advisories/affects.ts';
import { packageCommand } from '@picket/shared/etcd-packages/package-command.ts';
import { isOfMinor } from '@picket/shared/etcd-version.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { NodeObservation } from './cluster-status.ts';
import { presentStatus } from './health.ts';
import type { Situation } from './situation.ts';

/** The etcd in the package of this node's system; null: there is none; undefined: its agent does not say. */
function packageVersion(node: NodeObservation | undefined): string | null | undefined {
  const { service } = node?.status ?? {};
  if (service === undefined || service.packageVersion !== undefined) return service?.packageVersion;
  // It was last started from the package, so that is what it would start again.
  return service.release === undefined ? service.etcdVersion : undefined;
}

/** Why no cluster gets this version of etcd, as a release or as a package; null if nothing speaks against it. Pure. */
export function whyTooFaulty(version: string): Reason<'etcd_too_faulty'> | null {
  const grave = refusedAsTarget(version);
  if (grave.length === 0) return null;
  return reason('etcd_too_faulty', { ids: grave.map(({ id }) => id), fixed: fixedWithin(grave, version) });
}

/** The etcd in the package of this node, if it is known to be of this minor version; otherwise null. Pure. */
export function packageOf(minor: string, node: NodeObservation | undefined): string | null {
  const version = packageVersion(node);
  return version != null && isOfMinor(version, minor) ? version : null;
}

/** Whether the package of this node is of this minor version, and would be refused as a release. Pure. */
export function hasFaultyPackageOf(minor: string, node: NodeObservation | undefined): boolean {
  const version = packageOf(minor, node);
  return version !== null && whyTooFaulty(version) !== null;
}

/** Whether the package of this node is known to have an etcd of this minor version. Pure. */
export function hasPackageOf(minor: string, node: NodeObservation | undefined): boolean {
  return packageOf(minor, node) !== null;
}

/** What installs the package of this minor version on this node; null: Picket knows no command for its system, or not its system. */
export function packageCommandFor(minor: string, node: NodeObservation | undefined): string | null {
  const system = node?.status?.machine?.system;
  return system === undefined ? null : packageCommand(system, minor);
}

/** Why this member cannot start the package of this minor version yet, with what to type on its machine; null if it can. */
export function packageAwaited(situation: Situation, member: string, minor: string): Reason | null {
  const node = situation.status.nodes[member];
  const said = presentStatus(situation, member)?.service.packageVersion;
  if (said === undefined) return reason('package_unseen', { member });
  if (said !== null && isOfMinor(said, minor)) {
    const why = whyTooFaulty(said);
    const cluster = situation.spec.name;
    return why && reason('package_too_faulty', { cluster, member, minor, installed: said, why });
  }
  return reason('package_awaited', { member, minor, installed: said, command: packageCommandFor(minor, node) });
}
