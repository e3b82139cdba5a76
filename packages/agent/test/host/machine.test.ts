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

t.test('memory is what the kernel says there is and can be had', async (t) => {
  const meminfo = 'MemTotal:         943104 kB\nMemFree:           70000 kB\nMemAvailable:     655360 kB\n';
  t.strictSame(await machine(t, meminfo, {}).memory(), { totalBytes: 943_104 * 1024, availableBytes: 655_360 * 1024 });
  t.equal(await machine(t, 'MemTotal:  943104 kB\n', {}).memory(), null, 'before Linux 3.14 it does not tell');
});

t.test('the temperature is that of the hottest zone whose sensor can be believed', async (t) => {
  const zones = {
    thermal_zone0: '51540\n',
    thermal_zone1: '48000\n',
    thermal_zone2: '-273200\n',
    cooling_device0: '9',
  };
  t.equal(await machine(t, '', zones).temperature(), 51.54);
  t.equal(await machine(t, '', { thermal_zone0: '' }).temperature(), null);
  t.equal(await machine(t, '', {}).temperature(), null, 'there is none on a virtual machine');
});

t.test('a machine that tells nothing is no error', async (t) => {
  const { disk, memory, temperature } = machineReadings('/nowhere', '/nowhere');
  t.strictSame([await disk('/nowhere'), await memory(), await temperature()], [null, null, null]);
});

t.test('this machine tells its disk and memory', async (t) => {
  const { disk, memory } = machineReadings();
  for (const [total, part] of [
    Object.values((await disk(temporaryFolder(t))) ?? {}),
    Object.values((await memory()) ?? {}),
  ]) {
    t.ok(part > 0 && part <= total, `${part} of ${total}`);
  }
});
