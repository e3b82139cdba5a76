import { misfit } from '@picket/shared/protocol/check.ts';
import { MachineReport } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import type { Histogram } from '../../src/etcd/fsync-histogram.ts';
import type { MachineReadings } from '../../src/host/machine.ts';
import { machineWatch } from '../../src/observe/machine.ts';
import { TestClock } from '../machine.ts';

const gigabyte = 1e9;

function watched() {
  const clock = new TestClock();
  const now = { free: 20 * gigabyte, available: 640e6, celsius: 50.4 as number | null, reads: 0 };
  const readings: MachineReadings = {
    async disk() {
      now.reads += 1;
      return { totalBytes: 29 * gigabyte, freeBytes: now.free };
    },
    memory: async () => ({ totalBytes: 965e6, availableBytes: now.available }),
    temperature: async () => now.celsius,
  };
  const etcd: { fsyncs: Histogram | null; hashCheck: boolean | null } = { fsyncs: null, hashCheck: null };
  const watch = machineWatch({ readings, clock, folder: '/var/lib/picket' });
  const coordinator = { at: clock.now(), monotonic: clock.monotonic() };
  const report = () =>
    watch.report(
      async () => ({
        figures: async () => ({ walFsync: etcd.fsyncs, hashCheck: etcd.hashCheck, leaderlessVersion: null }),
      }),
      coordinator,
    );
  const minuteLater = () => {
    clock.advance(60_000);
    return report();
  };
  return { clock, now, etcd, watch, report, minuteLater };
}

const slow = (quick: number, slower: number): Histogram => ({
  bounds: [0.008, 0.016, Number.POSITIVE_INFINITY],
  counts: [quick, quick + slower, quick + slower],
});

t.test('the machine is reported as in the schema', async (t) => {
  const { report } = watched();
  const told = await report();
  t.equal(misfit(MachineReport, told), undefined);
  t.strictSame(told, {
    disk: { totalBytes: 29 * gigabyte, freeBytes: 20 * gigabyte },
    memory: { totalBytes: 965e6, availableBytes: 640e6 },
    temperatureCelsius: 50,
    walFsyncP99Ms: null,
    clockOffsetMs: 0,
  });
});

t.test('a disk that is almost full is reported as it is, and not as it was within a hundredth', async (t) => {
  const { now, report, minuteLater } = watched();
  const free = async () => (await minuteLater()).disk?.freeBytes;
  await report();
  now.free = 0.25 * gigabyte;
  t.equal(await free(), 0.25 * gigabyte);
  now.free = 0.01 * gigabyte;
  t.equal(await free(), 0.01 * gigabyte);
  now.free = 0;
  t.equal(await free(), 0);
});

t.test('it is read once a minute, and a figure that has hardly changed keeps its reported value', async (t) => {
  const { now, clock, report, minuteLater } = watched();
  const first = await report();
  Object.assign(now, { free: 10 * gigabyte, available: 100e6, celsius: 80 });
  clock.advance(59_000);
  t.strictSame(await report(), first);
  t.equal(now.reads, 1);
  Object.assign(now, { free: 19.8 * gigabyte, available: 630e6, celsius: 51.9 });
  t.strictSame(await minuteLater(), first);
  Object.assign(now, { free: 2.5 * gigabyte, available: 300e6, celsius: 81.2 });
  t.match(await minuteLater(), {
    disk: { freeBytes: 2.5 * gigabyte },
    memory: { availableBytes: 300e6 },
    temperatureCelsius: 81,
  });
  now.celsius = null;
  t.match(await minuteLater(), { temperatureCelsius: null });
});

t.test('the clock’s offset is reported in tenths as soon as it is known, and again after a change', async (t) => {
  const { clock, watch, report } = watched();
  t.equal((await watch.report(async () => null, null)).clockOffsetMs, null);
  t.equal((await report()).clockOffsetMs, 0);
  clock.wall += 140;
  t.equal((await report()).clockOffsetMs, 0);
  clock.wall -= 3_100;
  t.equal((await report()).clockOffsetMs, -3000);
});

t.test('whether etcd compares its data is reported as etcd says now, and left out if it does not say', async (t) => {
  const { etcd, report, minuteLater } = watched();
  t.notOk('hashCheck' in (await report()));
  etcd.hashCheck = false;
  const off = await minuteLater();
  t.equal(off.hashCheck, false);
  t.equal(misfit(MachineReport, off), undefined);
  etcd.hashCheck = true;
  t.equal((await minuteLater()).hashCheck, true);
  etcd.hashCheck = null;
  t.notOk('hashCheck' in (await minuteLater()));
});

t.test('fsync p99 covers the last fsyncs, once there are enough of them', async (t) => {
  const { etcd, report, minuteLater } = watched();
  etcd.fsyncs = slow(100, 0);
  t.equal((await report()).walFsyncP99Ms, null);
  etcd.fsyncs = slow(1000, 0);
  t.equal((await minuteLater()).walFsyncP99Ms, 8);
  etcd.fsyncs = slow(1030, 2);
  t.equal((await minuteLater()).walFsyncP99Ms, 8, 'too few to judge by');
  etcd.fsyncs = slow(1000, 300);
  t.equal((await minuteLater()).walFsyncP99Ms, 16, 'all newer ones were slow');
  etcd.fsyncs = null;
  t.equal((await minuteLater()).walFsyncP99Ms, 16, 'the last known one');
  etcd.fsyncs = slow(400, 0);
  t.equal((await minuteLater()).walFsyncP99Ms, 8, 'etcd was restarted');
});

t.test(
  'a disk so slow that there are few fsyncs is reported as soon as no number of fast ones could make it fast',
  async (t) => {
    const { etcd, report, minuteLater } = watched();
    etcd.fsyncs = slow(10, 2);
    t.equal((await report()).walFsyncP99Ms, null, 'two slow ones of two hundred are no more than a hundredth');
    etcd.fsyncs = slow(10, 20);
    t.equal((await minuteLater()).walFsyncP99Ms, 15);
    etcd.fsyncs = slow(185, 20);
    t.equal((await minuteLater()).walFsyncP99Ms, 15, 'of all two hundred');
    etcd.fsyncs = slow(400, 20);
    t.equal((await minuteLater()).walFsyncP99Ms, 8, 'the next two hundred were fast');
  },
);

t.test('an etcd that cannot be reached costs no report', async (t) => {
  const { watch } = watched();
  const told = await watch.report(() => Promise.reject(new Error('no certificate')), null);
  t.equal(told.walFsyncP99Ms, null);
});
