import { type AgentFailpoint, agentFailpoints } from '@picket/agent/program/failpoints.ts';
import { coordinatorFailpoints } from '@picket/coordinator/model/failpoints.ts';
import t, { type Test } from 'tap';
import { EtcdWatch } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

// Those of identities: test/e2e/identity.test.ts; those of a departure: test/long/rejoin.test.ts.
const forming = coordinatorFailpoints.filter((name) => !/^(renew|in-force|recover)\./.test(name));
const founding = agentFailpoints.filter((name) => !/^(join|membership|renew|recover|leave)\./.test(name));

t.jobs = 2;

t.test('R1, R12: the coordinator killed at every failpoint of join and formation', async (t) => {
  const fleet = await fleetOf(t);
  const ending = new AbortController();
  const incarnation = Canary.begin(t, fleet);

  await fleet.stopCoordinator();
  const killed = killCoordinatorAtEach(fleet, ending.signal);
  await until('the coordinator is up', () => fleet.coordinator()?.running, { within: 20_000 });
  const token = await insist(() => fleet.joinString(cluster, '--uses', '3'));
  for (const machine of fleet.machines) {
    await insist(async () => {
      const joined = await machine.join(token);
      if (joined.code !== 0) throw new Error(joined.stderr);
    });
    machine.startAgent();
  }
  await incarnation.putOnceFormed();
  t.same(await killed, forming, 'it was killed at each');
  await healthy(fleet, 120_000);
  await incarnation.check(t);
  ending.abort();
});

// Those of a join and of a membership change, and members that join later: test/long/agent-killed.test.ts.
t.test('R1, R4, R9, R10: the founder killed at every failpoint before it has founded', async (t) => {
  const fleet = await fleetOf(t, { members: 1 });
  const incarnation = Canary.begin(t, fleet);
  const [founder] = fleet.machines as [Machine];
  const joined = await founder.join(await fleet.joinString(cluster));
  t.equal(joined.code, 0, joined.stderr);
  await killAgentAtEach(t, founder, founding);
  await incarnation.putOnceFormed();
  await healthy(fleet, 120_000);
  await incarnation.check(t);
});

/** Serves with one failpoint after the other, started again each time it dies; then without. */
async function killCoordinatorAtEach(fleet: Fleet, signal: AbortSignal): Promise<readonly string[]> {
  const killed: string[] = [];
  for (const failpoint of forming) {
    if (signal.aborted) break;
    // At its start it may publish at once, and die before it answers.
    await fleet.startCoordinator(failpoint).catch(() => undefined);
    if ((await fleet.coordinator()?.ended) === 'SIGKILL') killed.push(failpoint);
  }
  await fleet.startCoordinator();
  return killed;
}

/** Runs the agent with one failpoint after the other, started again each time it dies; then without. */
async function killAgentAtEach(t: Test, machine: Machine, failpoints: readonly AgentFailpoint[]): Promise<void> {
  for (const failpoint of failpoints) {
    machine.startAgent(failpoint);
    const agent = machine.agent();
    await until(`${machine.name} dies at ${failpoint}`, () => agent?.running === false, {
      within: 60_000,
      lastSeen: () => agent?.log().slice(-1500) ?? '',
    });
    const how = await agent?.ended;
    t.equal(how, 'SIGKILL', `${machine.name} was killed at ${failpoint}`, { said: agent?.log().slice(-1500) });
  }
  machine.startAgent();
}

/** A key written as soon as there is a cluster, and the first etcd of each machine: neither may be lost. */
class Canary {
  readonly #fleet: Fleet;
  readonly #watch = new EtcdWatch();
  readonly #looking: NodeJS.Timeout;
  #clusterId: string | null = null;

  private constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#looking = setInterval(() => void this.#watch.look(fleet.machines), 100);
  }

  static begin(t: Test, fleet: Fleet): Canary {
    const canary = new Canary(fleet);
    t.teardown(() => clearInterval(canary.#looking));
    return canary;
  }

  async putOnceFormed(): Promise<void> {
    this.#clusterId = await until('a cluster is founded', async () => (await this.#fleet.status(cluster)).clusterId, {
      within: 90_000,
      every: 300,
    });
    await until(
      'a key is written',
      async () => {
        // The first that was ready has founded it, and learners take no writes.
        const { members } = await this.#fleet.status(cluster);
        const voter = members.find(({ phase }) => phase === 'voter');
        const machine = voter && this.#fleet.machine(voter.name);
        return machine && (await this.#fleet.etcdctl(machine, 'put', 'canary', 'sings')).code === 0;
      },
      { within: 60_000, every: 300 },
    );
  }

  async check(t: Test): Promise<void> {
    clearInterval(this.#looking);
    for (const machine of this.#fleet.machines) {
      const { stdout } = await this.#fleet.etcdctl(machine, 'get', 'canary', '--print-value-only');
      t.equal(stdout.trim(), 'sings', `${machine.name} has the key that was written early`);
    }
    t.equal((await this.#fleet.status(cluster)).clusterId, this.#clusterId, 'it is the same cluster');
    t.same(this.#watch.replaced, [], 'no etcd was stopped by it');
  }
}

/** What a person does whose command fails because the coordinator just died: the same again. */
function insist<Result>(attempt: () => Promise<Result>): Promise<Result> {
  return until('it works in the end', async () => ({ result: await attempt() }), { within: 60_000, every: 300 }).then(
    ({ result }) => result,
  );
}
