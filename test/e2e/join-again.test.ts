import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, joinAll } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

t.test('R5, R15: join --again gives a node a new identity at its own coordinator, and it goes on', async (t) => {
  const fleet = await fleetOf(t, { members: 1 });
  const [machine] = fleet.machines as [Machine];
  await joinAll(fleet);
  /** `once` would take the place of an agent that is still about to take it. */
  const agentStarts = (times: number) =>
    until(
      'the agent has started',
      () => machine.agent()?.log().split('picket-agent has started').length === times + 1,
      {
        within: 30_000,
      },
    );
  await agentStarts(1);
  const serves = async () =>
    (await fleet.etcdctl(machine, 'get', 'x')).code === 0 && (await machine.run('once')).code === 0;
  await until('etcd serves', serves, { within: 60_000, every: 500 });
  const identity = () => readFile(join(machine.stateDir, 'identity.pem'), 'utf8');
  const before = await identity();

  await t.test('beside a running agent', async (t) => {
    const again = await machine.join(await fleet.joinString(cluster), { args: ['--again'] });
    t.match(again, { code: 0, stdout: 'This machine is now the member' }, again.stderr);
    t.not(await identity(), before);
    t.ok(machine.agent()?.running);
    t.equal((await machine.run('once')).code, 0, 'the coordinator takes the new identity');
  });

  await t.test('and after the agent has been started again', async (t) => {
    await machine.stopAgent();
    machine.startAgent();
    await agentStarts(2);
    await until('it goes on', serves, { within: 30_000, every: 500 });
    t.ok(machine.agent()?.running);
    const plain = await machine.join(await fleet.joinString(cluster));
    t.match(plain, { code: 0, stdout: 'This machine is already the member' }, plain.stderr);
  });
});
