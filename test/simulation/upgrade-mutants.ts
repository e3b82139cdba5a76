import { applyStep } from '@picket/coordinator/controller/apply-step.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { realGuards } from './guards.ts';
import { told } from './mutant-tools.ts';
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
      apply: (progress, step, ...rest) => {
        const after = applyStep(progress, step, ...rest);
        const { upgrade } = after;
        const isSkipped = step.kind === 'end-upgrade-stage' && upgrade?.stages[upgrade.at]?.kind === 'restart';
        return isSkipped ? { ...after, upgrade: { ...upgrade, at: upgrade.at + 1 } } : after;
      },
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
];
