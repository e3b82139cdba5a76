import { reason } from '@picket/shared/reasons/reason.ts';
import type { Concern } from '../../model/concern.ts';
import { needsRaftSnapshots } from '../../model/raft-snapshots.ts';
import { maintenanceOrder, newTask } from '../../model/task.ts';
import {
  goingOn,
  noUpgrade,
  type Upgrade,
  type UpgradeProgress,
  type UpgradeStage,
} from '../../model/upgrade-progress.ts';
import { downgradeSeconds } from '../../model/waits.ts';
import { afterRise } from './after-rise.ts';
import { downgrade } from './downgrade.ts';
import { withoutRaftIndex } from './raft-index.ts';
import { stages } from './stages.ts';

/** Brings the cluster to another version of etcd. Each stage brings a release or a restart, and a release is rolled out as other settings are (R6). */
export const upgradeConcern = {
  decide: { stages, downgrade },
  apply: {
    'pause-upgrade': ({ upgrade, configuration }, { at }) =>
      upgrade === null
        ? {}
        : {
            configuration: { ...configuration, paused: true },
            upgrade: { ...upgrade, pausedAt: [...upgrade.pausedAt, at], waitsAt: at },
          },
    'note-raft-index': ({ upgrade }, { index }) => ({ upgrade: upgrade && { ...upgrade, raftIndex: index } }),
    'end-upgrade-stage': ({ upgrade, etcdMinor, configuration }, { stage, minor }) => {
      if (upgrade === null) return {};
      const parts = { configuration, upgrade };
      const ended = minor === null ? parts : afterRise(minor, stage, parts);
      return {
        etcdMinor: minor ?? etcdMinor,
        configuration: ended.configuration,
        upgrade: {
          ...goingOn(withoutOrders(minor === null ? upgrade : withoutRaftIndex(ended.upgrade))),
          ...{ at: upgrade.at + 1, restarts: {}, pausedAt: [] },
        },
      };
    },
    'end-upgrade': () => noUpgrade,
    'assign-downgrade': ({ upgrade }, { executor, to }, moment) =>
      upgrade === null ? {} : { upgrade: { ...upgrade, order: { ...newTask(executor, moment), to } } },
    'record-downgrade': ({ upgrade }, { executor, to, outcome, reason: why }, { now }) => {
      if (upgrade === null) return {};
      const { order: _ended, lastOrder, ...rest } = upgrade;
      const failures = outcome === 'done' ? 0 : (lastOrder?.failures ?? 0) + 1;
      return { upgrade: { ...rest, lastOrder: { executor, to, at: now, failures, reason: why } } };
    },
  },
  instants: { upgrade: { order: { issuedAt: true }, lastOrder: { at: true } } },
  orders: (progress, member) => ({
    ...(needsRaftSnapshots(progress) ? { watchRaftSnapshots: true } : {}),
    ...(progress.upgrade?.stages.some(bringsPackage) ? { watchPackage: true } : {}),
    ...downgradeOrder(progress, member),
  }),
  busy: ({ progress: { upgrade } }) =>
    upgrade?.order === undefined ? null : reason('downgrade_ordered', upgrade.order),
  audited: ({ upgrade }) => ({ upgrade: upgrade?.to ?? null }),
  // What members got since is not known, nor which entries they wrote: each stage waits for an operator again.
  onTakeOver: ({ upgrade }) => ({
    upgrade: upgrade && { ...goingOn(withoutOrders(withoutRaftIndex(upgrade))), pausedAt: [] },
  }),
  onFreeze: ({ upgrade }) => ({ upgrade: upgrade && withoutOrders(upgrade) }),
  onStart: ({ upgrade }, now) => ({
    upgrade: upgrade?.order ? { ...upgrade, order: { ...upgrade.order, issuedAt: now } } : upgrade,
  }),
  onReset: () => noUpgrade,
} satisfies Concern<'upgrade'>;

function bringsPackage(stage: UpgradeStage): boolean {
  return stage.kind === 'install' && stage.packageMinor !== undefined;
}

function downgradeOrder({ upgrade }: UpgradeProgress, member: string) {
  const { order } = upgrade ?? {};
  return order?.executor === member
    ? maintenanceOrder(order.id, { kind: 'downgrade', to: order.to }, downgradeSeconds)
    : {};
}

function withoutOrders({ order: _present, lastOrder: _last, ...upgrade }: Upgrade): Upgrade {
  return upgrade;
}
