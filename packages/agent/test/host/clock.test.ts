import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/host/clock.ts';
import { temporaryFolder } from '../support.ts';

t.test('the monotonic clock is the time since boot, including sleep of the machine', async (t) => {
  const file = join(temporaryFolder(t), 'uptime');
  writeFileSync(file, '12.34 5.60\n');
  const clock = systemClock(file);
  t.equal(clock.monotonic(), 12_340);
  writeFileSync(file, '3612.35 5.60\n');
  t.equal(clock.monotonic(), 3_612_350);
});

t.test('if the system does not provide its uptime, the process clock serves', async (t) => {
  const clock = systemClock(join(temporaryFolder(t), 'missing'));
  const before = clock.monotonic();
  t.ok(clock.monotonic() >= before);
});

t.test('a sleep ends at once when its signal fires, and does not reject', async (t) => {
  const controller = new AbortController();
  const sleeping = systemClock().sleep(3_600_000, controller.signal);
  controller.abort();
  t.equal(await sleeping, undefined);
  t.equal(await systemClock().sleep(3_600_000, AbortSignal.abort()), undefined);
});
