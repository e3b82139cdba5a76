import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { clusterPath } from '../support/snapshots.ts';
import { formed, reportAll } from '../support/voters.ts';

const keep = `${clusterPath}/members/x-k3s-m-3/keep`;
const replace = `${clusterPath}/members/x-k3s-m-3/replace`;
const restart = `${clusterPath}/members/x-k3s-m-2/restart`;

/** The answer to a replacement that cannot be taken back, for this reason. */
function refused(why: Reason) {
  return failure('keep_refused', { cluster: 'x-k3s', member: 'x-k3s-m-3', reason: why }).toWire();
}

t.test('R3: a replacement can be taken back, and then nobody is asked to remove the member', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const { admin } = coordinator;
  const leaving = () => coordinator.running.executor.situation('x-k3s').record.progress.members['x-k3s-m-3']?.leaving;
  const notLeaving = reason('not_leaving', { member: 'x-k3s-m-3' });
  t.same((await admin.post(keep)).json(), failure('already_so', { reason: notLeaving }).toWire());
  // While a permit is open, nobody is removed.
  t.equal((await admin.post(restart)).status, 200);
  t.equal((await admin.post(replace, {})).status, 200);
  t.match(leaving(), { force: false });
  t.equal((await admin.post(keep)).status, 200);
  t.equal(leaving(), undefined);
  coordinator.clock.now += 1_000_000;
  await reportAll(nodes);
  await coordinator.running.tick();
  t.notOk(nodes[0] && (await nodes[0].desiredState()).membershipStep, 'nobody is asked to remove it afterwards');
});

t.test('R3: once a voter was asked to remove the member, the replacement goes on', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const { admin } = coordinator;
  const asked = async () =>
    (await Promise.all(nodes.map((node) => node.desiredState()))).some((one) => one.membershipStep);
  t.equal((await admin.post(replace, {})).status, 200);
  t.ok(await asked());
  t.same((await admin.post(keep)).json(), refused(reason('removal_begun')));
  t.ok(await asked());
});

t.test('the leader is not asked to hand over to itself', async (t) => {
  const { coordinator } = await formed(t);
  const { admin } = coordinator;
  const leads = reason('leads_already', { member: 'x-k3s-m-1' });
  const answer = await admin.post(`${clusterPath}/members/x-k3s-m-1/move-leader`);
  t.same([answer.status, answer.json()], [409, failure('already_so', { reason: leads }).toWire()]);
});
