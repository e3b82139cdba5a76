import type { ClusterStatus } from '../model/cluster-status.ts';
import { hasFaultyPackageOf, hasPackageOf, packageCommandFor } from '../model/packages.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { Need } from '../model/upgrade-reasons.ts';

interface Facts {
  readonly progress: Pick<ClusterProgress, 'members'>;
  readonly status: Pick<ClusterStatus, 'nodes'>;
}

/**
 * The members whose systems have no package of this minor version, as far as Picket knows the packages of systems. A machine that has it
 * all the same, or an etcd of its own, is not one of them. Pure.
 */
export function withoutPackage(minor: string, { progress, status }: Facts): readonly string[] {
  return Object.keys(progress.members).filter((name) => {
    const node = status.nodes[name];
    const system = node?.status?.machine?.system;
    const isKnown = system !== undefined && system.id !== 'other' && !system.ownBinary;
    return isKnown && !hasPackageOf(minor, node) && packageCommandFor(minor, node) === null;
  });
}

/** The machines that are not known to have this package, by the command that installs it there. Pure. */
export function boardsWithout(minor: string, { progress, status }: Facts): NonNullable<Need['boards']> {
  const missing = Object.keys(progress.members).filter((name) => !hasPackageOf(minor, status.nodes[name]));
  const byCommand = Map.groupBy(missing, (name) => packageCommandFor(minor, status.nodes[name]));
  return [...byCommand].map(([command, members]) => ({ members, command }));
}

/** The machines whose package of this minor version would be refused as a release. Pure. */
export function boardsWithFaulty(minor: string, { progress, status }: Facts): readonly string[] {
  return Object.keys(progress.members).filter((name) => hasFaultyPackageOf(minor, status.nodes[name]));
}
