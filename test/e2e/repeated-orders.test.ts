import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { cluster, fleetOf } from '../support/fleet-of-test.ts';
import { printedError } from '../support/printed-error.ts';

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
    t.match(printedError(stderr), {
      code: 'idempotent_answer_unknown',
      facts: { reason: inWords(reason('idempotent_request_cut_off')) },
    });
    const { spec } = await fleet.ask((api) => api.cluster({ name: cluster }));
    t.match(spec, { revision: 2, tuning: { heartbeatIntervalMs: 150 } });
  },
);
