import { join } from 'node:path';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { killAllBelow, type Machine } from '../support/fleet.ts';
import { cluster, eventsOf, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startFleetWriter } from '../support/fleet-writer.ts';
import { boots, happened } from '../support/holds.ts';
import { printedError } from '../support/printed-error.ts';
import { said } from '../support/said.ts';
import { isEvent } from '../support/told.ts';
import { until } from '../support/until.ts';
import { anyText, wordsLike } from '../support/words-like.ts';

t.test('R2: each board is held, booted and back in turn, while somebody writes and reads linearizably', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);
  const writer = startFleetWriter(fleet, fleet.machines);
  t.teardown(() => writer.stop().catch(() => undefined));
  for (const [index, machine] of fleet.machines.entries()) {
    const { name } = machine;
    const why = `kernel update of ${name}`;
    const held = await fleet.picket('member', 'hold', cluster, name, '--for', '30m', '--stop', '--reason', why);
    if (held.code !== 0) throw new Error(`${held.stderr}\n${(await fleet.picket('events', cluster)).stdout}`);
    t.match(held.stdout, `${name} is held until `);
    const other = fleet.machines[(index + 1) % 3]?.name ?? '';
    const refused = await fleet.picket('member', 'restart', cluster, other);
    const { until: end = '' } = (await fleet.status(cluster)).members[index]?.hold ?? {};
    const now = reason('held_now', { member: name, by: 'operator admin', until: end, why });
    const facts = { act: 'restart', member: other, cluster, reason: inWords(now) };
    t.match(printedError(refused.stderr), { code: 'disruption_refused', facts });
    await until('its etcd is down', async () => (await fleet.status(cluster)).state === 'at-risk', {
      within: 60_000,
      every: 300,
    });
    const headline = { code: 'held_fails', facts: { member: name, by: 'operator admin' } };
    t.match((await fleet.status(cluster)).headline, headline);
    if (index === 0) await fleet.picket('cluster', 'set', cluster, 'heartbeatIntervalMs=120');
    await machine.stopAgent('SIGTERM');
    if (index === 1) {
      await fleet.stopCoordinator('SIGKILL');
      await fleet.startCoordinator();
    }
    machine.startAgent();
    await until(
      'its agent reports',
      async () => machine.agent()?.log().includes('a desired state was accepted') === true,
      {
        within: 60_000,
        every: 300,
      },
    );
    t.match((await fleet.status(cluster)).members[index]?.hold, { state: 'open', reason: why }, 'R10: still held');
    await machine.stopAgent('SIGTERM');
    await boots(machine);
    machine.startAgent();
    await happened(fleet, 'end-hold', index + 1);
    // It was ordered during the first hold.
    await until('the rollout has come to its end', async () => (await fleet.status(cluster)).rollout === null, {
      within: 180_000,
      every: 500,
    });
    await until('it waits for nothing', async () => (await fleet.status(cluster)).waitsFor.length === 0, {
      within: 60_000,
      every: 500,
    });
    await healthy(fleet);
  }
  const { findings, acknowledged, gap } = await writer.stop();
  t.same(findings, [], 'no acknowledged write was lost');
  t.comment(`${acknowledged} writes were acknowledged; the longest gap: ${JSON.stringify(gap)}`);
});

t.test('R2: a hold that would break the quorum is refused, and one whose board never returns lapses', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);
  const [first, second, third] = fleet.machines as [Machine, Machine, Machine];
  const hold = (machine: Machine) => fleet.picket('member', 'hold', cluster, machine.name, '--for', '1m', '--stop');
  const held = await hold(third);
  t.equal(held.code, 0, held.stderr);
  await third.stopAgent('SIGKILL');
  await killAllBelow(join(fleet.folder, third.name));
  await happened(fleet, 'end-hold');
  const ends = await eventsOf(fleet, { kinds: ['end-hold'] });
  t.ok(ends.some(isEvent('end-hold', { member: third.name, outcome: 'lapsed' })));
  for (const machine of [first, second]) {
    const refused = await hold(machine);
    t.equal(refused.code, 1);
    const ailment = reason('of_member', { member: third.name, why: said(anyText) });
    const why = wordsLike(reason('every_voter_must_serve', { ailment }));
    const facts = { act: 'hold', member: machine.name, cluster, reason: why };
    t.match(printedError(refused.stderr), { code: 'disruption_refused', facts });
  }
  third.startAgent();
  await healthy(fleet);
  const released = await hold(second);
  t.equal(released.code, 0, released.stderr);
  t.equal((await fleet.picket('member', 'release', cluster, second.name)).code, 0);
  await happened(fleet, 'end-hold', 2);
  await healthy(fleet);
});
