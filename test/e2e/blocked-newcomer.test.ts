import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { printedError } from '../support/printed-error.ts';
import { isReason, tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';

const within = 120_000;

t.test(
  'R3: another program has a port of one of two newcomers: the other one is not promoted to an even number',
  async (t) => {
    const fleet = await fleetOf(t);
    const [first, second, third] = fleet.machines as [Machine, Machine, Machine];
    const taken = createServer().listen(fleet.ports.peer, third.address);
    await once(taken, 'listening');
    t.teardown(() => taken.close());
    await joinAll(fleet, [first.name, second.name]);
    const joinString = await fleet.joinString(cluster);
    const port = { purpose: 'peer', port: fleet.ports.peer };
    const isRefused = async () => {
      const { code, stderr } = await third.join(joinString);
      return code === 1 ? printedError(stderr) : null;
    };
    const refusal = { code: 'port_taken', facts: { ...port, port: String(port.port), address: third.address } };
    t.match(await isRefused(), refusal);
    third.startAgent();

    const status = () => fleet.status(cluster);
    const wait = await until(
      'the first newcomer rests as a learner',
      async () => {
        const { waitsFor } = await status();
        return waitsFor.filter(isReason('rests_as_learner')).find(tellsOf('port_to_be_free', port));
      },
      { within, every: 500 },
    );
    t.ok(isReason('rests_as_learner', { member: second.name, missing: [{ member: third.name }] })(wait));
    t.equal((await status()).members.filter(({ phase }) => phase === 'voter').length, 1);
    t.match(await isRefused(), refusal, 'also beside the agent that runs');

    taken.close();
    await healthy(fleet, within);
    t.equal((await status()).members.filter(({ phase }) => phase === 'voter').length, 3);
  },
);
