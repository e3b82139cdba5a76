import t from 'tap';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { openAgent } from '../../src/loop/agent.ts';
import { reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { sendReport } from '../../src/loop/report-loop.ts';
import { testMachine } from '../machine.ts';

t.test('a report shows the machine and etcd’s fsyncs; the next one is empty while they stay', async (t) => {
  const { deps, coordinator, etcd, clock, desired } = await testMachine(t);
  etcd.fsyncs = { bounds: [0.008, 0.016, Number.POSITIVE_INFINITY], counts: [900, 1000, 1000] };
  let celsius = 51;
  const agent = await openAgent({
    ...deps,
    readings: {
      disk: async () => ({ totalBytes: 29e9, freeBytes: 20e9 }),
      memory: async () => ({ totalBytes: 965e6, availableBytes: 640e6 }),
      temperature: async () => celsius,
    },
  });
  coordinator.offer(desired());
  await fetchDesiredState(agent, 0);
  const tell = async () => {
    clock.advance(60_000);
    await sendReport(agent, (await reconcileOnce(agent)).status);
    return coordinator.reports.at(-1)?.changed.machine;
  };
  await tell();
  t.strictSame(await tell(), {
    disk: { totalBytes: 29e9, freeBytes: 20e9 },
    memory: { totalBytes: 965e6, availableBytes: 640e6 },
    temperatureCelsius: 51,
    clockOffsetMs: 0,
    walFsyncP99Ms: 15,
  });
  t.equal(await tell(), undefined);
  celsius = 80;
  t.match(await tell(), { temperatureCelsius: 80 });
  t.match(coordinator.status?.machine, { temperatureCelsius: 80, walFsyncP99Ms: 15 });
});
