import type { Concern } from '../../model/concern.ts';
import { needsRaftSnapshots } from '../../model/raft-snapshots.ts';
import { goingOn, noUpgrade } from '../../model/upgrade-progress.ts';
import { withoutRaftIndex } from './raft-index.ts';
import { stages } from './stages.ts';

/** Brings the cluster to another version of etcd. Each stage brings a release or a restart, and a release is rolled out as other settings are (R6). */
export const upgradeConcern = {
  decide: { stages },
  apply: {
    'pause-upgrade': ({ upgrade, configuration }, { at }) =>
      upgrade === null
        ? {}
        : {
            configuration: { ...configuration, paused: true },
            upgrade: { ...upgrade, pausedAt: [...upgrade.pausedAt, at], waitsAt: at },
          },
    'note-raft-index': ({ upgrade }, { index }) => ({ upgrade: upgrade && { ...upgrade, raftIndex: index } }),
    'end-upgrade-stage': ({ upgrade, etcdMinor, configuration }, { minor }) =>
      upgrade === null
        ? {}
        : {
            etcdMinor: minor ?? etcdMinor,
            ...(minor === null || upgrade.leaves === undefined
              ? {}
              : { configuration: { ...configuration, paused: true } }),
            upgrade: {
              ...goingOn(minor === null ? upgrade : withoutRaftIndex(upgrade)),
              ...{ at: upgrade.at + 1, restarts: {}, pausedAt: [] },
            },
          },
    'end-upgrade': () => noUpgrade,
  },
  orders: (progress) => (needsRaftSnapshots(progress) ? { watchRaftSnapshots: true } : {}),
  audited: ({ upgrade }) => ({ upgrade: upgrade?.to ?? null }),
  // What members got since is not known, nor which entries they wrote: each stage waits for an operator again.
  onTakeOver: ({ upgrade }) => ({ upgrade: upgrade && { ...goingOn(withoutRaftIndex(upgrade)), pausedAt: [] } }),
  onReset: () => noUpgrade,
} satisfies Concern<'upgrade'>;
