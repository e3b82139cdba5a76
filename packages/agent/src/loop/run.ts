import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { backoffMs } from '../coordinator/backoff.ts';
import { pollDesiredState } from '../coordinator/poll.ts';
import { retryWaitMs } from '../coordinator/retry-wait.ts';
import { doubtNow, sleepWhileInDoubt } from '../coordinator/time-in-doubt.ts';
import type { IdentityUpkeep } from '../identity/identity-upkeep.ts';
import { advancedFloor } from '../model/clock-doubt.ts';
import type { AgentStep } from '../model/model.ts';
import { unobserved } from '../report/report-status.ts';
import { type Agent, type Outcome, reconcileOnce } from './agent.ts';
import { type Bell, bell } from './bell.ts';

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
/** A report brings the next order sooner than a look finds something new to tell: this only keeps a fault in check. */
const betweenReportsMs = 50;
/** A clock that advances is not worth a write to an SD card more often than this. */
const floorStepMs = 3600 * 1000;
/** How often to look whether another identity was joined for. */
const identityTickMs = 60_000;
/** However soon an identity is due that was issued a moment ago, as by a coordinator whose clock is late. */
const soonestIdentityTickMs = 5000;
/** What was seen longer ago than this, a few ticks, is not told as if it were so still. */
const staleMs = 20_000;

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
    await agent.deps.upkeep.stop();
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
    const { status } = agent.memory;
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
    const problem = messageOf(error);
    agent.deps.log.error({ problem }, 'this node could not be looked at');
    // An agent with nothing to say, or one that repeats what it saw when it could still look, would hide the trouble.
    const { memory } = agent;
    const service = await agent.deps.host.init.state().catch(() => null);
    if (memory.status !== null)
      memory.status = unobserved(memory.status, service, `this node cannot be looked at: ${problem}`);
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

/** The status to tell, without what nobody has looked at for a while: a look may hang, as one at a dying disk does. */
function statusNow({ memory, deps }: Agent): NodeStatus | null {
  const { status, observedAt } = memory;
  if (status === null || status.etcd === null) return status;
  if (deps.host.clock.monotonic() - observedAt <= staleMs) return status;
  return unobserved(status, null, 'this node has not been looked at for a while: something holds its agent up');
}

async function reportLoop(agent: Agent, reports: Bell, signal: AbortSignal): Promise<void> {
  const { deps, reporter } = agent;
  const { clock } = deps.host;
  let failures = 0;
  while (!signal.aborted) {
    const status = statusNow(agent);
    if (status === null || !reporter.isDue(status)) {
      const left = Math.max(0, reporter.dueAt() - clock.monotonic());
      await reports.wait(Math.min(settledTickMs, Math.max(left, betweenReportsMs)));
      continue;
    }
    try {
      await sendReport(agent, status);
      failures = 0;
      await clock.sleep(betweenReportsMs, signal);
    } catch (error) {
      failures += 1;
      if (failures === 1 && doubtNow(agent) === null)
        deps.log.warn({ problem: messageOf(error) }, 'no report to the coordinator');
      await sleepWhileInDoubt(agent, retryWaitMs(error, failures, deps.random()), signal);
    }
  }
}

/** Asks for ever what the identity needs. While the coordinator is away the one that is held goes on (R10, R15). */
async function identityLoop(agent: Agent, signal: AbortSignal): Promise<void> {
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

/** Renews or recovers what is due, by a clock that can be right (R14). Rejects as {@link IdentityUpkeep.look} does. */
export async function tendIdentity(agent: Agent, identity: IdentityUpkeep): Promise<void> {
  const { memory } = agent;
  memory.coordinatorTime = (await identity.look(doubtNow(agent))) ?? memory.coordinatorTime;
}

/** Sends a report and takes in what the answer says of the time (R14). Rejects as the client does. */
export async function sendReport(
  agent: Agent,
  status: NonNullable<Agent['memory']['status']>,
): Promise<readonly string[]> {
  const { deps, memory, journal, reporter } = agent;
  const { clock } = deps.host;
  const { coordinatorTime, waitsFor } = await reporter.send(status);
  memory.coordinatorTime = coordinatorTime;
  const known = journal.current().clockFloor;
  const floor = advancedFloor({
    now: clock.now(),
    monotonic: clock.monotonic(),
    buildTime: deps.buildTime,
    floor: known,
    coordinator: coordinatorTime,
  });
  if (floor - known >= floorStepMs) {
    // The report has been taken all the same; the floor advances with a later one.
    await journal
      .update((before) => ({ ...before, clockFloor: Math.max(before.clockFloor, floor) }))
      .catch((error: unknown) => deps.log.warn({ problem: messageOf(error) }, 'the time could not be noted'));
  }
  return waitsFor;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
