import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { machineReadings } from '../../src/host/machine.ts';
import { temporaryFolder } from '../support.ts';

function machine(t: Test, meminfo: string, zones: Readonly<Record<string, string>>) {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'meminfo'), meminfo);
  for (const [zone, temp] of Object.entries(zones)) {
    mkdirSync(join(folder, 'thermal', zone), { recursive: true });
    writeFileSync(join(folder, 'thermal', zone, 'temp'), temp);
  }
  return machineReadings(join(folder, 'meminfo'), join(folder, 'thermal'));
}

t.test('memory comes from the kernel’s figures for total and available', async (t) => {
  const meminfo = 'MemTotal:         943104 kB\nMemFree:           70000 kB\nMemAvailable:     655360 kB\n';
  t.strictSame(await machine(t, meminfo, {}).memory(), { totalBytes: 943_104 * 1024, availableBytes: 655_360 * 1024 });
  t.equal(await machine(t, 'MemTotal:  943104 kB\n', {}).memory(), null, 'Linux before 3.14 does not report it');
});

t.test('the temperature is that of the hottest zone with a plausible sensor', async (t) => {
  const zones = {
    thermal_zone0: '51540\n',
    thermal_zone1: '48000\n',
    thermal_zone2: '-273200\n',
    cooling_device0: '9',
  };
  t.equal(await machine(t, '', zones).temperature(), 51.54);
  t.equal(await machine(t, '', { thermal_zone0: '' }).temperature(), null);
  t.equal(await machine(t, '', {}).temperature(), null, 'a virtual machine has none');
});

t.test('a machine without these figures is no error', async (t) => {
  const { disk, memory, temperature } = machineReadings('/nowhere', '/nowhere');
  t.strictSame([await disk('/nowhere'), await memory(), await temperature()], [null, null, null]);
});

t.test('this machine reports its disk and memory', async (t) => {
  const { disk, memory } = machineReadings();
  for (const [total, part] of [
    Object.values((await disk(temporaryFolder(t))) ?? {}),
    Object.values((await memory()) ?? {}),
  ]) {
    t.ok(part > 0 && part <= total, `${part} of ${total}`);
  }
});
