import { isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { presentStatus, voters } from '../../model/health.ts';
import { act, agreed, type Opinion, waitFor } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import type { UpgradeStage } from '../../model/upgrade-progress.ts';
import { clusterVersionShown, minorBrought, stageOf, stillToRestart } from '../../model/upgrade-stage.ts';

/**
 * Ends the stage that every member has done, and then the upgrade. A stage that brings another minor version ends once a quorum shows
 * that etcd's cluster version has risen: from then on the cluster runs that version, and nothing goes back by a swap.
 */
export function stages(situation: Situation): Opinion {
  const { upgrade } = situation.progress;
  if (upgrade === null) return agreed;
  const stage = stageOf(situation.progress);
  if (stage === null) return act({ kind: 'end-upgrade', to: upgrade.to, aborted: upgrade.leaves !== undefined });
  // Somebody has removed the last member with the former version: nothing can go back any more, and an operator decides what is wanted.
  if (upgrade.leaves !== undefined) {
    const { by, of } = clusterVersionShown(situation, upgrade.leaves);
    if (by >= of) return act({ kind: 'end-upgrade-stage', stage, minor: upgrade.leaves });
  }
  if (!isDone(situation, stage)) return agreed;
  const brings = minorBrought(situation.progress);
  if (brings === null) return act({ kind: 'end-upgrade-stage', stage, minor: null });
  const { by, of } = clusterVersionShown(situation, brings);
  if (by < of) return waitFor(reason('cluster_version_rises', { minor: brings }));
  return act({ kind: 'end-upgrade-stage', stage, minor: brings });
}

function isDone(situation: Situation, stage: UpgradeStage): boolean {
  const { configuration } = situation.progress;
  if (stage.kind === 'restart') return stillToRestart(situation).length === 0;
  const { settled, rolledOut, trial } = configuration;
  if (settled === null || trial !== null || Object.keys(rolledOut).length > 0) return false;
  return (settled.etcd?.version ?? null) === stage.version && runsEverywhere(situation, stage.version);
}

/** By what each voter's etcd says of itself: a package may have moved, and an agent may have started something else. */
function runsEverywhere(situation: Situation, version: string | null): boolean {
  const minor = version === null ? situation.progress.etcdMinor : minorOf(version);
  return voters(situation).every(([name]) => {
    const runs = presentStatus(situation, name)?.etcd?.version;
    return runs !== undefined && (version === null ? minor === null || isOfMinor(runs, minor) : runs === version);
  });
}
