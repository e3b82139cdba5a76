import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { etcdPids } from '../support/etcd-processes.ts';
import { fakeClock } from '../support/faketime.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy } from '../support/fleet-of-test.ts';
import { printedError } from '../support/printed-error.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';
import { anyText, wordsLike } from '../support/words-like.ts';

const longAgo = new Date('1970-01-01T00:05:00Z');
const ahead = new Date('2035-06-01T12:00:00Z');

t.test('R14: a clock that is wrong by decades', async (t) => {
  const fleet = await fleetOf(t, { members: 1 });
  const [machine] = fleet.machines as [Machine];
  const clock = await fakeClock(fleet.folder);
  if (clock === undefined) {
    t.comment('there is no libfaketime: this machine has no apt');
    return;
  }
  Object.assign(machine.env, clock.env);

  await t.test('at 2035 nothing is joined, and the token is not spent', async (t) => {
    const token = await fleet.joinString(cluster);
    await clock.set(ahead);
    const refused = await machine.join(token);
    t.equal(refused.code, 1);
    t.match(printedError(refused.stderr), { code: 'clock_wrong', facts: { doubt: '2035-06-01T12h UTC' } });
    await clock.setRight();
    const joined = await machine.join(token);
    t.equal(joined.code, 0, joined.stderr);
  });

  for (const [when, time] of [
    ['2035', ahead],
    ['1970', longAgo],
  ] as const) {
    await t.test(`a blank node that starts at ${when} waits for time sync, and says so`, async (t) => {
      await clock.set(time);
      machine.startAgent();
      await saidToWait(t, fleet, machine, time);
      t.strictSame(await readdir(machine.etcDir), []);
      t.notOk((await readdir(machine.stateDir)).includes('etcd'));
      if (when === '2035') await machine.stopAgent();
    });
  }

  await t.test('and continues once the clock is right', async (t) => {
    const agent = machine.agent();
    await clock.setRight();
    await healthy(fleet);
    t.equal(machine.agent(), agent);
    t.ok(agent?.running);
    t.same(await waits(fleet), []);
    // The founder serves before it has the conf.yml of a recorded cluster.
    const conf = join(machine.etcDir, 'conf.yml');
    const isRecorded = async () => (await readFile(conf, 'utf8')).includes('initial-cluster-state: "existing"');
    await until('it has the conf.yml of a recorded cluster', isRecorded, { within: 60_000 });
  });

  await t.test('R10: a clock that jumps while etcd serves touches nothing', async (t) => {
    const before = await kept(machine);
    t.equal(before.pids.length, 1);
    const said = machine.agent()?.log().length ?? 0;
    for (const time of [ahead, longAgo]) {
      await clock.set(time);
      await logged(machine, hour(time), said);
    }
    await clock.setRight();
    await logged(machine, /the clock is trusted again/, said);
    t.equal((await fleet.etcdctl(machine, 'put', 'written', 'afterwards')).code, 0);
    t.strictSame(await kept(machine), before);
    await checkFloor(t, machine);
  });

  await t.test('R10: an agent that starts at 2035 beside a serving etcd renews nothing', async (t) => {
    const before = await kept(machine);
    await machine.stopAgent('SIGKILL');
    const said = machine.agent()?.log().length ?? 0;
    await clock.set(ahead);
    machine.startAgent();
    await logged(machine, hour(ahead), said);
    await clock.setRight();
    await logged(machine, /the clock is trusted again/, said);
    t.strictSame(await kept(machine), before);
    await checkFloor(t, machine);
    const obtained = machine
      .agent()
      ?.log()
      .split('\n')
      .filter((line) => line.includes('obtain-credential'));
    for (const code of ['held_ended', 'renewal_due'] as const)
      t.notMatch(obtained?.join('\n'), wordsLike(reason(code, { at: anyText })));
  });
});

/** Waits until log and both kinds of status say that this node waits, and what for. */
async function saidToWait(t: Test, fleet: Fleet, machine: Machine, time: Date): Promise<void> {
  const now = hour(time);
  await logged(machine, new RegExp(`waiting for .*${now.source}`));
  const wait = await until(
    'the coordinator knows',
    async () => (await waits(fleet))?.filter(isReason('time_sync')).find((one) => now.test(JSON.stringify(one.facts))),
    { within: 60_000, every: 1000 },
  );
  // It gives the coordinator two seconds to tell the time, and without that it does not know better.
  const own = await until(
    'the node’s own status tells it',
    async () => {
      const { stdout } = await machine.run('status');
      return stdout.includes(inWords(wait)) && stdout;
    },
    { within: 60_000, every: 500 },
  );
  t.notMatch(own, 'obtain-credential');
  t.match((await fleet.picket('status', cluster)).stdout, inWords(wait));
}

/** How a clock that was set to this time is named to the hour. */
function hour(time: Date): RegExp {
  return new RegExp(`${time.getUTCFullYear()}-\\d\\d-\\d\\dT\\d\\dh UTC`);
}

/** Waits until the agent has logged this, after the first so many characters. */
async function logged(machine: Machine, what: RegExp, after = 0): Promise<void> {
  const log = () => machine.agent()?.log().slice(after) ?? '';
  await until(`the agent logs ${what.source}`, () => what.test(log()), { within: 60_000, lastSeen: log });
}

/** What this member waits for, as the coordinator knows it. */
async function waits(fleet: Fleet) {
  const [member] = (await fleet.status(cluster)).members;
  return member?.status?.agent.waits;
}

/** What no clock may change. */
async function kept({ etcDir, stateDir, ...machine }: Machine) {
  const read = (folder: string) => (name: string) => readFile(join(folder, name), 'utf8');
  return {
    pids: await etcdPids({ ...machine, etcDir, stateDir }),
    certificates: await Promise.all(['server.pem', 'peer.pem', 'client.pem', 'conf.yml'].map(read(etcDir))),
    identity: await Promise.all(['identity.pem', 'node.json', 'control-ca.pem'].map(read(stateDir))),
  };
}

/** The time that is noted as passed is one that has passed. */
async function checkFloor(t: Test, { stateDir }: Machine): Promise<void> {
  const { clockFloor } = JSON.parse(await readFile(join(stateDir, 'journal.json'), 'utf8')) as { clockFloor: number };
  t.ok(clockFloor > Date.now() - 3_600_000 && clockFloor <= Date.now(), `the stored time is ${clockFloor}`);
}
