import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { freezeIdentity } from '../../src/identity/freeze-identity.ts';
import { wireRefusal } from '../support/said.ts';
import { formed } from '../support/voters.ts';

const order = { seconds: 1800, reason: 'kernel update' };

t.test('R8: a node holds its own member and releases it, and the events say that root on it did', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error('it has not joined');
  const granted = await second.client.post('/v1/node/hold', order);
  t.match(granted.json<OwnMember>(), {
    phase: 'voter',
    hold: { state: 'begins', by: 'root on x-k3s-m-2', reason: 'kernel update', stop: false },
  });
  t.equal((await first.client.get('/v1/node/member')).json<OwnMember>().hold, undefined, 'not that of another');
  const longer = await second.client.post('/v1/node/hold', { seconds: 7200 });
  t.match(longer.json<OwnMember>().hold, {
    by: 'root on x-k3s-m-2',
    changedBy: 'root on x-k3s-m-2',
    reason: 'kernel update',
  });
  const until = longer.json<OwnMember>().hold?.until ?? '';
  t.equal(Date.parse(until) - Date.parse(granted.json<OwnMember>().hold?.until ?? ''), 5_400_000);
  const held = { member: 'x-k3s-m-2', by: 'root on x-k3s-m-2', until, why: 'kernel update' };
  t.match(
    (await first.client.post('/v1/node/hold', order)).json(),
    wireRefusal('disruption_refused', {
      ...{ cluster: 'x-k3s', member: 'x-k3s-m-1', act: 'hold' },
      reason: reason('held_now', held),
    }),
  );
  t.match((await first.client.post('/v1/node/release', {})).json(), wireRefusal('member_not_held'));
  const released = await second.client.post('/v1/node/release', {});
  t.match(released.json<OwnMember>().hold, { state: 'ends' });
  const { items } = (await coordinator.admin.get('/v1/events?limit=3')).json<Page<EventView>>();
  t.match(items, [
    { kind: 'withdraw-permit', facts: { reason: reason('released_by', { by: 'root on x-k3s-m-2' }) } },
    { kind: 'change-hold', facts: { member: 'x-k3s-m-2', by: 'root on x-k3s-m-2', seconds: 7200, why: null, until } },
    {
      kind: 'grant-hold',
      facts: { member: 'x-k3s-m-2', by: 'root on x-k3s-m-2', seconds: 1800, why: 'kernel update' },
    },
  ]);
});

t.test('R15: a node that may be a copy holds nothing', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const [first] = nodes;
  if (first === undefined) throw new Error('it has not joined');
  const { inventory, directory } = coordinator.running;
  await freezeIdentity({ inventory, directory, now: () => coordinator.clock.now }, first.id, reason('two_runs_report'));
  t.match((await first.client.post('/v1/node/hold', order)).json(), wireRefusal('identity_frozen'));
});
