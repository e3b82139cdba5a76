import { type Lasting, lastingAfter, nothingLasts } from '@picket/shared/problems/lasting.ts';
import { beginsNothing, saidOfMachine, seenOnMachine } from '@picket/shared/problems/on-machine.ts';
import type { MachineReport } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { idleMachine } from '../samples/node-status.ts';

const node = { nodeId: 'node2', name: 'm-2' };

/** What is said and told of a machine that reports these, one after the other, a minute apart. */
function story(...reports: readonly Partial<MachineReport>[]) {
  let lasting: Lasting = nothingLasts;
  return reports.map((changes, minute) => {
    const view = { machine: { ...idleMachine, ...changes }, waits: [] };
    const after = lastingAfter(lasting, seenOnMachine(node, view, lasting), minute * 60_000);
    lasting = after.lasting;
    return [saidOfMachine('m-2', view, lasting).map(({ why }) => why.code), after.events.map(({ kind }) => kind)];
  });
}

const disk = (freeBytes: number, totalBytes = 32e9) => ({ disk: { freeBytes, totalBytes } });

t.test('a disk is low or full until it has well more room than where that began', async (t) => {
  t.strictSame(story(disk(3.3e9), disk(3.1e9), disk(3.9e9), disk(4e9)), [
    [[], []],
    [['disk_nearly_full'], ['disk-low']],
    [['disk_nearly_full'], []],
    [[], ['disk-free']],
  ]);
  t.strictSame(story(disk(6.3e7), disk(7.9e7), disk(8e7), disk(6.3e7), disk(9e9)), [
    [['disk_is_full', 'disk_nearly_full'], ['disk-full']],
    [['disk_is_full', 'disk_nearly_full'], []],
    [['disk_nearly_full'], ['disk-low']],
    [['disk_is_full', 'disk_nearly_full'], ['disk-full']],
    [[], ['disk-free']],
  ]);
  t.strictSame(story(disk(6e7, 4e8), disk(9e7, 4e8)), [
    [['disk_is_full'], ['disk-full']],
    [[], ['disk-free']],
  ]);
});

t.test('a report without a figure changes nothing, and says nothing of it', async (t) => {
  t.strictSame(story(disk(3.1e9), {}, disk(3.5e9)), [
    [['disk_nearly_full'], ['disk-low']],
    [[], []],
    [['disk_nearly_full'], []],
  ]);
});

t.test('a clock is off until it differs by half of where that began', async (t) => {
  const off = (clockOffsetMs: number) => ({ clockOffsetMs });
  t.strictSame(story(off(2000), off(-2001), off(1001), off(1000)), [
    [[], []],
    [['clock_off'], ['clock-wrong']],
    [['clock_off'], []],
    [[], ['clock-right']],
  ]);
});

t.test('what no event tells of begins and ends at the same figure, and is not kept', async (t) => {
  const hot = { temperatureCelsius: 80, walFsyncP99Ms: 11 };
  t.strictSame(story(hot, { temperatureCelsius: 79, walFsyncP99Ms: 10 }), [
    [['disk_slow', 'hot'], []],
    [[], []],
  ]);
  t.equal(
    lastingAfter(nothingLasts, seenOnMachine(node, { machine: { ...idleMachine, ...hot }, waits: [] }, nothingLasts), 0)
      .lasting,
    nothingLasts,
  );
});

t.test('an agent that doubts its clock says so in an event, and no notice has a figure that is right', async (t) => {
  const waits = [{ code: 'time_sync', facts: {} }];
  const view = { machine: { ...idleMachine, clockOffsetMs: 0 }, waits };
  t.notOk(beginsNothing(view));
  const { lasting, events } = lastingAfter(nothingLasts, seenOnMachine(node, view, nothingLasts), 0);
  t.strictSame([events.map(({ kind }) => kind), saidOfMachine('m-2', view, lasting)], [['clock-wrong'], []]);
});
