import t from 'tap';
import { cluster, fleetOf } from '../support/fleet-of-test.ts';

t.test(
  'R12: an order whose coordinator dies after the change is not carried out twice, and picket says so',
  async (t) => {
    const fleet = await fleetOf(t, { members: 1 });
    await fleet.stopCoordinator();
    await fleet.startCoordinator('publish.after-commit');
    const running = fleet.picket('cluster', 'set', cluster, 'heartbeatIntervalMs=150');
    await Promise.race([running, fleet.coordinator()?.ended]);
    await fleet.startCoordinator();
    const { code, stderr } = await running;
    t.equal(code, 1);
    t.match(
      stderr,
      /^The connection was closed before the answer, so the order may be done\. picket tries for up to 30 s to get the answer\.$/m,
    );
    t.match(stderr, /cannot repeat its answer: its result was not stored.* It has not carried it out again\./);
    const { spec } = await fleet.ask((api) => api.cluster(cluster));
    t.match(spec, { revision: 2, tuning: { heartbeatIntervalMs: 150 } });
  },
);
