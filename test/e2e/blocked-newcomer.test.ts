import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
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
    const words = new RegExp(`^error: etcd cannot use the peer port ${fleet.ports.peer} on ${third.address}: `);
    t.match(await third.join(joinString), { code: 1, stderr: words });
    third.startAgent();

    const status = () => fleet.status(cluster);
    const rests = async () => {
      const { waitsFor } = await status();
      return waitsFor.find(({ code }) => code === 'rests_as_learner')?.message;
    };
    const told = await until(
      'the first newcomer rests as a learner',
      async () => {
        const message = await rests();
        return message?.includes(`peer port ${fleet.ports.peer}`) === true ? message : null;
      },
      { within, every: 500 },
    );
    t.match(told, new RegExp(`^${third.name} \\(.*until then ${second.name} stays a learner`));
    t.equal((await status()).members.filter(({ phase }) => phase === 'voter').length, 1);
    t.match(await third.join(joinString), { code: 1, stderr: words }, 'also beside the agent that runs');

    taken.close();
    await healthy(fleet, within);
    t.equal((await status()).members.filter(({ phase }) => phase === 'voter').length, 3);
  },
);
