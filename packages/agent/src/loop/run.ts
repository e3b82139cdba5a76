import { reasonOf } from '@picket/shared/errors.ts';
import { messageOf } from '@picket/shared/problems.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { backoffMs } from '../coordinator/backoff.ts';
import { pollDesiredState } from '../coordinator/poll.ts';
import type { AgentStep } from '../model/model.ts';
import type { Agent } from './agent.ts';
import { type Bell, bell } from './bell.ts';
import { formerDataLoop, mayGo } from './departure.ts';
import { identityLoop } from './identity-loop.ts';
import { type Outcome, reconcileOnce } from './reconcile-once.ts';
import { reportLoop, sayGoodbye } from './report-loop.ts';

const settledTickMs = 5000;
/** While something is in progress, the agent observes again after a quarter of the time that it has taken so far. */
const soonestTickMs = 50;
const soonTickMs = 250;
/**
 * Until then the agent observes often. An etcd starts within seconds. An etcd that refuses a membership change because
 * its voters have not been connected for five seconds allows it after these.
 */
const soonMs = 8000;
const unsettledTickMs = 1000;
/** How often to check the service if only this agent restarts a crashed etcd. */
const watchMs = 1000;

/**
 * Reconciles until the signal fires: at once for news, every second while something is in progress (more often in its
 * first seconds), otherwise every five seconds. The five loops share only the agent's memory, so a slow or unreachable
 * coordinator delays nothing here (R10). At the end the agent says goodbye, and etcd keeps running.
 *
 * @returns `free` if the node was evicted, and nothing of it is left to guard
 */
export async function run(agent: Agent, signal: AbortSignal): Promise<'stopped' | 'free'> {
  const { clock } = agent.deps.host;
  const stop = new AbortController();
  let signalledAt = clock.monotonic();
  const onAbort = (): void => {
    signalledAt = clock.monotonic();
    stop.abort(signal.reason);
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const news = bell(clock, stop.signal);
  const reports = bell(clock, stop.signal);
  agent.deps.host.init.onEnd?.(() => news.ring());
  // If one loop fails, all end: the remaining loops must not look like a working agent.
  const guard = (loop: Promise<void>): Promise<void> =>
    loop.catch((error: unknown) => {
      stop.abort(error);
      throw error;
    });
  try {
    const ring = () => news.ring();
    const reconciling = reconcileLoop(agent, news, reports, stop.signal);
    const ended = await Promise.allSettled([
      guard(pollDesiredState(agent, ring, stop.signal)),
      guard(reconciling.then((end) => (end === 'free' ? stop.abort() : undefined))),
      guard(reportLoop(agent, reports, ring, stop.signal)),
      guard(identityLoop(agent, ring, stop.signal)),
      guard(formerDataLoop(agent, stop.signal)),
    ]);
    for (const loop of ended) if (loop.status === 'rejected') throw loop.reason;
    if ((await reconciling) === 'free') return 'free';
    await sayGoodbye(agent, signalledAt);
    return 'stopped';
  } finally {
    signal.removeEventListener('abort', onAbort);
    await agent.deps.snapshots.stop();
    await agent.deps.maintenance.stop();
    await agent.deps.programs.stop();
    await agent.localEtcd.close();
    await agent.deps.overlay?.rested();
  }
}

async function reconcileLoop(
  agent: Agent,
  news: Bell,
  reports: Bell,
  signal: AbortSignal,
): Promise<'stopped' | 'free'> {
  const { clock } = agent.deps.host;
  let failures = 0;
  let stirredAt = clock.monotonic();
  while (!signal.aborted) {
    const outcome = await attempt(agent);
    failures = outcome === null ? failures + 1 : 0;
    if (outcome !== null && (await mayGo(agent))) return 'free';
    reports.ring();
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
  return 'stopped';
}

/** @param since how long it has been in progress, in milliseconds */
function unsettledWaitMs({ applied }: Outcome, since: number): number {
  if (since >= soonMs) return unsettledTickMs;
  // What etcd has refused, it does not allow within a moment.
  return applied.done.some(isOrder) ? soonTickMs : Math.min(soonTickMs, Math.max(soonestTickMs, since / 4));
}

/** If an observation or a record fails, the agent retries; whatever runs keeps running meanwhile. */
async function attempt(agent: Agent): Promise<Outcome | null> {
  try {
    return await reconcileOnce(agent);
  } catch (error) {
    agent.deps.log.error({ problem: messageOf(error) }, 'this node could not be observed');
    // An agent that reports nothing, or repeats its last observation, would hide the trouble.
    const service = await agent.deps.host.init.state().catch(() => null);
    agent.memory.remember({ kind: 'look-failed', service, why: reason('not_looked_at', { why: reasonOf(error) }) });
    return null;
  }
}

/** etcd refuses the order and the agent repeats it: that is no progress and needs no haste. */
function hasActed({ applied }: Outcome): boolean {
  return applied.done.some((step) => !isOrder(step));
}

function isOrder({ kind }: AgentStep): boolean {
  return kind === 'change-membership';
}

/**
 * The `process` driver has no supervisor. So the agent checks for a crash in between: an etcd that an earlier agent
 * started is not this agent's child, so no event announces its end.
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
