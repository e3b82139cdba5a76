import { applyStep } from '@picket/coordinator/controller/apply-step.ts';
import { nextStep } from '@picket/coordinator/controller/next-step.ts';
import { wantedConfiguration } from '@picket/coordinator/model/configuration-of.ts';
import type { ClusterProgress } from '@picket/coordinator/model/progress.ts';
import type { UpgradeStage } from '@picket/coordinator/model/upgrade-progress.ts';
import { stageOf } from '@picket/coordinator/model/upgrade-stage.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { realGuards } from './guards.ts';
import { changed, told, withNext } from './mutant-tools.ts';
import type { Mutant } from './mutants.ts';

/** Upgrades with one guard taken out. */
export const upgradeMutants: readonly Mutant[] = [
  {
    id: 'no-second-restart',
    rule: 'R17',
    does: 'gives members the next minor version before each has restarted once more',
    within: 50,
    guards: {
      ...realGuards,
      apply: (progress, step, ...rest) => skipping('restart', applyStep(progress, step, ...rest)),
    },
  },
  {
    id: 'counts-what-runs',
    rule: 'R17',
    does: 'takes the versions that members run for the cluster version',
    within: 50,
    guards: told((_node, { etcd }) =>
      etcd === null ? {} : { etcd: { clusterVersion: `${minorOf(etcd.version)}.0` } },
    ),
  },
  {
    id: 'no-raft-snapshot',
    rule: 'R17',
    does: 'gives members etcd 3.7 before each has written a raft snapshot with 3.6',
    within: 50,
    guards: {
      ...withNext((spec, status, progress, now) => {
        const claimed = changed(status, () => ({ etcd: { raftSnapshotIndex: Number.MAX_SAFE_INTEGER } }));
        return nextStep(spec, claimed, progress, now);
      }),
      apply: (progress, step, ...rest) => skipping('raft-snapshot', applyStep(progress, step, ...rest)),
    },
  },
  {
    id: 'believes-in-a-fall',
    rule: 'R17',
    does: 'counts a downgrade as begun before each member shows that its data has come down',
    within: 50,
    guards: withNext((spec, status, progress, now) => {
      const to = progress.upgrade?.down === true ? stageOf(progress) : null;
      if (to?.kind !== 'downgrade') return nextStep(spec, status, progress, now);
      const version = `${to.to}.0`;
      const downgradeInfo = { enabled: true, targetVersion: version };
      const fallen = changed(status, () => ({
        etcd: { clusterVersion: version, storageVersion: version, downgradeInfo },
      }));
      return nextStep(spec, fallen, progress, now);
    }),
  },
  {
    id: 'believes-the-declaration',
    rule: 'R17',
    does: 'gives members the declared release although no order brings its minor version',
    within: 50,
    guards: withNext((spec, status, progress, now) => {
      const decided = nextStep(spec, status, progress, now);
      const [member] = Object.keys(progress.members);
      const isHeldBack = decided.waits.some((wait) => wait.code === 'release_without_order' && !wait.facts.paused);
      if (decided.step !== null || member === undefined || !isHeldBack) return decided;
      return { ...decided, step: { kind: 'release-configuration', member, configuration: wantedConfiguration(spec) } };
    }),
  },
];

/** The stage that has just begun is passed over, if it is of this kind. */
function skipping(kind: UpgradeStage['kind'], after: ClusterProgress): ClusterProgress {
  const { upgrade } = after;
  const isSkipped = upgrade !== null && upgrade.stages[upgrade.at]?.kind === kind;
  return isSkipped ? { ...after, upgrade: { ...upgrade, at: upgrade.at + 1 } } : after;
}
