import { messageOf } from '@picket/shared/problems.ts';
import { retryWaitMs } from '../coordinator/retry-wait.ts';
import { doubtNow } from '../coordinator/time-in-doubt.ts';
import type { IdentityRenewal } from '../identity/identity-renewal.ts';
import type { Agent } from './agent.ts';

/** How often to look whether another identity was joined for. */
const identityTickMs = 60_000;
/** However soon an identity is due that was issued a moment ago, as by a coordinator whose clock is late. */
const soonestIdentityTickMs = 5000;

/** Asks for ever what the identity needs. While the coordinator is away the one that is held goes on (R10, R15). */
export async function identityLoop(agent: Agent, signal: AbortSignal): Promise<void> {
  const { deps } = agent;
  const { clock } = deps.host;
  if (deps.identity === null) return;
  let failures = 0;
  let told = '';
  while (!signal.aborted) {
    try {
      await tendIdentity(agent, deps.identity);
      failures = 0;
      told = '';
      // A timer may end a millisecond early.
      const left = Math.ceil(deps.identity.dueAt() - clock.now()) + 1;
      await clock.sleep(Math.min(identityTickMs, Math.max(soonestIdentityTickMs, left)), signal);
    } catch (error) {
      failures += 1;
      const problem = messageOf(error);
      if (problem !== told) deps.log.warn({ problem }, 'the identity of this node is due and could not be renewed');
      told = problem;
      await clock.sleep(retryWaitMs(error, failures, deps.random()), signal);
    }
  }
}

/** Renews or recovers what is due, by a clock that can be right (R14). Rejects as {@link IdentityRenewal.look} does. */
export async function tendIdentity(agent: Agent, identity: IdentityRenewal): Promise<void> {
  const time = await identity.look(doubtNow(agent));
  if (time !== null) agent.memory.remember({ kind: 'time', time, rough: false });
}
