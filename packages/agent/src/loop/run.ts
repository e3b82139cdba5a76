import { reasonOf } from '@picket/shared/errors.ts';
import { messageOf } from '@picket/shared/problems.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { backoffMs } from '../coordinator/backoff.ts';
import { pollDesiredState } from '../coordinator/poll.ts';
import type { AgentStep } from '../model/model.ts';
import type { Agent } from './agent.ts';
import { type Bell, bell } from './bell.ts';
import { identityLoop } from './identity-loop.ts';
import { type Outcome, reconcileOnce } from './reconcile-once.ts';
import { reportLoop } from './report-loop.ts';

const settledTickMs = 5000;
/** While something is under way it is looked at again after a quarter of the time that it has taken so far. */
const soonestTickMs = 50;
const soonTickMs = 250;
/**
 * Until then: an etcd starts within seconds, and one that refuses a change of its members, since its voters have not
 * been connected for five seconds, allows it after these.
 */
const soonMs = 8000;
const unsettledTickMs = 1000;
/** How often the service itself is looked at where nothing but this agent brings a crashed etcd back. */
const watchMs = 1000;

/**
 * Reconciles until the signal fires: on news at once, while something is under way every second (and sooner in its
 * first seconds), otherwise every five. The four loops share only the agent's memory, so that a coordinator that is
 * slow or away holds nothing up here (R10). etcd is left as it is in the end.
 */
export async function run(agent: Agent, signal: AbortSignal): Promise<void> {
  const { clock } = agent.deps.host;
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const news = bell(clock, stop.signal);
  const reports = bell(clock, stop.signal);
  agent.deps.host.init.onEnd?.(() => news.ring());
  // Whichever loop fails takes the others with it: what is left of an agent must not look like one.
  const guard = (loop: Promise<void>): Promise<void> =>
    loop.catch((error: unknown) => {
      stop.abort(error);
      throw error;
    });
  try {
    const ended = await Promise.allSettled([
      guard(pollDesiredState(agent, () => news.ring(), stop.signal)),
      guard(reconcileLoop(agent, news, reports, stop.signal)),
      guard(reportLoop(agent, reports, stop.signal)),
      guard(identityLoop(agent, stop.signal)),
    ]);
    for (const loop of ended) if (loop.status === 'rejected') throw loop.reason;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await agent.deps.snapshots.stop();
    await agent.deps.maintenance.stop();
    await agent.localEtcd.close();
    await agent.deps.overlay?.rested();
  }
}

async function reconcileLoop(agent: Agent, news: Bell, reports: Bell, signal: AbortSignal): Promise<void> {
  const { clock } = agent.deps.host;
  let failures = 0;
  let stirredAt = clock.monotonic();
  while (!signal.aborted) {
    const outcome = await attempt(agent);
    failures = outcome === null ? failures + 1 : 0;
    const { status } = agent.memory.current;
    if (status !== null && agent.reporter.isDue(status)) reports.ring();
    if (outcome === null) {
      await news.wait(Math.max(unsettledTickMs, backoffMs(failures, agent.deps.random())));
    } else if (outcome.settled) {
      await settledWait(agent, outcome, news, signal);
      stirredAt = clock.monotonic();
    } else {
      if (hasActed(outcome)) stirredAt = clock.monotonic();
      const heard = await news.wait(unsettledWaitMs(outcome, clock.monotonic() - stirredAt));
      if (heard) stirredAt = clock.monotonic();
    }
  }
}

/** @param since how long it has been under way, in milliseconds */
function unsettledWaitMs({ applied }: Outcome, since: number): number {
  if (since >= soonMs) return unsettledTickMs;
  // What etcd has refused, it does not allow within a moment.
  return applied.done.some(isOrder) ? soonTickMs : Math.min(soonTickMs, Math.max(soonestTickMs, since / 4));
}

/** What cannot be observed or recorded is tried again; whatever runs goes on meanwhile. */
async function attempt(agent: Agent): Promise<Outcome | null> {
  try {
    return await reconcileOnce(agent);
  } catch (error) {
    agent.deps.log.error({ problem: messageOf(error) }, 'this node could not be looked at');
    // An agent with nothing to say, or one that repeats what it saw when it could still look, would hide the trouble.
    const service = await agent.deps.host.init.state().catch(() => null);
    agent.memory.remember({ kind: 'look-failed', service, why: reason('not_looked_at', { why: reasonOf(error) }) });
    return null;
  }
}

/** An order that etcd refuses is repeated; that is no progress to hurry after. */
function hasActed({ applied }: Outcome): boolean {
  return applied.done.some((step) => !isOrder(step));
}

function isOrder({ kind }: AgentStep): boolean {
  return kind === 'change-membership';
}

/**
 * The `process` driver has no supervisor: there, a crash is looked for in between, since the etcd that an earlier agent
 * started is not this one's child, and its end is told to nobody here.
 */
async function settledWait(agent: Agent, { status }: Outcome, news: Bell, signal: AbortSignal): Promise<void> {
  const { init, clock } = agent.deps.host;
  const end = clock.monotonic() + settledTickMs;
  const watches = init.name === 'process' && status.service.state === 'running';
  while (!signal.aborted) {
    const left = end - clock.monotonic();
    if (left <= 0 || (await news.wait(watches ? Math.min(watchMs, left) : left))) return;
    if (watches && (await init.state().catch(() => null))?.kind !== 'running') return;
  }
}
