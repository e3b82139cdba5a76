import { join } from 'node:path';
import type { EventView } from '@picket/shared/protocol/events.ts';
import t from 'tap';
import { startInBackground } from '../support/children.ts';
import { cluster, fleetOf } from '../support/fleet-of-test.ts';
import { programs } from '../support/programs.ts';
import { until } from '../support/until.ts';

t.test('picket events --follow loses and repeats nothing while the coordinator is stopped and killed', async (t) => {
  const fleet = await fleetOf(t, { members: 1 });
  const events = async () => {
    const { stdout } = await fleet.picket('events', '--limit', '100000', '--output', 'json');
    return (JSON.parse(stdout) as { items: EventView[] }).items.map(({ id }) => id).toReversed();
  };
  const follow = startInBackground(
    process.execPath,
    [programs.cli, 'events', '--follow', '--output', 'json'],
    join(fleet.folder, 'followed.log'),
    { PICKET_CONTEXT: fleet.contextFile },
  );
  t.teardown(() => follow.stop());
  const followed = () =>
    follow
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => (JSON.parse(line) as EventView).id);
  const caughtUp = async (what: string) => {
    const all = await events();
    await until(what, () => followed().at(-1) === all.at(-1), { within: 30_000, lastSeen: () => follow.log() });
    t.same(followed(), all, what);
  };
  const happen = async () => {
    for (let count = 0; count < 3; count += 1) await fleet.joinString(cluster);
  };

  await caughtUp('what was there comes first');
  await happen();
  await caughtUp('new events come');
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await fleet.stopCoordinator(signal);
    await fleet.startCoordinator();
    await happen();
    await caughtUp(`after ${signal} it goes on`);
  }
  await follow.stop('SIGINT');
  t.equal(await follow.ended, 0);
});
