import { minorOf } from '@picket/shared/etcd-version.ts';
import type { Concern } from '../../model/concern.ts';
import { noUpgrade } from '../../model/upgrade-progress.ts';
import { stages } from './stages.ts';

/** Brings the cluster to another version of etcd, stage by stage. What a stage brings is rolled out as any settings are (R6). */
export const upgradeConcern = {
  decide: { stages },
  apply: {
    'pause-upgrade': ({ upgrade, configuration }, { at }) =>
      upgrade === null
        ? {}
        : {
            configuration: { ...configuration, paused: true },
            upgrade: { ...upgrade, pausedAt: [...upgrade.pausedAt, at] },
          },
    'end-upgrade-stage': ({ upgrade, etcdMinor, configuration }, { minor }) =>
      upgrade === null
        ? {}
        : {
            etcdMinor: minor === null ? etcdMinor : minorOf(minor),
            ...(minor === null || upgrade.leaves === undefined
              ? {}
              : { configuration: { ...configuration, paused: true } }),
            upgrade: { ...upgrade, at: upgrade.at + 1, restarts: {}, pausedAt: [] },
          },
    'end-upgrade': () => noUpgrade,
  },
  audited: ({ upgrade }) => ({ upgrade: upgrade?.to ?? null }),
  // What members got since is not known: each stage waits for an operator again.
  onTakeOver: ({ upgrade }) => ({ upgrade: upgrade && { ...upgrade, pausedAt: [] } }),
  onReset: () => noUpgrade,
} satisfies Concern<'upgrade'>;
