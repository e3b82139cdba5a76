import { isEarlierMinor, isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { NodeObservation } from '../../model/cluster-status.ts';
import { configurationOf } from '../../model/configuration-of.ts';
import { presentStatus, voters } from '../../model/health.ts';
import { act, agreed, type Opinion, remark } from '../../model/opinion.ts';
import { whyTooFaulty } from '../../model/packages.ts';
import type { Situation } from '../../model/situation.ts';
import { minorBeside, minorIn, runsEarlier, stageOf } from '../../model/upgrade-stage.ts';
import { isOrdered } from '../upgrade/downgrade-shown.ts';

/**
 * Records the minor version that the cluster runs: what a majority of all its voters report of their etcd (R17). One
 * node alone decides only if it is the only voter. A new incarnation begins with this version. A later one than before needs every voter:
 * etcd does not raise its cluster version while one listed member runs the former one. If they run several, it is the earliest of them. An
 * earlier one needs every voter too while etcd's own downgrade is under way: an operator's order brings the others down. If an upgrade is
 * under way that knows nothing of it, as after a restore of the coordinator from before it went on, that upgrade ends.
 */
export function version(situation: Situation): Opinion {
  const { spec, progress } = situation;
  const { etcdMinor, upgrade } = progress;
  const most = minorOfMajority(situation);
  const beside = minorBeside(progress);
  // The end of the stage records it: meanwhile a majority may run what the cluster does not.
  if (beside !== null && (most === null || most === etcdMinor || most === beside)) return agreed;
  const minor = earliestLater(situation) ?? most;
  const others = etcdMinor === null ? [] : thatRunAnother(situation, etcdMinor);
  const isMixed = others.length > 0 && others.length < voters(situation).length;
  const isLater = minor !== null && etcdMinor !== null && isEarlierMinor(etcdMinor, minor);
  if (minor !== null && minor !== etcdMinor && !(isMixed && (isLater || isOrdered(situation))))
    return act({
      kind: 'record-version',
      minor,
      ...(upgrade === null || etcdMinor === null ? {} : { ends: upgrade.to }),
    });
  const facts = { cluster: spec.name, members: others, minor: etcdMinor ?? '' };
  const falls = others.every((name) => runsEarlier(situation, name));
  return isMixed ? remark(reason('minors_mixed', { ...facts, upgrades: upgrade !== null, falls })) : agreed;
}

/** The voters that say that they run another minor version. */
function thatRunAnother(situation: Situation, minor: string): readonly string[] {
  return voters(situation).flatMap(([name]) => {
    const runs = minorSaid(presentStatus(situation, name)?.etcd?.version ?? '');
    return runs === null || runs === minor ? [] : [name];
  });
}

/** The earliest that any voter runs, if all run a later one than is recorded; null otherwise. etcd's cluster version is no later than that. */
function earliestLater(situation: Situation): string | null {
  const { etcdMinor } = situation.progress;
  const said = minorsSaid(situation);
  if (etcdMinor === null || said.length < voters(situation).length) return null;
  if (!said.every((minor) => isEarlierMinor(etcdMinor, minor))) return null;
  return said.find((minor) => !said.some((other) => isEarlierMinor(other, minor))) ?? null;
}

function minorsSaid(situation: Situation): readonly string[] {
  return voters(situation).flatMap(([name]) => minorSaid(presentStatus(situation, name)?.etcd?.version ?? '') ?? []);
}

function minorOfMajority(situation: Situation): string | null {
  const all = voters(situation);
  const said = minorsSaid(situation);
  return said.find((minor) => said.filter((one) => one === minor).length > all.length / 2) ?? null;
}

/**
 * The minor version in the text with which an etcd names its version. null if that is no version: a node's words would
 * otherwise reach others.
 */
export function minorSaid(version: string): string | null {
  return /^\d{1,4}\.\d{1,4}\.\d/.test(version) ? minorOf(version) : null;
}

/**
 * The version that a node runs and no longer has installed, so that it cannot be restarted (R17). null: it can. A machine that runs
 * a release, and should run its package again, may have none.
 */
export function replacedMinor(node: NodeObservation | undefined): string | null {
  const { service, etcd } = node?.status ?? {};
  const installed = service?.etcdVersion ?? null;
  if (!etcd?.version || (installed === null && service?.release === undefined)) return null;
  const runs = minorOf(etcd.version);
  return installed !== null && isOfMinor(installed, runs) ? null : runs;
}

/** Whether a restart brings this member back: what it would start is of the minor version that it runs, or that an upgrade gives it (R17). */
export function canStartAgain({ spec, progress, status }: Situation, name: string): boolean {
  const node = status.nodes[name];
  const installed = node?.status?.service.etcdVersion ?? null;
  const { packageMinor } = configurationOf(spec, progress, name);
  // A package that has gone back is not what the upgrade brings, though the member could start with it.
  if (packageMinor !== undefined) {
    const isWanted = installed !== null && isOfMinor(installed, packageMinor);
    return isWanted && (installed === node?.status?.etcd?.version || whyTooFaulty(installed) === null);
  }
  if (replacedMinor(node) === null) return true;
  const stage = stageOf(progress);
  // It comes back by the release of the stage alone: its package may be one that Picket would not start.
  if (stage?.kind === 'install' && stage.beside !== undefined) return installed === stage.version;
  const minor = minorIn(configurationOf(spec, progress, name), progress);
  return minorBeside(progress) !== null && installed !== null && minor !== null && isOfMinor(installed, minor);
}
