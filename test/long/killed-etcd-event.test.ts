import t from 'tap';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { keepDown } from '../support/keep-down.ts';
import { scrape } from '../support/scrape.ts';
import { until } from '../support/until.ts';

const within = 120_000;

t.test('an etcd that is killed and cannot start again has an event by the second report of its node', async (t) => {
  const fleet = await fleetOf(t, { reportSeconds: 10 });
  await joinAll(fleet);
  await healthy(fleet);
  const [first, second, third] = fleet.machines as [Machine, Machine, Machine];
  const reports = async () => {
    const [, count] =
      /^picket_http_requests_total\{method="POST",route="\/v1\/node\/report",status="2xx"\} (\d+)$/m.exec(
        await scrape(fleet),
      ) ?? [];
    return Number(count);
  };
  // Then all reports are those of the third.
  for (const machine of [first, second]) process.kill(machine.agent()?.pid ?? 0, 'SIGSTOP');
  t.teardown(() => {
    for (const machine of [first, second]) process.kill(machine.agent()?.pid ?? 0, 'SIGCONT');
  });
  const before = await reports();
  // A regular report has just been sent: the next one without news is ten seconds away.
  const atKill = await until('it reports', async () => ((await reports()) > before ? reports() : false), {
    within,
    every: 50,
  });
  await keepDown(t, fleet, third);
  const event = await until(
    'the event',
    async () => (await fleet.ask((api) => api.list('events', { cluster, kind: 'voter-down' }))).items[0] ?? false,
    { within, every: 100 },
  );
  const count = (await reports()) - atKill;
  t.match(event.facts, { member: third.name });
  t.ok(count >= 1 && count <= 2, `after ${count} reports`);
});
