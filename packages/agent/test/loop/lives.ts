import type { Agent } from '../../src/loop/agent.ts';
import { type Outcome, reconcileOnce } from '../../src/loop/reconcile-once.ts';
import type { TestMachine } from '../machine.ts';

/** A test machine with the agent that runs on it. */
export interface TestNode {
  readonly machine: TestMachine;
  readonly agent: Agent;
}

/** Reconciles once a second for this long. Returns the last outcome. */
export async function lives({ machine, agent }: TestNode, seconds: number): Promise<Outcome> {
  let outcome = await reconcileOnce(agent);
  for (let second = 0; second < seconds; second += 1) {
    machine.clock.advance(1000);
    outcome = await reconcileOnce(agent);
  }
  return outcome;
}
