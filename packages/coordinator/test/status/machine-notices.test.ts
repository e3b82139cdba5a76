import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { MachineReport } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode } from '../support/nodes.ts';
import { reasonsOf } from '../support/said.ts';

const well: MachineReport = {
  disk: { totalBytes: 29_000_000_000, freeBytes: 20_000_000_000 },
  memory: { totalBytes: 965_000_000, availableBytes: 640_000_000 },
  temperatureCelsius: 51,
  clockOffsetMs: 100,
  walFsyncP99Ms: 10,
};

/** A cluster of three whose first node reports this machine, and what an operator then sees of it. */
async function reported(t: Test) {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const shown = async () => (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  return {
    clock: coordinator.clock,
    shown,
    async shownAfter(change: Partial<MachineReport>) {
      t.equal((await node.report({ machine: { ...well, ...change } })).status, 200);
      return await shown();
    },
  };
}

t.test('a healthy machine is shown completely; neither it nor an unknown figure needs a notice', async (t) => {
  const { shownAfter } = await reported(t);
  const { notices, members } = await shownAfter({});
  t.strictSame(notices, []);
  t.strictSame(members[0]?.status?.machine, well);
  const nothing = { disk: null, memory: null, temperatureCelsius: null, clockOffsetMs: null, walFsyncP99Ms: null };
  t.strictSame((await shownAfter(nothing)).notices, []);
});

t.test('what a machine lacks is reported, and no longer once the report is old', async (t) => {
  const { shownAfter, shown, clock } = await reported(t);
  const notices = async (change: Partial<MachineReport>) => reasonsOf((await shownAfter(change)).notices);
  t.strictSame(await notices({ disk: { totalBytes: 29_000_000_000, freeBytes: 1_200_000_000 } }), [
    reason('disk_nearly_full', { member: 'x-k3s-m-1', freeBytes: 1_200_000_000, totalBytes: 29_000_000_000 }),
  ]);
  t.strictSame(await notices({ walFsyncP99Ms: 14 }), [
    reason('disk_slow', { member: 'x-k3s-m-1', fsyncMs: 14, goodMs: 10 }),
  ]);
  t.strictSame(await notices({ temperatureCelsius: 80 }), [reason('hot', { member: 'x-k3s-m-1', celsius: 80 })]);
  t.strictSame(await notices({ hashCheck: false }), [reason('hash_check_off', { member: 'x-k3s-m-1' })]);
  t.strictSame(await notices({ hashCheck: true }), []);
  t.strictSame(await notices({ clockOffsetMs: 2300 }), [reason('clock_off', { member: 'x-k3s-m-1', offsetMs: 2300 })]);
  t.strictSame(await notices({ clockOffsetMs: -3_600_000 }), [
    reason('clock_off', { member: 'x-k3s-m-1', offsetMs: -3_600_000 }),
  ]);
  t.strictSame(await notices({ clockOffsetMs: -20_783 * 86_400_000 }), [
    reason('clock_off', { member: 'x-k3s-m-1', offsetMs: -20_783 * 86_400_000 }),
  ]);
  clock.now += 60_000;
  t.strictSame((await shown()).notices, []);
});
