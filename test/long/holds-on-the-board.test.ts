import t from 'tap';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startFleetWriter } from '../support/fleet-writer.ts';
import { boots, happened } from '../support/holds.ts';
import { until } from '../support/until.ts';

const soon = { within: 60_000, every: 300 };

t.test(
  'R2: a board holds its own member by the coordinator’s permit, is booted, and releases the next hold',
  async (t) => {
    const fleet = await fleetOf(t);
    await joinAll(fleet);
    await healthy(fleet);
    const [first, second] = fleet.machines as [Machine, Machine];
    const held = await first.run('hold', '--for', '30m', '--stop', '--reason', 'kernel update');
    t.equal(held.code, 0, held.stderr);
    t.match(held.stdout, /^x-k3s-m-1 is held until .*\. Its etcd is stopped\. You can work on this machine now/);
    await until('its etcd is down', async () => (await fleet.status(cluster)).state === 'at-risk', soon);
    const { members } = await fleet.status(cluster);
    t.match(members[0]?.hold, { state: 'open', by: 'root on x-k3s-m-1', reason: 'kernel update', stop: true });
    const refused = await second.run('hold');
    t.match([refused.code, refused.stderr], [1, /x-k3s-m-1 is held by root on x-k3s-m-1 until .*: kernel update/]);
    t.match((await first.run('status')).stdout, /^HELD +until .*, with etcd stopped$/m);
    await first.stopAgent('SIGTERM');
    await boots(first);
    first.startAgent();
    await happened(fleet, 'end-hold');
    await healthy(fleet);

    const again = await second.run('hold', '--output', 'json');
    t.equal(again.code, 0, again.stderr);
    t.match(JSON.parse(again.stdout), { state: 'open', by: 'root on x-k3s-m-2', stop: false });
    const released = await second.run('release');
    t.equal(released.code, 0, released.stderr);
    await happened(fleet, 'end-hold', 2);
    const { stdout } = await fleet.picket('events', cluster);
    t.match(stdout, 'root on x-k3s-m-1 holds x-k3s-m-1 for 30 min, with its etcd stopped: kernel update');
    t.match(stdout, 'root on x-k3s-m-2 released it');
    await healthy(fleet);
  },
);

t.test(
  'R2 R10: without a coordinator a board names the commands for root, changes nothing, and still releases a hold',
  async (t) => {
    const fleet = await fleetOf(t);
    await joinAll(fleet);
    await healthy(fleet);
    const [first, second] = fleet.machines as [Machine, Machine];
    const writer = startFleetWriter(fleet, fleet.machines);
    t.teardown(() => writer.stop().catch(() => undefined));
    const held = await first.run('hold', '--stop', '--reason', 'the disk is copied');
    t.equal(held.code, 0, held.stderr);
    await fleet.stopCoordinator('SIGKILL');

    const needed = await second.run('hold', '--stop');
    t.match([needed.code, needed.stderr], [1, /the cluster needs this member now: not every other .*x-k3s-m-1/]);
    t.match(needed.stderr, /^hint: Nothing was changed on this machine\. Do not reboot this machine\. /m);

    const released = await first.run('release');
    t.equal(released.code, 0, released.stderr);
    const serves = async ({ run }: Machine) => /^ETCD +running, .*\bserves\b/m.test((await run('status')).stdout);
    await until('its etcd serves, and no coordinator was asked', () => serves(first), soon);
    const refused = await second.run('hold', '--stop');
    t.match([refused.code, refused.stderr], [1, /^error: No coordinator has confirmed the hold: /]);
    t.match(
      refused.stderr,
      /^hint: Nothing was changed on this machine\. .* Every other voter serves now\. .* Then stop the agent first/m,
    );
    t.ok(await serves(second), 'nothing was changed');

    await fleet.startCoordinator();
    const again = await first.run('release');
    t.equal(again.code, 0, again.stderr);
    await happened(fleet, 'end-hold');
    await healthy(fleet);
    const { findings, acknowledged, gap } = await writer.stop();
    t.same(findings, [], 'no acknowledged write was lost');
    t.comment(`${acknowledged} writes were acknowledged; the longest gap: ${JSON.stringify(gap)}`);
  },
);
