import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { receiver } from '../../packages/coordinator/test/support/receiver.ts';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { keepDown } from '../support/keep-down.ts';
import { until } from '../support/until.ts';

interface Sent {
  readonly title: string;
  readonly text: string;
  readonly problems: readonly {
    readonly problem: string;
    readonly next: { readonly on: { readonly member: string } };
  }[];
  readonly recovered: readonly { readonly problem: string }[];
}

t.test(
  'an etcd that is killed is one message with a cause to find, and its return one more, also if the coordinator restarts',
  async (t) => {
    const fleet = await fleetOf(t, { settings: ['notifications: { longestSettleSeconds: 5 }'] });
    await joinAll(fleet);
    await healthy(fleet);
    const hook = await receiver(t);
    // What a busy test machine lacks, such as a fast disk, is sent as well.
    const aboutState = () =>
      hook.received
        .map(({ body }) => JSON.parse(body) as Sent)
        .filter(({ problems, recovered }) => [...problems, ...recovered].some(({ problem }) => problem === 'at-risk'));
    const added = await fleet.picket('notify', 'add', 'team', '--webhook', hook.url, '--cluster', cluster);
    t.match(added, { code: 0, stdout: /^The channel team is added/ });
    t.match(await fleet.picket('notify', 'test'), { code: 0, stdout: `team: ${hook.url} took the test message.\n` });

    const [, , third] = fleet.machines as [Machine, Machine, Machine];
    const port = await keepDown(t, fleet, third);
    await until('a message about the cluster', async () => aboutState().length > 0, { within: 90_000, every: 200 });
    t.match(aboutState(), [
      {
        title: /x-k3s: at risk/,
        problems: [{ problem: 'at-risk', next: { on: { member: third.name } } }],
        recovered: [],
      },
    ]);
    await until(
      'the event of it',
      async () => {
        const { items } = await fleet.ask((api) => api.list('events', { cluster, kind: 'voter-down' }));
        return items.some(({ facts }) => (facts as { readonly member?: string }).member === third.name);
      },
      { within: 60_000, every: 300 },
    );
    t.match(await fleet.picket('diagnose', cluster), {
      code: 3,
      stdout: inWords(reason('cause_port_taken', { members: [third.name] })),
    });
    await fleet.stopCoordinator('SIGKILL');
    await fleet.startCoordinator();
    t.match(await fleet.picket('notify', 'list'), { code: 0, stdout: /team .* webhook .* x-k3s/ });

    await new Promise<void>((resolve) => {
      port.close(() => resolve());
    });
    await healthy(fleet);
    await until('it is over', async () => aboutState().length > 1, { within: 90_000, every: 200 });
    t.match(aboutState().slice(1), [{ recovered: [{ problem: 'at-risk' }] }]);
  },
);
