import { setImmediate as turn } from 'node:timers/promises';
import type { Test } from 'tap';
import { until } from '../../../test/support/until.ts';
import { openAgent } from '../src/loop/agent.ts';
import { run } from '../src/loop/run.ts';
import { type TestMachine, testMachine } from './machine.ts';

/** An agent that runs until the test ends. */
export async function running(t: Test, prepare: (machine: TestMachine) => void = () => {}) {
  const machine = await testMachine(t);
  prepare(machine);
  const agent = await openAgent(machine.deps);
  const stopping = new AbortController();
  const ended = run(agent, stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await ended;
  };
  t.teardown(stop);
  return { machine, agent, stopping, ended, stop };
}

/** Lets the agent do everything that it has to do now: until each of its loops sleeps. */
export async function idle({ clock, deps }: TestMachine): Promise<void> {
  // The poll, the reconcile and the report loop, and that of the identity if there is one.
  const loops = deps.identity === null ? 3 : 4;
  await turn();
  const lastSeen = () => `${clock.sleeping} of ${loops} loops sleep`;
  await until('each loop of the agent sleeps', () => clock.sleeping >= loops, { every: 0, lastSeen });
}

/** Time goes on in steps, and stands still while the agent works, until this holds. */
export async function passing(
  t: Test,
  machine: TestMachine,
  ms: number,
  what: string,
  holds: () => boolean,
): Promise<void> {
  const { clock } = machine;
  const end = clock.up + ms;
  await idle(machine);
  while (!holds() && clock.up < end) {
    clock.advance(50);
    await idle(machine);
  }
  t.ok(holds(), what);
}
