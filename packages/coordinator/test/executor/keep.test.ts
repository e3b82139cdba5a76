import t from 'tap';
import { clusterPath } from '../support/snapshots.ts';
import { formed, reportAll } from '../support/voters.ts';

const keep = `${clusterPath}/members/x-k3s-m-3/keep`;
const replace = `${clusterPath}/members/x-k3s-m-3/replace`;
const restart = `${clusterPath}/members/x-k3s-m-2/restart`;

t.test('R3: a replacement can be taken back, and then nobody is asked to remove the member', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const { admin } = coordinator;
  const leaving = () => coordinator.running.executor.situation('x-k3s').record.progress.members['x-k3s-m-3']?.leaving;
  t.match((await admin.post(keep)).error, /^keep_refused: .*no replacement of it is ordered/);
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
  t.match((await admin.post(keep)).error, /^keep_refused: .*a voter was asked to remove it, and may have done so/);
  t.ok(await asked());
});
