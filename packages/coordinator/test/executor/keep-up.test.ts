import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import t, { type Test } from 'tap';
import { formed, reportAll } from '../support/voters.ts';

const poll = '/v1/node/desired-state';
const hour = 3_600_000;

/** Three voters of which the third has been ordered to restart, and has asked for its permit. */
async function withPermit(test: Test) {
  const { coordinator, nodes } = await formed(test);
  await reportAll(nodes);
  const answer = await coordinator.admin.post('/v1/clusters/x-k3s/members/x-k3s-m-3/restart');
  const [, , third] = nodes;
  if (answer.status >= 300 || third === undefined) throw new Error(answer.text);
  const permitted = await third.client.get(poll);
  if (permitted.json<MemberState>().permit === null) throw new Error('it has no permit');
  return { coordinator, third, etag: String(permitted.headers.etag) };
}

t.test('R2: a coordinator that was suspended extends no lease by what it decided before', async (t) => {
  const { coordinator, third } = await withPermit(t);
  coordinator.clock.now += hour;
  t.equal((await third.client.get(poll)).json<MemberState>().permit, null);
});

t.test('R2: what nobody can withdraw, since nothing can be stored, is not extended either', async (t) => {
  const { coordinator, third, etag } = await withPermit(t);
  coordinator.clock.now += hour;
  coordinator.failpoint = (name) => {
    if (name.endsWith('.before-commit')) throw new Error('the disk is full');
  };
  const unchanged = { headers: { 'if-none-match': etag } };
  t.equal((await third.client.get(poll, unchanged)).status, 500);
  coordinator.failpoint = () => undefined;
  t.equal((await third.client.get(poll, unchanged)).json<MemberState>().permit, null);
});

t.test('R2: nor one whose machine was suspended, so that its monotonic clock stood still', async (t) => {
  const { coordinator, third } = await withPermit(t);
  coordinator.setClock(hour);
  t.equal((await third.client.get(poll)).json<MemberState>().permit, null);
});
