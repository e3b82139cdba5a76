import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import type { Machine } from '../support/fleet.ts';
import { cluster, eventsOf, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startFleetWriter } from '../support/fleet-writer.ts';
import { boots, happened } from '../support/holds.ts';
import { printedError } from '../support/printed-error.ts';
import { said } from '../support/said.ts';
import { isEvent, tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';
import { anyText, wordsLike } from '../support/words-like.ts';

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
    t.equal(refused.code, 1);
    const { until: end = '' } = members[0]?.hold ?? {};
    const now = { member: first.name, by: 'root on x-k3s-m-1', until: end, why: 'kernel update' };
    const facts = { act: 'hold', reason: inWords(reason('held_now', now)) };
    t.match(printedError(refused.stderr), { code: 'disruption_refused', facts });
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
    const events = await eventsOf(fleet);
    const order = { member: first.name, by: 'root on x-k3s-m-1', seconds: 1800, stop: true, why: 'kernel update' };
    t.ok(events.some(isEvent('grant-hold', order)));
    t.ok(events.some(tellsOf('released_by', { by: 'root on x-k3s-m-2' })));
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
    t.equal(needed.code, 1);
    const { code, facts } = printedError(needed.stderr) ?? {};
    t.equal(code, 'member_needed_now');
    const absent = [{ member: first.name, why: said(anyText) }];
    t.match(facts?.why, wordsLike(reason('voters_absent', { absent })));
    t.match(facts?.advice, wordsLike(reason('without_reboot', { next: said(anyText) })));

    const released = await first.run('release');
    t.equal(released.code, 0, released.stderr);
    const serves = async ({ run }: Machine) => /^ETCD +running, .*\bserves\b/m.test((await run('status')).stdout);
    await until('its etcd serves, and no coordinator was asked', () => serves(first), soon);
    const refused = await second.run('hold', '--stop');
    t.equal(refused.code, 1);
    const advice = inWords(reason('work_by_hand', { commands: null }));
    t.match(printedError(refused.stderr), { code: 'hold_needs_coordinator', facts: { advice } });
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
