import { messageOf } from '@picket/shared/problems.ts';
import { noteEviction } from '../coordinator/eviction.ts';
import { retryWaitMs } from '../coordinator/retry-wait.ts';
import { doubtNow } from '../coordinator/time-in-doubt.ts';
import type { IdentityRenewal } from '../identity/identity-renewal.ts';
import type { Agent } from './agent.ts';

/** How often to look for another identity on the disk, from a new join. */
const identityTickMs = 60_000;
/** The shortest wait, even if a new identity is due at once, for example because the coordinator's clock is late. */
const soonestIdentityTickMs = 5000;

/** Renews the identity forever. While the coordinator is away, the current identity stays in use (R10, R15). */
export async function identityLoop(agent: Agent, onEviction: () => void, signal: AbortSignal): Promise<void> {
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
      // One whose certificate has ended learns it here alone.
      if (noteEviction(agent, error)) onEviction();
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
