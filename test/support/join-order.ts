import type { Test } from 'tap';
import type { Fleet } from './fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from './fleet-of-test.ts';
import { until } from './until.ts';

/** The numbers of three members, in the order in which they join. */
export type JoinOrder = readonly [number, number, number];

/**
 * Tests for each order that the first to join founds the cluster, and that it forms once.
 *
 * Most of a formation is etcd's own five seconds between changes, so two at a time cost hardly more than one.
 */
export function testJoinOrders(t: Test, orders: readonly JoinOrder[]): void {
  t.jobs = 2;
  for (const order of orders) {
    t.test(`R1: joined in the order ${order.join(', ')}, the first founds and the cluster forms once`, async (t) => {
      const fleet = await fleetOf(t);
      const [first = '', ...others] = order.map((number) => `x-k3s-m-${number}`);
      await joinAll(fleet, [first]);
      await until('the first has founded the cluster', async () => (await fleet.status(cluster)).clusterId, {
        within: 60_000,
      });
      await joinAll(fleet, others);
      await healthy(fleet);
      t.same(await founders(fleet), [first]);
      t.equal((await fleet.status(cluster)).members.filter(({ phase }) => phase === 'voter').length, 3);
    });
  }
}

async function founders(fleet: Fleet): Promise<readonly string[]> {
  const { stdout } = await fleet.picket('events', cluster, '--output', 'json');
  const { items } = JSON.parse(stdout) as { items: { kind: string; message: string }[] };
  return items.filter(({ kind }) => kind === 'found').map(({ message }) => message.split(' ')[0] ?? '');
}
