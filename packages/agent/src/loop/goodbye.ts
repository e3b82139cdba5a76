import { messageOf } from '@picket/shared/problems.ts';
import type { Agent } from './agent.ts';
import { statusNow } from './report-loop.ts';

/** The last report may take this long after the signal to stop. An init system waits 20 s before it kills the agent. */
const goodbyeMs = 3000;

/**
 * Sends the last report of this run, which says whether the agent stops alone or with its machine. Without this report
 * the node is only silent, as after a power cut. Never rejects, ends three seconds after the signal at the latest, and
 * does not try a coordinator that has not answered the last report: no shutdown of a machine waits for it.
 *
 * @param signalledAt monotonic milliseconds
 */
export async function sayGoodbye(agent: Agent, signalledAt: number): Promise<void> {
  const { deps, reporter } = agent;
  const { clock, isShuttingDown } = deps.host;
  const status = statusNow(agent);
  const left = signalledAt + goodbyeMs - clock.monotonic();
  if (status === null || left <= 0 || !reporter.isAnswered()) return;
  const told = new AbortController();
  const send = async (): Promise<void> => {
    const stops = (await isShuttingDown()) ? 'machine' : 'agent';
    if (!told.signal.aborted) await reporter.send({ ...status, agent: { ...status.agent, stops } });
  };
  const sent = send().catch((error: unknown) =>
    deps.log.info({ problem: messageOf(error) }, 'the coordinator was not told that this agent stops'),
  );
  await Promise.race([sent, clock.sleep(left, told.signal)]);
  told.abort();
}
