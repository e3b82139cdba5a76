import { join } from 'node:path';
import t from 'tap';
import { lastAbsence, recordStart, recordStop } from '../../src/commands/own-runs.ts';
import { openSample, start } from '../inventory/samples.ts';

const minute = 60_000;

t.test('a coordinator tells when it starts and stops, and how long it was away', async (t) => {
  const inventory = await openSample(join(t.testdir(), 'picket.db'));
  t.teardown(() => inventory.close());
  const clock = { now: start };
  const deps = { inventory, now: () => clock.now };
  const startAfter = async (ms: number) => {
    clock.now += ms;
    await recordStart(deps, await lastAbsence(deps));
  };
  await startAfter(0);
  clock.now += 5 * minute;
  await recordStop(deps);
  await startAfter(12 * minute);
  clock.now += minute;
  const refused = {
    by: null,
    from: '192.168.7.9',
    action: 'GET /v1/nodes',
    outcome: 'certificate_required',
    why: null,
  };
  const facts = { ...refused, count: 20, since: new Date(clock.now).toISOString() };
  await inventory.events.append({ at: clock.now, cluster: null, kind: 'requests-refused', facts });
  await startAfter(3 * minute);
  await recordStop(deps);
  await startAfter(-4 * minute);
  const { items } = await inventory.events.list({ limit: 100, after: null }, null);
  const started = (awayMs: number | null, wasStopped: boolean | null) => ({
    kind: 'coordinator-started',
    facts: { version: /./, awayMs, wasStopped },
  });
  const stopped = { kind: 'coordinator-stopped', facts: { version: /./ } };
  t.match(items.toReversed(), [
    started(null, null),
    stopped,
    started(12 * minute, true),
    { kind: 'requests-refused', facts: { count: 20 } },
    started(3 * minute, false),
    stopped,
    started(null, true),
  ]);
});
